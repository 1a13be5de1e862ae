//! Mutations: idempotent by their request id, audited in the same transaction.

use std::sync::Arc;

use bursar_domain::error::Error;
use bursar_domain::ids::{EventId, RequestId};
use bursar_domain::op::OpCtx;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::columns::col;
use super::fault::{Fault, TxResult};
use super::sql;
use super::tx::Tx;

/// Names the fields in which a stored request (its RPC's path, its bytes) differs from another.
type Differences = Arc<dyn Fn(&str, &[u8]) -> Vec<String> + Send + Sync>;

/// What every mutation brings: its request id, and how to remember and replay it.
pub struct Write<T> {
    /// Names the call.
    pub request_id: RequestId,
    /// Canonical bytes of the request.
    pub request: Vec<u8>,
    /// The request as JSON without secrets, for the audit trail.
    pub payload: serde_json::Value,
    /// Run everything but the commit.
    pub validate_only: bool,
    /// The reply that a replay returns: without secrets.
    pub encode: fn(&T) -> Vec<u8>,
    /// How a stored request differs from this one.
    pub differences: Differences,
}

/// What became of a mutation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It was done now (or, with `validate_only`, would have been).
    Fresh(T),
    /// An earlier call did it; these are the bytes of its reply.
    Replayed(Vec<u8>),
}

/// What a mutation did.
pub(crate) struct Change<T> {
    /// Its result.
    pub(crate) value: T,
    /// Kind of the resource it changed.
    pub(crate) resource: &'static str,
    /// Ids of what it changed: each gets an event of its own, so that the trail of one is whole.
    pub(crate) ids: Vec<String>,
}

/// Runs a mutation: looks its id up, runs the block for a [`Change`], records audit and reply, and commits.
macro_rules! mutate {
    ($store:expr, $op:expr, $write:expr, |$tx:ident| $body:block) => {
        crate::kernel::transact!($store, crate::kernel::Entry::of($op), |tx| {
            if let Some(reply) = $write.replay(tx, $op).await? {
                return Ok(crate::kernel::Outcome::Replayed(reply));
            }
            let $tx = &mut *tx;
            let change: crate::kernel::TxResult<crate::kernel::Change<_>> = async { $body }.await;
            let change = change?;
            $write.record(tx, $op, &change).await?;
            Ok(crate::kernel::Outcome::Fresh(change.value))
        })
    };
}
pub(crate) use mutate;

impl<T> Write<T> {
    /// The first reply, when an earlier call had this id and body.
    pub(crate) async fn replay(&self, tx: &mut Tx, op: &OpCtx) -> TxResult<Option<Vec<u8>>> {
        let known = tx.query_opt(&sql::OPERATION_FIND, &[&op.tenant.0, &self.request_id.0]).await?;
        known.map(|row| self.compare(op, &row)).transpose()
    }

    /// Keeps that look-up for the next flush, for whoever reads more with it; [`Self::told`] has its answer. Behind what
    /// the change locks: a call that waited there for the same call's first try then finds what that did.
    pub(crate) async fn ask(&self, tx: &mut Tx, op: &OpCtx) -> TxResult<()> {
        tx.ahead(&[(&sql::OPERATION_FIND, &[&op.tenant.0, &self.request_id.0])]).await
    }

    /// The first reply, by what the look-up found.
    pub(crate) fn told(&self, op: &OpCtx, found: &[Row]) -> TxResult<Option<Vec<u8>>> {
        found.first().map(|row| self.compare(op, row)).transpose()
    }

    fn compare(&self, op: &OpCtx, row: &Row) -> TxResult<Vec<u8>> {
        let (Some(path), Some(request), Some(reply)) = (
            col::<Option<String>>(row, "method")?,
            col::<Option<Vec<u8>>>(row, "request")?,
            col(row, "reply")?,
        ) else {
            return Err(Error::Fenced(self.request_id.to_string()).into());
        };
        if path == op.method.path && request == self.request {
            return Ok(reply);
        }
        let fields = (self.differences)(&path, &request);
        if fields.is_empty() {
            // The same message in another version's encoding.
            return Ok(reply);
        }
        Err(Error::RequestIdReused { fields }.into())
    }

    /// Records audit and reply, and commits; nothing when the call only validates.
    pub(crate) async fn record(&self, tx: &mut Tx, op: &OpCtx, change: &Change<T>) -> TxResult<()> {
        if self.validate_only {
            // What was kept for the last flush runs too, for the database's own word on it.
            tx.pipeline(&[]).await?;
            return Ok(());
        }
        let reply = (self.encode)(&change.value);
        let payloads = parts(&self.payload, change.ids.len());
        let events = Events::new(op, change.resource, &change.ids, payloads, self.request_id.0);
        tx.finish_write(&[
            (&sql::AUDIT_INSERT, &events.params(op)),
            (
                &sql::OPERATION_INSERT,
                &[
                    &op.tenant.0,
                    &self.request_id.0,
                    &op.method.path,
                    &self.request,
                    &reply,
                    &op.actor.key.0,
                ],
            ),
        ])
        .await
        // Another call with the same id was faster: run again, and find its reply.
        .map_err(|fault| fault.on_unique("operation_record_pkey", || Fault::Conflict))?;
        Ok(())
    }
}

/// What was asked of each of `count` things: the items of the request's one list of that length, or the whole request
/// when it was about one thing.
fn parts(payload: &serde_json::Value, count: usize) -> Vec<&serde_json::Value> {
    let list = payload.as_object().filter(|_| count != 1).and_then(|members| {
        members.values().filter_map(|member| member.as_array()).find(|list| list.len() == count)
    });
    list.map_or_else(|| vec![payload; count], |list| list.iter().collect())
}

/// Records a change that is not a [`Write`], and commits.
pub(crate) async fn audit(
    tx: &mut Tx,
    op: &OpCtx,
    (resource, id): (&'static str, String),
    payload: &serde_json::Value,
    request_id: Uuid,
) -> TxResult<()> {
    let ids = [id];
    let events = Events::new(op, resource, &ids, vec![payload], request_id);
    tx.finish_write(&[(&sql::AUDIT_INSERT, &events.params(op))]).await?;
    Ok(())
}

/// Audit events of one change, one for each thing it changed.
struct Events<'a> {
    ids: Vec<Uuid>,
    institution: Option<Uuid>,
    resource: &'static str,
    resource_ids: &'a [String],
    payloads: Vec<&'a serde_json::Value>,
    request_id: Option<Uuid>,
}

impl<'a> Events<'a> {
    fn new(
        op: &OpCtx,
        resource: &'static str,
        resource_ids: &'a [String],
        payloads: Vec<&'a serde_json::Value>,
        request_id: Uuid,
    ) -> Self {
        let ids = resource_ids.iter().map(|_| EventId::generate().0).collect();
        let institution = op.actor.institution.map(|i| i.0);
        Self { ids, institution, resource, resource_ids, payloads, request_id: Some(request_id) }
    }

    fn params<'p>(&'p self, op: &'p OpCtx) -> [&'p (dyn ToSql + Sync); 12] {
        [
            &op.tenant.0,
            &self.ids,
            &op.actor.key.0,
            &self.institution,
            &op.method.name,
            &op.method.path,
            &op.method.action,
            &self.resource,
            &self.resource_ids,
            &self.payloads,
            &self.request_id,
            &op.occurred_at,
        ]
    }
}
