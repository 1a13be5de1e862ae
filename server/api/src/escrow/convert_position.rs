//! Positions: what callers ask for, and what they get to see.

use bursar_domain::escrow::{NewPosition, Position, PositionFilter, Transition};
use bursar_domain::ids::PositionId;
use bursar_domain::json::Json;
use bursar_domain::limits::{MAX_REASON_CHARS, MAX_REFERENCE_CHARS};
use bursar_domain::money::{Decimal, Money};
use bursar_domain::page::Cursor;
use bursar_domain::{Error, Result};
use bursar_proto::common::v1 as common;
use bursar_proto::escrow::v1 as pb;
use prost_types::Struct;
use serde_json::Value;

use super::position_state;
use crate::convert::{
    Checks, decimal, etag, id, json, line, money, name, optional_asset_code, optional_id,
    optional_timestamp, reference, request_id, to_optional_id, to_struct, to_timestamp,
};

/// The position of `CreatePosition`.
pub(super) fn new(m: &pb::CreatePositionRequest) -> Result<NewPosition> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let asset = checks.take(id("asset_id", &m.asset_id));
    let holder = checks.take(name("holder_reference", &m.holder_reference, MAX_REFERENCE_CHARS));
    let amount = checks.take(positive(m.amount.as_ref()));
    let external_reference = checks.take(reference("external_reference", &m.external_reference));
    let metadata = checks.take(json("metadata", m.metadata.as_ref()));
    checks.finish(|| {
        Some(NewPosition {
            asset: asset?,
            holder_reference: holder?,
            amount: amount?,
            external_reference: external_reference?,
            metadata: metadata?,
        })
    })
}

fn positive(wire: Option<&common::Money>) -> Result<Money> {
    let amount = money("amount", wire)?;
    if amount.amount.is_positive() {
        return Ok(amount);
    }
    Err(Error::invalid("amount.amount", "is not more than zero"))
}

/// The position and the transition of `TransitionPosition`.
pub(super) fn transition(m: &pb::TransitionPositionRequest) -> Result<(PositionId, Transition)> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let position = checks.take(id("id", &m.id));
    let revision = checks.take(etag("etag", &m.etag));
    if revision == Some(None) {
        checks.note("etag", "is missing; send the one that was read");
    }
    let to = checks.take(position_state::required("state", m.state));
    let reason = checks.take(line("reason", &m.reason, MAX_REASON_CHARS));
    let metadata = checks.take(json("metadata", m.metadata.as_ref()));
    let account = checks.take(optional_id("account_id", &m.account_id));
    let amount = checks.take(part(&m.amount));
    checks.finish(|| {
        let ask = Transition {
            revision: revision??,
            to: to?,
            reason: reason?,
            metadata: metadata?,
            account: account?,
            amount: amount?,
        };
        Some((position?, ask))
    })
}

fn part(text: &str) -> Result<Option<Decimal>> {
    if text.is_empty() {
        return Ok(None);
    }
    let amount = decimal("amount", text)?;
    if amount.is_positive() {
        return Ok(Some(amount));
    }
    Err(Error::invalid("amount", "is not more than zero"))
}

/// The filter of `ListPositions`.
pub(super) fn filter(m: Option<&pb::PositionFilter>) -> Result<PositionFilter> {
    let Some(m) = m else { return Ok(PositionFilter::default()) };
    let mut checks = Checks::new();
    let institution = checks.take(optional_id("institution_id", &m.institution_id));
    let asset = checks.take(optional_id("asset_id", &m.asset_id));
    let template = checks.take(optional_id("template_id", &m.template_id));
    let holder = checks.take(reference("holder_reference", &m.holder_reference));
    let currency = checks.take(optional_asset_code("currency", &m.currency));
    let state = checks.take(position_state::optional("state", m.state));
    let external_reference = checks.take(reference("external_reference", &m.external_reference));
    let from = checks.take(optional_timestamp("created_from", m.created_from.as_ref()));
    let to = checks.take(optional_timestamp("created_to", m.created_to.as_ref()));
    let metadata = checks.take(contained("metadata", m.metadata.as_ref()));
    checks.finish(|| {
        Some(PositionFilter {
            institution: institution?,
            asset: asset?,
            template: template?,
            holder_reference: holder?,
            currency: currency?,
            state: state?,
            external_reference: external_reference?,
            from: from?,
            to: to?,
            metadata: metadata?,
        })
    })
}

/// What the metadata must contain. An empty object or list has no entry in the index, so asking for one would read all
/// rows there are.
fn contained(field: &str, wire: Option<&Struct>) -> Result<Option<Json>> {
    let Some(wire) = wire.filter(|wire| !wire.fields.is_empty()) else { return Ok(None) };
    let json = json(field, Some(wire))?;
    if has_void(json.value()) {
        let problem = "holds an empty object or list, which finds nothing by itself; leave it out";
        return Err(Error::invalid(field, problem));
    }
    Ok(Some(json))
}

fn has_void(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty() || members.values().any(has_void),
        Value::Array(items) => items.is_empty() || items.iter().any(has_void),
        _ => false,
    }
}

/// Attributes as the wire has them; absent when there are none.
pub(super) fn attributes(json: &Json) -> Option<Struct> {
    if json.is_empty() { None } else { Some(to_struct(json)) }
}

pub(super) fn to_wire(position: &Position) -> pb::Position {
    let text = |units| Decimal::from_units(units, position.scale).to_string();
    let holding = &position.holding;
    pb::Position {
        id: position.id.to_string(),
        institution_id: position.institution.to_string(),
        template_id: position.template.to_string(),
        asset_id: position.asset.to_string(),
        holder_reference: position.holder_reference.clone(),
        amount: Some(common::Money {
            asset: position.currency.to_string(),
            amount: text(position.amount),
        }),
        held: text(holding.held),
        released: text(holding.released),
        refunded: text(holding.refunded),
        state: position_state::wire(holding.state),
        external_reference: position.external_reference.clone().unwrap_or_default(),
        metadata: attributes(&position.metadata),
        account_id: position.account().to_string(),
        funding_account_id: to_optional_id(holding.funding_account),
        release_proposal: holding.proposal.map(|open| pb::ReleaseProposal {
            key_id: open.key.to_string(),
            account_id: open.account.to_string(),
            amount: text(open.amount),
        }),
        etag: position.revision.to_string(),
        created_at: Some(to_timestamp(position.created_at)),
        updated_at: Some(to_timestamp(position.updated_at)),
    }
}

pub(super) fn cursor(position: &Position) -> Cursor {
    Cursor::at(position.created_at, position.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json as value;

    use super::*;

    #[test]
    fn what_finds_nothing_by_itself() {
        for (json, void) in [
            (value!({ "a": 1 }), false),
            (value!({ "a": null, "b": [1, { "c": "" }] }), false),
            (value!({ "a": {} }), true),
            (value!({ "a": [1, []] }), true),
            (value!({ "a": { "b": { "c": [] } } }), true),
        ] {
            assert_eq!(has_void(&json), void, "{json}");
        }
    }
}
