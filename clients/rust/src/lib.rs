#![doc = include_str!("../README.md")]

mod client;
mod decimal;
mod error;
mod ids;
mod layer;
mod methods;
mod options;
mod pages;
mod retry;
mod stream;
#[cfg(feature = "opentelemetry")]
mod trace;

pub use bigdecimal::BigDecimal;
pub use bursar_proto as proto;
pub use tonic::Code;

pub use crate::client::Client;
pub use crate::decimal::{MAX_DIGITS, MAX_SCALE, decimal, decimal_text, money};
pub use crate::error::{Error, FieldViolation, Reason, Resource};
pub use crate::ids::new_id;
pub use crate::layer::Connection;
pub use crate::options::Options;
pub use crate::pages::{List, Pages};
pub use crate::stream::TransferStream;

#[cfg(test)]
mod tests {
    /// The harness of the scenarios runs the example; here it is held to be what the README shows.
    #[test]
    fn the_example_stands_in_the_readme() {
        let example = include_str!("../examples/pay.rs");
        let shown = &example[example.find("use bursar_client").unwrap_or(0)..];
        assert!(include_str!("../README.md").contains(shown));
    }
}
