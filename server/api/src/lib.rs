//! The only crate that speaks gRPC: services, layers, and the mapping of errors to statuses.
//!
//! A handler decodes, makes one call to the store, and encodes. What handlers share is in `call`, `convert`
//! and [`status`]; what stands before all of them is in [`layers`].

mod admin;
mod api;
mod audit;
mod call;
mod checks;
mod choices;
mod convert;
mod escrow;
mod kernel;
mod keys;
pub mod layers;
mod ledger;
mod operation;
mod page;
mod replay;
mod rules;
mod seal;
pub mod status;
mod streams;
mod structs;
mod trace;
mod trading;

pub use api::Api;
pub use kernel::{ApiConfig, Phase, RateLimits};
pub use rules::Rules;
