//! Bursar's pure rules: money, ids, errors, API keys and the posting state machine.
//!
//! Nothing here waits, reads a clock or talks to anything: every function is its inputs' function. That is what
//! makes the rules testable against a naive model, and what keeps transport and storage out of them.

pub mod account;
pub mod asset;
pub mod audit;
pub mod error;
pub mod escrow;
pub mod ids;
pub mod json;
pub mod json_text;
pub mod key;
pub mod limits;
pub mod money;
pub mod op;
pub mod page;
pub mod period;
pub mod posting;
pub mod refusal;
pub mod role;
pub mod seal;
pub mod statement;
pub mod tenant;
pub mod text;
pub mod trace;
pub mod trading;
pub mod transfer;

pub use error::{Error, Result, Unavailable, Violation};
pub use refusal::Refusal;
