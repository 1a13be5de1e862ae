//! The scenarios themselves: whether each is in the scenarios' language, and whether together they hold what they must.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Failed, Trial};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use regex::{Captures, Regex};
use serde::Deserialize as _;
use serde_json::Value;

use crate::errors;
use crate::scenarios::{Scenario, Scenarios, Step};

/// Fewest scenarios that a client must pass.
const FEWEST: usize = 40;
/// Reasons that clients make themselves.
const CLIENT_REASONS: &[&str] = &["UNREACHABLE", "INVALID_DECIMAL", "INVALID_CONFIG"];
const KEYS: &[&str] = &[
    "admin", "operator", "viewer", "auditor", "platform", "other", "revoked", "expired", "garbage",
    "none",
];
const PLACES: &[&str] = &[
    "plain",
    "closed",
    "tls",
    "plain_to_tls",
    "tls_to_plain",
    "tls_untrusted",
    "mtls",
    "mtls_no_cert",
    "relay",
    "not_a_url",
];
const ERROR_KEYS: &[&str] = &[
    "code",
    "reason",
    "message",
    "definite",
    "retryable",
    "retry_after_ms",
    "fields",
    "resource",
    "metadata",
    "request_id",
];
const CONTROLS: &[&str] = &["restart", "restart_later", "cut", "lock", "unlock", "relay", "wait"];

/// One trial a rule.
pub(crate) fn trials(scenarios: &Result<Scenarios, String>) -> Vec<Trial> {
    let read = match scenarios {
        Ok(scenarios) => read(scenarios),
        Err(error) => Err(vec![error.clone()]),
    };
    let read = Arc::new(read);
    let rule = |name: &str, check: fn(&[Scenario]) -> Vec<String>| {
        let read = read.clone();
        Trial::test(format!("scenarios::{name}"), move || {
            let wrong = match read.as_ref() {
                Ok(all) => check(all),
                Err(wrong) => wrong.clone(),
            };
            if wrong.is_empty() { Ok(()) } else { Err(Failed::from(wrong.join("\n"))) }
        })
    };
    vec![
        rule("are_in_their_language", |all| all.iter().flat_map(Checked::scenario).collect()),
        rule("have_names_of_their_own_and_are_enough", names),
        rule("bring_every_reason", every_reason),
    ]
}

fn read(scenarios: &Scenarios) -> Result<Vec<Scenario>, Vec<String>> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for (file, one) in scenarios.all() {
        match Scenario::deserialize(one) {
            Ok(scenario) => all.push(scenario),
            Err(error) => wrong.push(format!("{file}: {}: {error}", one["name"])),
        }
    }
    if wrong.is_empty() { Ok(all) } else { Err(wrong) }
}

fn names(all: &[Scenario]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut wrong: Vec<_> = all
        .iter()
        .filter(|scenario| !seen.insert(&scenario.name))
        .map(|scenario| format!("{} is there twice", scenario.name))
        .collect();
    if all.len() < FEWEST {
        wrong.push(format!("{} scenarios are fewer than {FEWEST}", all.len()));
    }
    wrong
}

fn every_reason(all: &[Scenario]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for step in all.iter().flat_map(|scenario| &scenario.steps) {
        reasons_of(step, &mut seen);
    }
    let missing = errors::reasons().into_iter().filter(|reason| !seen.contains(reason));
    missing.map(|reason| format!("no scenario expects {reason}")).collect()
}

/// The reasons that a step expects, in its error or in an error within its reply.
fn reasons_of(step: &Step, seen: &mut BTreeSet<String>) {
    fn within(value: &Value, seen: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                seen.extend(members.get("reason").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|value| within(value, seen));
            }
            Value::Array(items) => items.iter().for_each(|value| within(value, seen)),
            _ => {}
        }
    }
    for value in [&step.error, &step.expect].into_iter().flatten() {
        within(value, seen);
    }
    if let Some(each) = &step.each {
        reasons_of(each, seen);
    }
}

/// One scenario under the rules, and what is wrong with it.
struct Checked<'a> {
    scenario: &'a Scenario,
    pool: &'static DescriptorPool,
    known: BTreeSet<String>,
    wrong: Vec<String>,
}

impl<'a> Checked<'a> {
    fn scenario(scenario: &'a Scenario) -> Vec<String> {
        let mut known: BTreeSet<String> = scenario.ids.iter().cloned().collect();
        known.insert("tenant".into());
        let mut checked = Self { scenario, pool: errors::pool(), known, wrong: Vec::new() };
        if scenario.about.is_empty() || scenario.steps.is_empty() {
            checked.wrong.push(format!("{}: it needs `about` and `steps`", scenario.name));
        }
        for (at, step) in scenario.steps.iter().enumerate() {
            checked.step(at, step);
        }
        checked.wrong
    }

    fn wrong(&mut self, at: usize, what: &str) {
        self.wrong.push(format!("{}, step {at}: {what}", self.scenario.name));
    }

    fn step(&mut self, at: usize, step: &Step) {
        let kinds = [
            step.call.is_some(),
            step.pages.is_some(),
            step.stream.is_some(),
            step.decimal.is_some(),
            step.control.is_some(),
            step.parallel.is_some(),
        ];
        if kinds.iter().filter(|kind| **kind).count() != 1 {
            self.wrong(at, "exactly one of call, pages, stream, decimal, control, parallel");
        }
        for (given, allowed) in [(&step.key, KEYS), (&step.at, PLACES)] {
            if let Some(given) = given.as_deref().filter(|given| !allowed.contains(given)) {
                self.wrong(at, &format!("{given:?} is none of {allowed:?}"));
            }
        }
        if let Some(method) = step.call.as_ref().or(step.pages.as_ref()) {
            self.request(at, method, step.request.as_ref());
        }
        if let Some(stream) = &step.stream {
            if stream.transfers.is_some() == (stream.count.is_some() && stream.of.is_some())
                || stream.pause_after.is_some() != stream.control.is_some()
            {
                self.wrong(at, "transfers, or count and of; pause_after with control");
            }
            let transfers = stream.transfers.iter().flatten().chain(&stream.of);
            let message = self.pool.get_message_by_name("bursar.ledger.v1.NewTransfer");
            for transfer in transfers.cloned().collect::<Vec<_>>() {
                self.parses(at, message.as_ref().expect("NewTransfer"), &transfer);
            }
            stream.control.iter().for_each(|asked| self.control(at, asked));
        }
        step.control.iter().for_each(|asked| self.control(at, asked));
        if step.parallel.is_some() != step.each.is_some() {
            self.wrong(at, "parallel with each");
        }
        if let Some(each) = &step.each {
            self.known.extend(step.each_ids.iter().cloned());
            self.step(at, each);
        }
        self.error(at, step.error.as_ref());
        for value in [&step.request, &step.expect, &step.error].into_iter().flatten() {
            self.placeholders(at, &value.to_string());
        }
        self.known.extend(step.save.keys().cloned());
    }

    fn control(&mut self, at: usize, asked: &Value) {
        let what = asked.as_str().or_else(|| asked["do"].as_str()).unwrap_or_default();
        if !CONTROLS.contains(&what) {
            self.wrong(at, &format!("{what:?} is none of {CONTROLS:?}"));
        }
    }

    fn error(&mut self, at: usize, error: Option<&Value>) {
        let Some(error) = error else { return };
        for key in error.as_object().into_iter().flat_map(|members| members.keys()) {
            if !ERROR_KEYS.contains(&key.as_str()) {
                self.wrong(at, &format!("an error has no {key:?}"));
            }
        }
        if let Some(code) = error["code"].as_str().filter(|code| errors::code(code).is_none()) {
            self.wrong(at, &format!("gRPC has no code {code:?}"));
        }
        if let Some(reason) = error["reason"].as_str()
            && !CLIENT_REASONS.contains(&reason)
            && !errors::reasons().iter().any(|known| known == reason)
        {
            self.wrong(at, &format!("neither the protos nor clients have a reason {reason:?}"));
        }
    }

    /// The request is one of the method, once all names in it stand for something.
    fn request(&mut self, at: usize, name: &str, request: Option<&Value>) {
        let method = name.split_once('/').and_then(|(service, method)| {
            let service = self.pool.get_service_by_name(service)?;
            service.methods().find(|found| found.name() == method)
        });
        match method {
            None => self.wrong(at, &format!("the protos have no {name}")),
            Some(method) => {
                if let Some(request) = request {
                    self.parses(at, &method.input(), request);
                }
            }
        }
    }

    fn parses(&mut self, at: usize, message: &MessageDescriptor, value: &Value) {
        let text = filled(&value.to_string());
        let mut json = serde_json::Deserializer::from_str(&text);
        if let Err(error) = DynamicMessage::deserialize(message.clone(), &mut json) {
            self.wrong(at, &format!("no {}: {error}", message.full_name()));
        }
    }

    fn placeholders(&mut self, at: usize, text: &str) {
        for found in placeholder().captures_iter(text) {
            let name = &found[1];
            if !name.starts_with("now") && !name.contains('*') && !self.known.contains(name) {
                self.wrong(at, &format!("${{{name}}} is no id and was not saved before"));
            }
        }
    }
}

fn placeholder() -> &'static Regex {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\$\{([^}]+)\}").expect("an expression"));
    &NAME
}

/// Names replaced by something of their kind: what is called after a time is one, all else an id.
fn filled(text: &str) -> String {
    let fill = |found: &Captures<'_>| {
        let name = &found[1];
        if name.starts_with("now") || name.ends_with("_at") {
            "2026-01-02T03:04:05Z".to_owned()
        } else if name.ends_with("_position") {
            "7".to_owned()
        } else if name.contains('*') {
            "x".to_owned()
        } else {
            uuid::Uuid::nil().to_string()
        }
    };
    placeholder().replace_all(text, fill).into_owned()
}
