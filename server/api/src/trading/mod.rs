//! Strategies, decisions, executions, reviews and cursors: `bursar.trading.v1`.

mod convert_execution;
mod cursor;
mod decision;
mod execution;
mod record_stream;
mod review;
mod strategy;

use bursar_domain::ids::IdError;
use bursar_domain::json::Json;
use bursar_domain::money::Decimal;
use bursar_domain::{Error, Result, json_text, trading as domain};
use bursar_proto::trading::v1 as pb;
use jiff::Timestamp;

use crate::convert::{Checks, code, decimal, etag, id, optional_timestamp, request_id};

pub(crate) use cursor::Cursors;
pub(crate) use decision::Decisions;
pub(crate) use execution::Executions;
pub(crate) use review::Reviews;
pub(crate) use strategy::Strategies;

crate::choices::choices! {
    /// Whether a strategy decides.
    strategy_state: domain::StrategyState = pb::StrategyState { Enabled = Enabled, Disabled = Disabled }
    /// How far a decision is.
    decision_state: domain::DecisionState = pb::DecisionState {
        Planned = Planned, Executed = Executed, Cancelled = Cancelled,
    }
    /// Which way a trade goes.
    trade_side: domain::TradeSide = pb::TradeSide { Buy = Buy, Sell = Sell }
}

/// A code that must be there.
fn label(field: &str, text: &str) -> Result<String> {
    if text.is_empty() {
        return Err(Error::invalid(field, "is empty"));
    }
    code(field, text)
}

/// A code to filter by; none when empty.
fn optional_label(field: &str, text: &str) -> Result<Option<String>> {
    code(field, text).map(|text| if text.is_empty() { None } else { Some(text) })
}

/// JSON text of any value.
fn json(field: &str, text: &str, max_bytes: usize) -> Result<Json> {
    json_text::parse(text, max_bytes).map_err(|error| Error::invalid(field, error))
}

/// JSON text of an object; the empty one when absent.
fn object(field: &str, text: &str, max_bytes: usize) -> Result<Json> {
    if text.is_empty() {
        return Ok(Json::empty());
    }
    json_text::parse_object(text, max_bytes).map_err(|error| Error::invalid(field, error))
}

/// An amount of 0 or more.
fn not_negative(field: &str, text: &str) -> Result<Decimal> {
    let amount = decimal(field, text)?;
    if amount.is_negative() {
        return Err(Error::invalid(field, "is less than zero; give 0 or more"));
    }
    Ok(amount)
}

/// An amount of more than zero.
fn positive(field: &str, text: &str) -> Result<Decimal> {
    let amount = decimal(field, text)?;
    if !amount.is_positive() {
        return Err(Error::invalid(field, "is not more than zero"));
    }
    Ok(amount)
}

/// A count of 0 or more.
fn count(field: &str, number: i64) -> Result<i64> {
    if number < 0 {
        return Err(Error::invalid(field, format!("is {number}; give 0 or more")));
    }
    Ok(number)
}

/// The times that a list lies within.
type Times = (Option<Timestamp>, Option<Timestamp>);

fn times(
    checks: &mut Checks,
    from: Option<&prost_types::Timestamp>,
    to: Option<&prost_types::Timestamp>,
) -> Option<Times> {
    let from = checks.take(optional_timestamp("filter.from", from));
    let to = checks.take(optional_timestamp("filter.to", to));
    if let (Some(Some(from)), Some(Some(to))) = (from, to)
        && from >= to
    {
        checks.note("filter.to", "is not after `from`; the range would be empty");
    }
    Some((from?, to?))
}

/// The resource and revision that a change names.
fn named<T: std::str::FromStr<Err = IdError>>(
    request: &str,
    resource: &str,
    revision: &str,
) -> Result<(T, Option<i64>)> {
    let mut checks = Checks::new();
    checks.take(request_id(request));
    let id = checks.take(id("id", resource));
    let revision = checks.take(etag("etag", revision));
    checks.finish(|| Some((id?, revision?)))
}
