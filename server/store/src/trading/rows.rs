//! Rows of trading's tables as values of the domain.

use bursar_domain::ids::{DecisionId, ExecutionId, KeyId, ReviewId, StrategyId, TransferId};
use bursar_domain::json::Json;
use bursar_domain::limits::MAX_SCALE;
use bursar_domain::money::Decimal;
use bursar_domain::trading::{
    Cursor, Decision, DecisionState, Execution, NewExecution, NewReview, Review, Strategy,
    StrategyState, TradeSide,
};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::kernel::{Columns, Fault, Numeric, TxResult, decimal as numeric, units};

/// An amount that belongs to no asset, as a parameter.
pub(super) fn amount(value: Decimal) -> TxResult<Numeric> {
    // It has at most 18 places, so the first scale that holds it is its own.
    (0..=MAX_SCALE)
        .find_map(|scale| value.to_units(scale).ok().map(|units| numeric(units, scale)))
        .ok_or_else(|| Fault::Other("an amount that fits no scale".into()))
}

fn amount_in(from: &mut Columns<'_>, column: &str) -> TxResult<Decimal> {
    let stored: Numeric = from.get(column)?;
    (0..=MAX_SCALE)
        .find_map(|scale| units(stored, scale).ok().map(|units| Decimal::from_units(units, scale)))
        .ok_or_else(|| Fault::Other(format!("column {column} holds more than an amount can")))
}

pub(super) fn strategy(row: &Row) -> TxResult<Strategy> {
    let from = &mut Columns::of(row);
    Ok(Strategy {
        id: StrategyId(from.get("id")?),
        name: from.get("name")?,
        description: from.get("description")?,
        definition: Json::stored(from.get("definition")?),
        state: from.named("state", StrategyState::from_name)?,
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}

pub(super) fn decision(row: &Row) -> TxResult<Decision> {
    let from = &mut Columns::of(row);
    Ok(Decision {
        id: DecisionId(from.get("id")?),
        strategy: StrategyId(from.get("strategy_id")?),
        symbol: from.get("symbol")?,
        side: from.named("side", TradeSide::from_name)?,
        quantity: amount_in(from, "quantity")?,
        decision: Json::stored(from.get("decision")?),
        state: from.named("state", DecisionState::from_name)?,
        reason: from.get("reason")?,
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}

pub(super) fn execution(row: &Row) -> TxResult<Execution> {
    let from = &mut Columns::of(row);
    let id = ExecutionId(from.get("id")?);
    let fill = NewExecution {
        decision: DecisionId(from.get("decision_id")?),
        venue: from.get("venue")?,
        venue_order: from.get("venue_order_id")?,
        symbol: from.get("symbol")?,
        side: from.named("side", TradeSide::from_name)?,
        quantity: amount_in(from, "quantity")?,
        price: amount_in(from, "price")?,
        fee: amount_in(from, "fee")?,
        executed_at: from.get("executed_at")?,
        raw: from.get("raw_payload")?,
        payload: Json::stored(from.get("payload")?),
        transfers: from.get::<Vec<Uuid>>("transfer_ids")?.into_iter().map(TransferId).collect(),
    };
    Ok(Execution {
        id,
        fill,
        recorded_at: from.get("recorded_at")?,
        key: KeyId(from.get("key_id")?),
    })
}

pub(super) fn review(row: &Row) -> TxResult<Review> {
    let from = &mut Columns::of(row);
    let id = ReviewId(from.get("id")?);
    let review = NewReview {
        decision: DecisionId(from.get("decision_id")?),
        model: from.get("model")?,
        verdict: from.get("verdict")?,
        input: Json::stored(from.get("input")?),
        response: Json::stored(from.get("response")?),
        latency_ms: from.get("latency_ms")?,
        input_tokens: from.get("input_tokens")?,
        output_tokens: from.get("output_tokens")?,
    };
    Ok(Review { id, review, created_at: from.get("created_at")?, key: KeyId(from.get("key_id")?) })
}

pub(super) fn cursor(row: &Row) -> TxResult<Cursor> {
    let from = &mut Columns::of(row);
    Ok(Cursor {
        name: from.get("name")?,
        position: from.get("position")?,
        forced: from.get("forced")?,
        reason: from.get("reason")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}

/// The one row of a statement that makes or changes one.
pub(super) fn one(row: Option<Row>) -> TxResult<Row> {
    row.ok_or_else(|| Fault::Other("a row that was written did not come back".into()))
}
