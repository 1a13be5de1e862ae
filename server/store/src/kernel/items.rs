//! The audit events of changes that have no request id: each thing of a stream is known by an id of its own.

use bursar_domain::ids::EventId;
use bursar_domain::op::OpCtx;
use uuid::Uuid;

use super::fault::TxResult;
use super::sql;
use super::tx::Tx;

/// Records one event for each thing, with what was asked of it, and commits; without any it only commits.
pub(crate) async fn audit_items(
    tx: &mut Tx,
    op: &OpCtx,
    resource: &'static str,
    resource_ids: &[String],
    payloads: &[&serde_json::Value],
) -> TxResult<()> {
    let ids: Vec<Uuid> = resource_ids.iter().map(|_| EventId::generate().0).collect();
    let institution = op.actor.institution.map(|i| i.0);
    let parameters: super::tx::Params<'_> = &[
        &op.tenant.0,
        &ids,
        &op.actor.key.0,
        &institution,
        &op.method.name,
        &op.method.path,
        &op.method.action,
        &resource,
        &resource_ids,
        &payloads,
        &None::<Uuid>,
        &op.occurred_at,
    ];
    let events = [(&sql::AUDIT_INSERT, parameters)];
    tx.finish_write(if ids.is_empty() { &[] } else { &events }).await?;
    Ok(())
}
