//! Imports a file of transfers over gRPC: reads lines, maps columns to fields, finds or makes the
//! accounts, and sends batches. Ids come from the data, so that the same import again is a replay.

mod accounts;
mod chunk;
mod convert;
mod journal;
mod map;
mod records;
mod report;
mod rules;
mod run;
mod send;
mod template;
#[cfg(test)]
mod tests;
mod window;

pub use journal::Journal;
pub use map::{Map, MapError};
pub use report::Report;
pub use run::{Import, ImportError, Summary};
pub(crate) use send::patiently;

/// A line that was not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Number of the line in the file, the first being 1.
    pub line: u64,
    /// Id of the transfer (UUID), when it got that far.
    pub id: String,
    /// A word for programs, such as `LIMIT_EXCEEDED`.
    pub reason: String,
    /// What is wrong, in words.
    pub problem: String,
}
