//! The naive model of the ledger, written from the contract and independent of the posting machine: tests compare the
//! machine with it, and a server through gRPC.

// Test code: a failed assumption should say so at once.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod history;
mod model;
mod recorded;
mod same;

pub use history::{Effect, Facts, History, Line, MOST, Side};
pub use model::{Caller, Model, Verdict};
pub use same::{differences, same_error};
