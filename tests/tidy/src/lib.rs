//! What the rules in `tests/` stand on: the files of the repository, Rust and SQL text without what a rule must not
//! look at, and a list of what breaks a rule. A rule reads text and nothing else, so all of them take seconds. An
//! exception stands in a list beside its rule, with its reason.

mod files;
mod rust;
mod sql;

use std::fmt::Display;

use regex::Regex;

pub use files::{File, find, hand_written, line_at, root, some, top};
pub use rust::{Literal, Source, is_test_path, parse};
pub use sql::{Part, collapse, parts, scrub, statements};

/// Who owns which tables: a folder of `server/store/src` with the prefixes of the tables that its SQL may name. A
/// new domain is a new line here.
pub const DOMAINS: &[(&str, &[&str])] = &[
    ("admin", &["admin_"]),
    ("audit", &["audit_"]),
    ("escrow", &["escrow_"]),
    // Idempotency and audit rows are written in every domain's transaction, so the kernel does it.
    ("kernel", &["operation_record", "audit_event"]),
    // Assets are what accounts are kept in; reference data of later domains gets lines of its own.
    ("ledger", &["ledger_", "ref_asset"]),
    ("operation", &["operation_"]),
    // A link and whether its transfer, or its resource, is there are one statement.
    (
        "trace",
        &["trace_", "ledger_account", "ledger_transfer", "escrow_position", "trading_execution"],
    ),
    ("trading", &["trading_"]),
];

/// What breaks one rule, gathered so that one run shows all of it.
#[derive(Debug)]
#[must_use = "call finish, or the rule never fails"]
pub struct Findings {
    rule: &'static str,
    found: Vec<(String, usize, String)>,
}

impl Findings {
    /// None yet. `rule` is one sentence: what must hold, and why.
    pub fn of(rule: &'static str) -> Self {
        Self { rule, found: Vec::new() }
    }

    /// Notes one. `what` says what is there and what would be right.
    pub fn at(&mut self, path: &str, line: usize, what: impl Display) {
        self.found.push((path.to_owned(), line, what.to_string()));
    }

    /// Notes the place of each match of a pattern in a text that has the lines of the file.
    pub fn each(&mut self, path: &str, text: &str, pattern: &Regex, what: impl Display) {
        for hit in pattern.find_iter(text) {
            self.at(path, line_at(text, hit.start()), format!("`{}`: {what}", hit.as_str().trim()));
        }
    }

    /// Fails the test when there is one.
    ///
    /// # Panics
    /// When there is one: that is the rule's failing message.
    pub fn finish(mut self) {
        self.found.sort();
        self.found.dedup();
        let Self { rule, found } = self;
        let lines = found.iter().map(|(path, line, what)| format!("{path}:{line}: {what}\n"));
        assert!(found.is_empty(), "the rule: {rule}\n{}", lines.collect::<String>());
    }
}

/// A pattern of the rules.
///
/// # Panics
/// When it is not a regular expression: the rule is wrong.
pub fn re(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| panic!("the rule's own pattern is wrong: {error}"))
}
