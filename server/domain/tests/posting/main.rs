//! The posting machine against a naive model on random scripts, and its edge cases one by one.

// Helpers stand outside `#[test]` functions, where clippy's leave for tests does not reach.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod agreement;
mod bank;
mod change;
mod desk;
mod edges;
mod edges_calls;
mod edges_holds;
mod invariants;
mod play;
mod random;
mod script;
mod whole_groups;
mod world;
