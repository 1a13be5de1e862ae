//! How a command ends when it does not end well.

use crate::config::{ConfigError, Problem};
use serde_json::{Value, json};
use std::fmt::Display;

/// Exit codes, as `bursar --help` documents them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It failed.
    Failed = 1,
    /// The command line, the configuration or a value in it is wrong.
    Usage = 2,
    /// The server answered no.
    Refused = 3,
    /// The server or the database cannot be reached, or did not answer in time.
    Unavailable = 4,
}

impl Exit {
    /// `migrate diff` found that the database is not what this program makes.
    pub const DIFFERENT: Self = Self::Usage;
}

/// What is told when a command fails; shows no secret.
#[derive(Debug)]
pub struct Failure {
    /// Exit code.
    pub exit: Exit,
    /// What went wrong and what to do next; may have several lines.
    pub message: String,
    /// The same for programs.
    pub details: Value,
}

impl Failure {
    /// A failure that is all text.
    pub fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string(), details: json!({}) }
    }

    /// The command line or the configuration is wrong.
    pub fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// For `map_err`: anything else that went wrong, told by its own text.
    pub fn failed(message: impl Display) -> Self {
        Self::new(Exit::Failed, message)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let problem = |p: &Problem| json!({"variable": p.variable, "problem": p.problem});
        let problems: Vec<Value> = error.0.iter().map(problem).collect();
        Self { details: json!({"problems": problems}), ..Self::usage(error) }
    }
}

impl From<bursar_migrations::Error> for Failure {
    fn from(error: bursar_migrations::Error) -> Self {
        use bursar_migrations::Error::{
            Address, Connect, Folder, Message, NoSuchVersion, NotNewest, Password,
        };
        let exit = match error {
            Address
            | Folder { .. }
            | Message(..)
            | NoSuchVersion(_)
            | NotNewest { .. }
            | Password => Exit::Usage,
            Connect(_) => Exit::Unavailable,
            _ => Exit::Failed,
        };
        Self::new(exit, error)
    }
}
