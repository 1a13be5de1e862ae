//! What `${…}` in a scenario stands for.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::setup::Setup;

#[derive(Clone)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    pub(crate) fn new(ids: &[String], setup: &Setup) -> Self {
        let mut names = Self(HashMap::from([("tenant".to_owned(), setup.tenant.clone())]));
        names.fresh(ids);
        names
    }

    /// New ids for these names.
    pub(crate) fn fresh(&mut self, ids: &[String]) {
        for id in ids {
            self.0.insert(id.clone(), bursar_client::new_id());
        }
    }

    pub(crate) fn save(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// The value with all names replaced.
    pub(crate) fn fill(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.fill(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let filled =
                    members.iter().map(|(key, value)| Ok((key.clone(), self.fill(value)?)));
                Value::Object(filled.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    fn text(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let end = rest[start..].find('}').ok_or("a name without its end")? + start;
            filled.push_str(&rest[..start]);
            filled.push_str(&self.name(&rest[start + 2..end])?);
            rest = &rest[end + 1..];
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn name(&self, name: &str) -> Result<String, String> {
        if let Some(known) = self.0.get(name) {
            return Ok(known.clone());
        }
        if let Some(seconds) = name.strip_prefix("now+").and_then(|text| text.parse().ok()) {
            let time = SystemTime::now() + Duration::from_secs(seconds);
            return Ok(json_time(time));
        }
        let repeated =
            name.split_once('*').and_then(|(what, times)| Some(what.repeat(times.parse().ok()?)));
        repeated.ok_or_else(|| format!("${{{name}}} stands for nothing"))
    }
}

/// In whole seconds, as JSON has a time.
fn json_time(time: SystemTime) -> String {
    let time = prost_types::Timestamp::from(time);
    prost_types::Timestamp { nanos: 0, ..time }.to_string()
}
