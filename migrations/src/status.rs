//! What callers of the runner see: the state of each migration, and messages on the way.

use crate::embedded::Step;
use std::time::Duration;

/// What is known of one migration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// `YYYYMMDDhhmmss`.
    pub version: i64,
    /// The rest of its file's name.
    pub name: String,
    /// What it is for; unknown of one that only the database knows.
    pub message: Option<&'static str>,
    /// Whether the database has it.
    pub state: State,
}

/// Whether the database has a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not yet.
    Pending,
    /// As this program knows it.
    Applied(Applied),
    /// Its text is another one than the one applied.
    Changed(Applied),
    /// The database has it, this program does not know it.
    Unknown(Applied),
}

/// When a migration was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// UTC, RFC 3339, to the second.
    pub at: String,
}

/// A message for each thing that `up` and `down` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Begins to apply.
    Applying(&'static Step),
    /// Applied and committed.
    Applied(&'static Step, Duration),
    /// Begins to revert.
    Reverting(&'static Step),
    /// Reverted and committed.
    Reverted(&'static Step, Duration),
    /// Others hold locks that the step needs; it is tried again. The number counts the attempts so far.
    Waiting(&'static Step, u32),
}
