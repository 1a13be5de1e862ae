//! Rows, and transfers, as audit events.

use bursar_domain::audit::AuditEvent;
use bursar_domain::ids::{InstitutionId, KeyId, RequestId};
use bursar_domain::json::Json;
use bursar_domain::money::Decimal;
use bursar_domain::transfer::{Transfer, TransferKind};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::kernel::{TxResult, col};

/// Kind of resource of a transfer's event.
pub(super) const TRANSFER: &str = "transfer";

pub(super) fn event(row: &Row) -> TxResult<AuditEvent> {
    Ok(AuditEvent {
        id: col(row, "id")?,
        key: KeyId(col(row, "key_id")?),
        institution: col::<Option<Uuid>>(row, "institution_id")?.map(InstitutionId),
        method: col(row, "method")?,
        path: col(row, "path")?,
        action: col(row, "action")?,
        resource_type: col(row, "resource_type")?,
        resource_id: col(row, "resource_id")?,
        payload: Json::stored(col(row, "payload")?),
        request_id: col::<Option<Uuid>>(row, "request_id")?.map(RequestId),
        occurred_at: col(row, "occurred_at")?,
        recorded_at: col(row, "recorded_at")?,
    })
}

/// The RPC and action that make a kind of transfer; the expiry job is no RPC.
fn origin(kind: TransferKind) -> (&'static str, &'static str) {
    match kind {
        TransferKind::Direct | TransferKind::Pending => ("CreateTransfer", "transfer.create"),
        TransferKind::Post => ("PostTransfer", "transfer.post"),
        TransferKind::Void => ("VoidTransfer", "transfer.void"),
        TransferKind::Expire => ("holds_expire", "transfer.expire"),
        TransferKind::Reversal => ("ReverseTransfer", "transfer.reverse"),
    }
}

/// The kinds of transfer that an action makes; all without one.
pub(super) fn kinds_of(action: Option<&str>) -> Vec<&'static str> {
    use TransferKind::{Direct, Expire, Pending, Post, Reversal, Void};
    [Direct, Pending, Post, Void, Expire, Reversal]
        .into_iter()
        .filter(|kind| action.is_none_or(|action| origin(*kind).1 == action))
        .map(TransferKind::name)
        .collect()
}

/// The event that a transfer is: the row itself is its record.
pub(super) fn transfer_event(t: &Transfer) -> AuditEvent {
    let (method, action) = origin(t.kind);
    let is_job = t.kind == TransferKind::Expire;
    let payload = json!({
        "id": t.id.to_string(),
        "kind": t.kind.name(),
        "debit_account_id": t.debit.to_string(),
        "credit_account_id": t.credit.to_string(),
        "amount": { "asset": t.asset.as_str(), "amount": Decimal::from_units(t.amount, t.scale).to_string() },
        "code": t.code,
        "external_reference": t.external_reference,
        "value_date": t.value_date.to_string(),
        "pending_id": t.pending.map(|id| id.to_string()),
        "reversed_id": t.reversed.map(|id| id.to_string()),
        "group_id": t.group.map(|id| id.to_string()),
    });
    AuditEvent {
        id: t.id.0,
        key: t.key,
        institution: t.institution,
        method: method.into(),
        path: if is_job {
            String::new()
        } else {
            format!("/bursar.ledger.v1.TransferService/{method}")
        },
        action: action.into(),
        resource_type: TRANSFER.into(),
        resource_id: t.id.to_string(),
        payload: Json::stored(payload),
        request_id: if is_job { None } else { Some(RequestId(t.id.0)) },
        occurred_at: t.posted_at,
        recorded_at: t.posted_at,
    }
}
