//! Events of positions, and what positions moved in the ledger.

use bursar_domain::Result;
use bursar_domain::escrow::{
    EventFilter, LedgerEvent, LedgerEventKind, PositionEvent, PositionEventKind,
};
use bursar_domain::money::Decimal;
use bursar_domain::page::Cursor;
use bursar_proto::common::v1 as common;
use bursar_proto::escrow::v1 as pb;

use super::convert_position::attributes;
use super::{ledger_event_kind, position_event_kind, position_state};
use crate::convert::{Checks, optional_id, optional_timestamp, to_optional_id, to_timestamp};

/// Reads a filter of events; the two messages have the same fields.
macro_rules! filter {
    ($m:expr, $kinds:ident) => {{
        let none =
            EventFilter { position: None, institution: None, kind: None, from: None, to: None };
        let Some(m) = $m else { return Ok(none) };
        let mut checks = Checks::new();
        let position = checks.take(optional_id("position_id", &m.position_id));
        let institution = checks.take(optional_id("institution_id", &m.institution_id));
        let kind = checks.take($kinds::optional("kind", m.kind));
        let from = checks.take(optional_timestamp("from", m.from.as_ref()));
        let to = checks.take(optional_timestamp("to", m.to.as_ref()));
        checks.finish(|| {
            Some(EventFilter {
                position: position?,
                institution: institution?,
                kind: kind?,
                from: from?,
                to: to?,
            })
        })
    }};
}

/// The filter of `ListPositionEvents`.
pub(super) fn event_filter(
    m: Option<&pb::PositionEventFilter>,
) -> Result<EventFilter<PositionEventKind>> {
    filter!(m, position_event_kind)
}

/// The filter of `ListLedgerEvents`.
pub(super) fn ledger_filter(
    m: Option<&pb::LedgerEventFilter>,
) -> Result<EventFilter<LedgerEventKind>> {
    filter!(m, ledger_event_kind)
}

pub(super) fn event_to_wire(event: &PositionEvent) -> pb::PositionEvent {
    let text = |units| Decimal::from_units(units, event.scale).to_string();
    pb::PositionEvent {
        id: event.id.to_string(),
        position_id: event.position.to_string(),
        institution_id: event.institution.to_string(),
        kind: position_event_kind::wire(event.kind),
        previous_state: event.previous.map(position_state::wire).unwrap_or_default(),
        state: position_state::wire(event.state),
        amount: text(event.amount),
        held: text(event.held),
        released: text(event.released),
        refunded: text(event.refunded),
        account_id: to_optional_id(event.account),
        reason: event.reason.clone(),
        metadata: attributes(&event.metadata),
        transfer_ids: event.transfers.iter().map(ToString::to_string).collect(),
        key_id: event.key.to_string(),
        etag: event.revision.to_string(),
        occurred_at: Some(to_timestamp(event.occurred_at)),
    }
}

pub(super) fn event_cursor(event: &PositionEvent) -> Cursor {
    Cursor::at(event.occurred_at, event.id)
}

pub(super) fn ledger_to_wire(event: &LedgerEvent) -> pb::LedgerEvent {
    pb::LedgerEvent {
        transfer_id: event.transfer.to_string(),
        position_id: event.position.to_string(),
        institution_id: event.institution.to_string(),
        kind: ledger_event_kind::wire(event.kind),
        previous_state: position_state::wire(event.previous),
        state: position_state::wire(event.state),
        debit_account_id: event.debit.to_string(),
        credit_account_id: event.credit.to_string(),
        amount: Some(common::Money {
            asset: event.currency.to_string(),
            amount: Decimal::from_units(event.amount, event.scale).to_string(),
        }),
        payload: attributes(&event.payload),
        key_id: event.key.to_string(),
        occurred_at: Some(to_timestamp(event.occurred_at)),
    }
}

pub(super) fn ledger_cursor(event: &LedgerEvent) -> Cursor {
    Cursor::at(event.occurred_at, event.transfer)
}
