//! The posting state machine: accounts and commands in, transfers and new totals out.
//!
//! Pure, so that it can be run against a naive model on random histories. The store locks the rows, fills the
//! [`Book`], calls [`run`], and writes what came out. Double entry follows Pacioli; holds and the strict order of
//! an account's transfers follow the model TigerBeetle made common.

mod book;
mod command;
mod group;
mod machine;
mod replay;

pub use book::{Book, Seat};
pub use command::{Batch, Command, Create, Hold as HoldTerms, Post, Release, Reverse, Submission};
pub use group::check_group;
pub use machine::{Done, Outcome, run};
