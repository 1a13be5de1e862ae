//! The audit trail: the kernel writes it, this reads it. Transfers are their own records and are merged in.

mod rows;
mod seal;
mod verify;

use bursar_domain::audit::{AuditEvent, AuditFilter};
use bursar_domain::error::{Error, Result};
use bursar_domain::ids::TransferId;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use jiff::Timestamp;
use uuid::Uuid;

use crate::kernel::{Entry, FIRST, LAST, Stmt, Store, Tx, TxResult, transact};
use crate::ledger::{Recorded, TransferEvents, transfer_events, transfer_find};

pub(crate) mod sql {
    //! Statements of the audit trail.
    crate::kernel::statements! {
        EVENT_GET = "event_get";
        EVENT_LIST = "event_list";
        EVENT_LIST_BY_KEY = "event_list_by_key";
        EVENT_LIST_BY_INSTITUTION = "event_list_by_institution";
        EVENT_LIST_BY_ACTION = "event_list_by_action";
        EVENT_LIST_BY_RESOURCE_TYPE = "event_list_by_resource_type";
        EVENT_LIST_BY_RESOURCE = "event_list_by_resource";
        EVENT_SEALED_CUT = "event_sealed_cut";
        EVENT_SEALED_GET = "event_sealed_get" after "event_sealed";
        EVENT_SEALED_RANGE = "event_sealed_range" after "event_sealed";
        EVENT_SEALED_WALK = "event_sealed_walk";
        SEAL_COVERING = "seal_covering";
        SEAL_FROM = "seal_from";
        SEAL_INSERT = "seal_insert";
        SEAL_LAST = "seal_last";
        SEAL_PAGE = "seal_page";
        SEAL_POINT = "seal_point";
    }
}

pub use verify::Verification;

impl Store {
    /// Reads an event by its id, or a transfer's event by the transfer's id.
    pub async fn audit_event_get(&self, op: &OpCtx, id: Uuid) -> Result<AuditEvent> {
        transact!(self, Entry::of(op), |tx| {
            if let Some(row) = tx.query_opt(&sql::EVENT_GET, &[&op.tenant.0, &id]).await? {
                return rows::event(&row);
            }
            match transfer_find(tx, op, id).await? {
                Some(Recorded::Transfer(transfer)) => Ok(rows::transfer_event(&transfer)),
                _ => Err(Error::not_found("audit_event", id).into()),
            }
        })
    }

    /// Lists events, newest first, transfers among them. Cursor: time and id.
    pub async fn audit_event_list(
        &self,
        op: &OpCtx,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>> {
        let before = page.cursor_time(0)?.zip(page.cursor_part(1)?);
        transact!(self, Entry::of(op), |tx| {
            tx.one_snapshot();
            let mut found = events(tx, op, filter, before, page.limit()).await?;
            found.extend(transfers(tx, op, filter, before, page.limit()).await?);
            found.sort_by_key(|event| std::cmp::Reverse((event.recorded_at, event.id)));
            Ok(Page::cut(found, page.size, |event| Cursor::at(event.recorded_at, event.id)))
        })
    }
}

/// Events but transfers, newest first, in the caller's transaction.
pub(crate) async fn events(
    tx: &mut Tx,
    op: &OpCtx,
    filter: &AuditFilter,
    before: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> TxResult<Vec<AuditEvent>> {
    let (before, before_id) = before.unwrap_or((LAST, Uuid::max()));
    let found = tx
        .query(
            statement(filter),
            &[
                &op.tenant.0,
                &before,
                &before_id,
                &filter.from.unwrap_or(FIRST),
                &filter.to.unwrap_or(LAST),
                &filter.key.map(|id| id.0),
                &filter.institution.map(|id| id.0),
                &filter.action,
                &filter.resource_type,
                &filter.resource_id,
                &limit,
            ],
        )
        .await?;
    found.iter().map(rows::event).collect()
}

fn statement(filter: &AuditFilter) -> &'static Stmt {
    if filter.resource_type.is_some() && filter.resource_id.is_some() {
        &sql::EVENT_LIST_BY_RESOURCE
    } else if filter.key.is_some() {
        &sql::EVENT_LIST_BY_KEY
    } else if filter.institution.is_some() {
        &sql::EVENT_LIST_BY_INSTITUTION
    } else if filter.action.is_some() {
        &sql::EVENT_LIST_BY_ACTION
    } else if filter.resource_type.is_some() {
        &sql::EVENT_LIST_BY_RESOURCE_TYPE
    } else {
        &sql::EVENT_LIST
    }
}

async fn transfers(
    tx: &mut Tx,
    op: &OpCtx,
    filter: &AuditFilter,
    before: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> TxResult<Vec<AuditEvent>> {
    let kinds = rows::kinds_of(filter.action.as_deref());
    if kinds.is_empty()
        || filter.resource_type.as_deref().is_some_and(|kind| kind != rows::TRANSFER)
    {
        return Ok(Vec::new());
    }
    if let Some(id) = &filter.resource_id {
        return one_transfer(tx, op, filter, before, id, &kinds).await;
    }
    let which = TransferEvents {
        from: filter.from,
        to: filter.to,
        key: filter.key.map(|id| id.0),
        institution: filter.institution.map(|id| id.0),
        kinds: &kinds,
        before,
        limit,
    };
    Ok(transfer_events(tx, op, &which).await?.iter().map(rows::transfer_event).collect())
}

async fn one_transfer(
    tx: &mut Tx,
    op: &OpCtx,
    filter: &AuditFilter,
    before: Option<(Timestamp, Uuid)>,
    id: &str,
    kinds: &[&str],
) -> TxResult<Vec<AuditEvent>> {
    let Ok(id) = id.parse::<TransferId>() else { return Ok(Vec::new()) };
    let Some(Recorded::Transfer(t)) = transfer_find(tx, op, id.0).await? else {
        return Ok(Vec::new());
    };
    let fits = kinds.contains(&t.kind.name())
        && before.is_none_or(|before| (t.posted_at, t.id.0) < before)
        && filter.from.is_none_or(|from| t.posted_at >= from)
        && filter.to.is_none_or(|to| t.posted_at < to)
        && filter.key.is_none_or(|key| t.key == key)
        && filter.institution.is_none_or(|institution| t.institution == Some(institution));
    Ok(if fits { vec![rows::transfer_event(&t)] } else { Vec::new() })
}
