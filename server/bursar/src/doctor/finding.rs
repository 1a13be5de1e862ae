//! What the doctor says.

use bursar_migrations::inspect::{Session, Unseen};
use serde_json::{Value, json};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Not looked at, and why.
    Skipped,
    /// It works, and may stop to, or may be slow or less safe than it could be.
    Warning,
    /// It does not work, or is not safe.
    Error,
}

impl Level {
    /// Its name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check that saw it.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What it is about: a variable, a table, a role, a setting.
    pub subject: String,
    /// What was seen.
    pub finding: String,
    /// What to do; commands and SQL stand in backticks. Empty when there is nothing to do.
    pub remedy: String,
}

impl Finding {
    pub(super) fn new(
        level: Level,
        subject: impl Into<String>,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (subject, finding, remedy) = (subject.into(), finding.into(), remedy.into());
        Self { check: "", level, subject, finding, remedy }
    }

    /// All is well.
    pub(super) fn ok(subject: impl Into<String>, finding: impl Into<String>) -> Self {
        Self::new(Level::Ok, subject, finding, "")
    }

    /// It could not be looked at.
    pub(super) fn skipped(
        subject: impl Into<String>,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Level::Skipped, subject, finding, remedy)
    }

    /// It may become a problem.
    pub(super) fn warning(
        subject: impl Into<String>,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Level::Warning, subject, finding, remedy)
    }

    /// It is a problem.
    pub(super) fn error(
        subject: impl Into<String>,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Level::Error, subject, finding, remedy)
    }

    /// The question could not be answered.
    pub(super) fn unseen(subject: impl Into<String>, why: &Unseen) -> Self {
        Self::skipped(
            subject,
            format!("this login cannot see it: {why}"),
            "give an administrator's address in BURSAR_OWNER_URL",
        )
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "check": self.check,
            "level": self.level.name(),
            "subject": self.subject,
            "finding": self.finding,
            "remedy": self.remedy,
        })
    }
}

/// A number of things, as people say it.
pub(crate) fn counted(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or_default();
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// How to see more than this login does.
pub(super) fn more(session: &Session) -> String {
    if session.owner {
        format!("as a superuser: `GRANT pg_monitor TO {}`", session.login)
    } else {
        "give an administrator's address, a member of pg_monitor, in BURSAR_OWNER_URL".to_owned()
    }
}
