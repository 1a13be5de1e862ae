//! Reading the money trace.

use std::collections::BTreeSet;

use bursar_domain::audit::{AuditEvent, AuditFilter};
use bursar_domain::error::{Error, Result};
use bursar_domain::ids::TransferId;
use bursar_domain::limits::{MAX_TRACE_ITEMS, VERIFY_ROWS};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::trace::{Orphan, Trace, TraceFrom, TraceKind, TraceLink};
use tokio_postgres::Row;
use uuid::Uuid;

use super::sql;
use crate::audit::events;
use crate::kernel::{Entry, Store, Tx, TxResult, col, named, transact};
use crate::ledger::transfers_find;

impl Store {
    /// What there is around a resource or a transfer.
    pub async fn trace_get(&self, op: &OpCtx, from: TraceFrom) -> Result<Trace> {
        transact!(self, Entry::of(op), |tx| {
            tx.one_snapshot();
            let (mut links, more) = cut(links(tx, op, from).await?);
            let mut wanted: BTreeSet<Uuid> = links.iter().map(|link| link.transfer.0).collect();
            let mut about: BTreeSet<_> =
                links.iter().map(|link| (link.kind, link.resource)).collect();
            match from {
                TraceFrom::Transfer(id) => wanted.insert(id.0),
                TraceFrom::Resource(kind, id) => about.insert((kind, id)),
            };
            let wanted: Vec<_> = wanted.into_iter().collect();
            let transfers = transfers_find(tx, op, &wanted).await?;
            let (events, more_events) = cut(of_resources(tx, op, about).await?);
            links.sort_by_key(|link| (link.created_at, link.kind, link.resource, link.transfer));
            let trace = Trace { links, transfers, events, truncated: more || more_events };
            check(from, trace).map_err(Into::into)
        })
    }

    /// The orphans among the next links, or after the last link among the next accounts. Cursor: kind, resource and
    /// transfer, or [`ACCOUNTS`] and an account; the page has no size of its own.
    pub async fn trace_orphans(&self, op: &OpCtx, page: &PageRequest) -> Result<Page<Orphan>> {
        let kind: Option<String> = page.cursor_part(0)?;
        if kind.as_deref() == Some(ACCOUNTS) {
            return self.transfer_orphans(op, page.cursor_part(1)?.unwrap_or(Uuid::nil())).await;
        }
        let kind = kind.and_then(|name| TraceKind::named(&name)).unwrap_or(TraceKind::ALL[0]);
        let after = page.cursor_part(1)?.unwrap_or(Uuid::nil());
        let after_transfer = page.cursor_part(2)?.unwrap_or(Uuid::nil());
        let limit = i64::try_from(VERIFY_ROWS).unwrap_or(i64::MAX);
        let (tenant, name) = (&op.tenant.0, kind.name());
        let found = transact!(self, Entry::of(op), |tx| {
            let parameters: crate::kernel::Params<'_> =
                &[tenant, &name, &after, &after_transfer, &limit];
            let answers = tx.finish_read(&[(&sql::LINK_ORPHANS, parameters)]).await?;
            answers.iter().flatten().map(orphan).collect::<TxResult<Vec<_>>>()
        })?;
        let next = match found.last().filter(|_| found.len() == VERIFY_ROWS) {
            Some(last) => Some((kind, last.link.resource, last.link.transfer.0)),
            None => TraceKind::ALL
                .into_iter()
                .find(|next| *next > kind)
                .map(|next| (next, Uuid::nil(), Uuid::nil())),
        };
        let next = match next {
            Some((kind, resource, transfer)) => {
                Cursor(vec![kind.name().into(), resource.to_string(), transfer.to_string()])
            }
            None => of_accounts(Uuid::nil()),
        };
        let items = found.into_iter().filter(|o| o.transfer_gone || o.resource_gone).collect();
        Ok(Page { items, next: Some(next) })
    }

    /// Transfers of the next reserved accounts without a link to a position.
    async fn transfer_orphans(&self, op: &OpCtx, after: Uuid) -> Result<Page<Orphan>> {
        let limit = i64::try_from(VERIFY_ROWS).unwrap_or(i64::MAX);
        let rows = transact!(self, Entry::of(op), |tx| {
            let parameters: crate::kernel::Params<'_> = &[&op.tenant.0, &after, &limit];
            let answers = tx.finish_read(&[(&sql::TRANSFER_ORPHANS, parameters)]).await?;
            let rows = answers.iter().flatten().map(unlinked);
            rows.collect::<TxResult<Vec<(Uuid, Option<Orphan>)>>>()
        })?;
        let accounts: BTreeSet<Uuid> = rows.iter().map(|(account, _)| *account).collect();
        let last = accounts.last().filter(|_| accounts.len() == VERIFY_ROWS);
        let next = last.copied().map(of_accounts);
        Ok(Page { items: rows.into_iter().filter_map(|(_, orphan)| orphan).collect(), next })
    }
}

/// In a cursor of orphans: the links are through, and it is the accounts' turn.
const ACCOUNTS: &str = "accounts";

/// The cursor after an account; of three parts, as those of links are.
fn of_accounts(last: Uuid) -> Cursor {
    Cursor(vec![ACCOUNTS.into(), last.to_string(), String::new()])
}

/// An account, and a transfer of it that no position has. A position's account has the position's id.
fn unlinked(row: &Row) -> TxResult<(Uuid, Option<Orphan>)> {
    let account = col(row, "account_id")?;
    let Some(transfer) = col::<Option<Uuid>>(row, "transfer_id")? else {
        return Ok((account, None));
    };
    let link = TraceLink {
        kind: TraceKind::Position,
        resource: account,
        transfer: TransferId(transfer),
        created_at: col(row, "posted_at")?,
    };
    let (transfer_gone, resource_gone) = (false, false);
    Ok((account, Some(Orphan { link, link_missing: true, transfer_gone, resource_gone })))
}

/// Nothing known of what was asked for is NOT_FOUND.
fn check(from: TraceFrom, trace: Trace) -> Result<Trace> {
    let there = match from {
        TraceFrom::Transfer(id) => trace.transfers.iter().any(|transfer| transfer.id == id),
        TraceFrom::Resource(..) => !trace.links.is_empty() || !trace.events.is_empty(),
    };
    match from {
        _ if there => Ok(trace),
        TraceFrom::Transfer(id) => Err(Error::not_found("transfer", id)),
        TraceFrom::Resource(kind, id) => Err(Error::not_found(kind.name(), id)),
    }
}

/// One more than is shown.
fn limit() -> i64 {
    i64::try_from(MAX_TRACE_ITEMS).unwrap_or(i64::MAX - 1) + 1
}

/// What is shown, and whether there is more.
fn cut<T>(mut found: Vec<T>) -> (Vec<T>, bool) {
    let more = found.len() > MAX_TRACE_ITEMS;
    found.truncate(MAX_TRACE_ITEMS);
    (found, more)
}

async fn links(tx: &mut Tx, op: &OpCtx, from: TraceFrom) -> TxResult<Vec<TraceLink>> {
    let (tenant, limit) = (&op.tenant.0, limit());
    let rows = match from {
        TraceFrom::Resource(kind, id) => {
            tx.query(&sql::LINK_LIST, &[tenant, &kind.name(), &id, &limit]).await?
        }
        TraceFrom::Transfer(id) => {
            tx.query(&sql::LINK_LIST_BY_TRANSFER, &[tenant, &id.0, &limit]).await?
        }
    };
    rows.iter().map(link_of).collect()
}

/// Events of the resources, until there are more than are shown.
async fn of_resources(
    tx: &mut Tx,
    op: &OpCtx,
    resources: BTreeSet<(TraceKind, Uuid)>,
) -> TxResult<Vec<AuditEvent>> {
    let mut found = Vec::new();
    for (kind, id) in resources {
        let filter = AuditFilter {
            resource_type: Some(kind.name().into()),
            resource_id: Some(id.to_string()),
            ..AuditFilter::default()
        };
        found.extend(events(tx, op, &filter, None, limit()).await?);
        if found.len() > MAX_TRACE_ITEMS {
            break;
        }
    }
    found.sort_by_key(|event| std::cmp::Reverse((event.recorded_at, event.id)));
    Ok(found)
}

fn orphan(row: &Row) -> TxResult<Orphan> {
    let (transfer_gone, resource_gone) = (col(row, "transfer_gone")?, col(row, "resource_gone")?);
    Ok(Orphan { link: link_of(row)?, link_missing: false, transfer_gone, resource_gone })
}

fn link_of(row: &Row) -> TxResult<TraceLink> {
    Ok(TraceLink {
        kind: named(row, "kind", TraceKind::named)?,
        resource: col(row, "resource_id")?,
        transfer: TransferId(col(row, "transfer_id")?),
        created_at: col(row, "created_at")?,
    })
}
