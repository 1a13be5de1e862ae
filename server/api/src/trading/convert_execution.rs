//! Executions: what venues report, and what callers get to see.

use bursar_domain::ids::TransferId;
use bursar_domain::json::Json;
use bursar_domain::limits::{MAX_EXECUTION_TRANSFERS, MAX_RAW_PAYLOAD_BYTES, MAX_REFERENCE_CHARS};
use bursar_domain::money::Decimal;
use bursar_domain::op::OpCtx;
use bursar_domain::page::PageRequest;
use bursar_domain::trading::{Execution, ExecutionFilter, NewExecution};
use bursar_domain::{Error, Result, json_text};
use bursar_proto::trading::v1 as pb;

use super::{label, not_negative, optional_label, positive, times, trade_side};
use crate::call::page_request;
use crate::convert::{
    Checks, id, line, name, optional_id, present, request_id, timestamp, to_timestamp,
};

/// The fill of `RecordExecution`.
pub(super) fn record(m: &pb::RecordExecutionRequest) -> Result<NewExecution> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let fill = checks.take(present("execution", m.execution.as_ref()));
    let fill = fill.and_then(|fill| checks.take_within("execution.", new_execution(fill)));
    checks.finish(|| fill)
}

/// A fill to be recorded.
pub(super) fn new_execution(m: &pb::NewExecution) -> Result<NewExecution> {
    let mut checks = Checks::new();
    let decision = checks.take(id("decision_id", &m.decision_id));
    let venue = checks.take(label("venue", &m.venue));
    let venue_order = checks.take(name("venue_order_id", &m.venue_order_id, MAX_REFERENCE_CHARS));
    let symbol = checks.take(label("symbol", &m.symbol));
    let side = checks.take(trade_side::required("side", m.side));
    let quantity = checks.take(positive("quantity", &m.quantity));
    let price = checks.take(not_negative("price", &m.price));
    let fee = if m.fee.is_empty() { Ok(Decimal::ZERO) } else { not_negative("fee", &m.fee) };
    let fee = checks.take(fee);
    let executed_at = present("executed_at", m.executed_at.as_ref());
    let executed_at = checks.take(executed_at.and_then(|time| timestamp("executed_at", time)));
    let payload = checks.take(payload(&m.raw_payload));
    let transfers = checks.take(transfers(&m.transfer_ids));
    checks.finish(|| {
        Some(NewExecution {
            decision: decision?,
            venue: venue?,
            venue_order: venue_order?,
            symbol: symbol?,
            side: side?,
            quantity: quantity?,
            price: price?,
            fee: fee?,
            executed_at: executed_at?,
            raw: m.raw_payload.clone(),
            payload: payload?,
            transfers: transfers?,
        })
    })
}

/// The venue's report as JSON.
fn payload(raw: &[u8]) -> Result<Json> {
    let text = std::str::from_utf8(raw)
        .map_err(|_| Error::invalid("raw_payload", "is not UTF-8; send the report as JSON text"))?;
    json_text::parse_object(text, MAX_RAW_PAYLOAD_BYTES)
        .map_err(|error| Error::invalid("raw_payload", error))
}

/// The transfers that a fill caused, in one order, each once.
fn transfers(texts: &[String]) -> Result<Vec<TransferId>> {
    if texts.len() > MAX_EXECUTION_TRANSFERS {
        let problem = format!("has {} items; send at most {MAX_EXECUTION_TRANSFERS}", texts.len());
        return Err(Error::invalid("transfer_ids", problem));
    }
    let mut checks = Checks::new();
    let read = texts.iter().enumerate();
    let ids: Vec<Option<TransferId>> =
        read.map(|(at, text)| checks.take(id(&format!("transfer_ids[{at}]"), text))).collect();
    let mut ids = checks.finish(|| ids.into_iter().collect::<Option<Vec<_>>>())?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// What `ListExecutions` asks for.
pub(super) fn listed(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListExecutionsRequest,
) -> Result<(ExecutionFilter, PageRequest)> {
    let none = pb::ExecutionFilter::default();
    let f = m.filter.as_ref().unwrap_or(&none);
    let mut checks = Checks::new();
    let decision = checks.take(optional_id("filter.decision_id", &f.decision_id));
    let venue = checks.take(optional_label("filter.venue", &f.venue));
    let order = checks.take(line("filter.venue_order_id", &f.venue_order_id, MAX_REFERENCE_CHARS));
    if !f.venue_order_id.is_empty() && f.venue.is_empty() {
        checks.note("filter.venue_order_id", "needs venue beside it");
    }
    let times = times(&mut checks, f.from.as_ref(), f.to.as_ref());
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 2));
    checks.finish(|| {
        let (from, to) = times?;
        let venue_order = order.filter(|order| !order.is_empty());
        let filter = ExecutionFilter { decision: decision?, venue: venue?, venue_order, from, to };
        Some((filter, page?))
    })
}

/// An execution.
pub(super) fn to_wire(execution: &Execution) -> pb::Execution {
    let fill = &execution.fill;
    pb::Execution {
        id: execution.id.to_string(),
        decision_id: fill.decision.to_string(),
        venue: fill.venue.clone(),
        venue_order_id: fill.venue_order.clone(),
        symbol: fill.symbol.clone(),
        side: trade_side::wire(fill.side),
        quantity: fill.quantity.to_string(),
        price: fill.price.to_string(),
        fee: fill.fee.to_string(),
        executed_at: Some(to_timestamp(fill.executed_at)),
        raw_payload: fill.raw.clone(),
        payload_json: fill.payload.text(),
        transfer_ids: fill.transfers.iter().map(ToString::to_string).collect(),
        recorded_at: Some(to_timestamp(execution.recorded_at)),
        key_id: execution.key.to_string(),
    }
}
