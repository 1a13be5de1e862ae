//! Reading transfers, and fencing their ids.

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::TransferId;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::transfer::{Side, Transfer, TransferFilter, TransferKind};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::reads::gathered;
use super::rows::{self, Recorded};
use super::sql;
use crate::kernel::{Entry, FIRST, Fault, LAST, Params, Stmt, Store, Tx, TxResult, transact};

impl Store {
    /// Reads a transfer, a pending one with its hold.
    pub async fn transfer_get(&self, op: &OpCtx, id: TransferId) -> Result<Transfer> {
        let found = gathered!(self, op, transfers, id, transfers_read).await?;
        found.ok_or_else(|| Error::not_found("transfer", id))
    }

    /// Reads transfers in the order of `ids`; NOT_FOUND names the first that is absent.
    pub async fn transfer_get_batch(
        &self,
        op: &OpCtx,
        ids: &[TransferId],
    ) -> Result<Vec<Transfer>> {
        let found = self.clone().transfers_read(op.tenant, ids.to_vec(), op.deadline).await?;
        ids.iter()
            .map(|id| found.get(id).cloned().ok_or_else(|| Error::not_found("transfer", id)))
            .collect()
    }

    /// Lists transfers by posting time. Cursor: time and id.
    pub async fn transfer_list(
        &self,
        op: &OpCtx,
        filter: &TransferFilter,
        newest_first: bool,
        page: &PageRequest,
    ) -> Result<Page<Transfer>> {
        let (start, start_id) =
            if newest_first { (LAST, Uuid::max()) } else { (FIRST, Uuid::nil()) };
        let after = page.cursor_time(0)?.unwrap_or(start);
        let after_id = page.cursor_part(1)?.unwrap_or(start_id);
        transact!(self, Entry::of(op), |tx| {
            let found = list(tx, op, filter, newest_first, (after, after_id), page.limit()).await?;
            Ok(Page::cut(found, page.size, |t| Cursor::at(t.posted_at, t.id)))
        })
    }
}

async fn list(
    tx: &mut Tx,
    op: &OpCtx,
    filter: &TransferFilter,
    newest_first: bool,
    (after, after_id): (Timestamp, Uuid),
    limit: i64,
) -> TxResult<Vec<Transfer>> {
    let statement = statement(filter, newest_first);
    let tenant = &op.tenant.0;
    let (from, to) = (filter.from.unwrap_or(FIRST), filter.to.unwrap_or(LAST));
    let kind = filter.kind.map(TransferKind::name);
    let metadata = filter.metadata.as_ref().map(bursar_domain::json::Json::value);
    let (code, reference) = (&filter.code, &filter.external_reference);
    let (group, pending) = (filter.group.map(|id| id.0), filter.pending.map(|id| id.0));
    let answers = if let Some(account) = filter.account {
        let side = filter.side.map(|side| match side {
            Side::Debit => "debit",
            Side::Credit => "credit",
        });
        // The page begins after a time, which is at least a microsecond from the next.
        let (from, to) = if newest_first {
            (from, to.min(after))
        } else {
            (from.max(after.checked_add(SignedDuration::from_micros(1)).unwrap_or(after)), to)
        };
        let further =
            TransferFilter { account: None, side: None, from: None, to: None, ..filter.clone() };
        let plain = further == TransferFilter::default();
        let parameters: Params<'_> = &[
            tenant, &account.0, &from, &to, &limit, &side, &plain, code, &kind, reference,
            &metadata, &group, &pending,
        ];
        tx.finish_read(&[(statement, parameters)]).await?
    } else {
        let parameters: Params<'_> = &[
            tenant, &after, &after_id, &limit, code, &kind, &from, &to, reference, &metadata,
            &group, &pending,
        ];
        tx.finish_read(&[(statement, parameters)]).await?
    };
    let found =
        answers.iter().flatten().map(rows::recorded_with_hold).collect::<TxResult<Vec<_>>>()?;
    Ok(found.into_iter().filter_map(Recorded::transfer).collect())
}

/// The statement whose index narrows most: one for each listed access path.
fn statement(filter: &TransferFilter, newest_first: bool) -> &'static Stmt {
    let (newest, oldest) = if filter.pending.is_some() && filter.account.is_none() {
        (&sql::TRANSFER_LIST_BY_PENDING_DESC, &sql::TRANSFER_LIST_BY_PENDING_ASC)
    } else if filter.group.is_some() && filter.account.is_none() {
        (&sql::TRANSFER_LIST_BY_GROUP_DESC, &sql::TRANSFER_LIST_BY_GROUP_ASC)
    } else if filter.account.is_some() {
        (&sql::TRANSFER_LIST_BY_ACCOUNT_DESC, &sql::TRANSFER_LIST_BY_ACCOUNT_ASC)
    } else if filter.external_reference.is_some() {
        (&sql::TRANSFER_LIST_BY_REFERENCE_DESC, &sql::TRANSFER_LIST_BY_REFERENCE_ASC)
    } else {
        (&sql::TRANSFER_LIST_BY_TIME_DESC, &sql::TRANSFER_LIST_BY_TIME_ASC)
    };
    if newest_first { newest } else { oldest }
}

/// Which transfers the audit trail asks for.
pub(crate) struct TransferEvents<'a> {
    /// Posted then or later.
    pub(crate) from: Option<Timestamp>,
    /// Posted before.
    pub(crate) to: Option<Timestamp>,
    /// By this key.
    pub(crate) key: Option<Uuid>,
    /// By keys narrowed to this institution.
    pub(crate) institution: Option<Uuid>,
    /// Of these kinds.
    pub(crate) kinds: &'a [&'static str],
    /// Before this one.
    pub(crate) before: Option<(Timestamp, Uuid)>,
    /// At most so many.
    pub(crate) limit: i64,
}

/// Transfers as the events they are, newest first, in the caller's transaction.
pub(crate) async fn transfer_events(
    tx: &mut Tx,
    op: &OpCtx,
    which: &TransferEvents<'_>,
) -> TxResult<Vec<Transfer>> {
    let (before, before_id) = which.before.unwrap_or((LAST, Uuid::max()));
    let rows = tx
        .query(
            &sql::TRANSFER_EVENTS,
            &[
                &op.tenant.0,
                &before,
                &before_id,
                &which.from.unwrap_or(FIRST),
                &which.to.unwrap_or(LAST),
                &which.key,
                &which.institution,
                &which.kinds,
                &which.limit,
            ],
        )
        .await?;
    let found = rows.iter().map(rows::recorded).collect::<TxResult<Vec<_>>>()?;
    Ok(found.into_iter().filter_map(Recorded::transfer).collect())
}

/// What is recorded under a transfer's id, in the caller's transaction.
pub(crate) async fn transfer_find(tx: &mut Tx, op: &OpCtx, id: Uuid) -> TxResult<Option<Recorded>> {
    let row = tx.query_opt(&sql::TRANSFER_GET, &[&op.tenant.0, &vec![id]]).await?;
    row.as_ref().map(rows::recorded_with_hold).transpose()
}

/// The transfers with these ids, as far as they are there, oldest first, in the caller's transaction.
pub(crate) async fn transfers_find(
    tx: &mut Tx,
    op: &OpCtx,
    ids: &[Uuid],
) -> TxResult<Vec<Transfer>> {
    let rows = tx.query(&sql::TRANSFER_GET, &[&op.tenant.0, &ids]).await?;
    let found = rows.iter().map(rows::recorded_with_hold).collect::<TxResult<Vec<_>>>()?;
    let mut found: Vec<_> = found.into_iter().filter_map(Recorded::transfer).collect();
    found.sort_by_key(|transfer| (transfer.posted_at, transfer.id));
    Ok(found)
}

/// Makes sure that no transfer with this id can ever commit, in the caller's transaction. A conflict means that one
/// has just done so.
pub(crate) async fn transfer_fence(tx: &mut Tx, op: &OpCtx, id: Uuid) -> TxResult<()> {
    let institution = op.actor.institution.map(|i| i.0);
    tx.query(&sql::TRANSFER_FENCE, &[&op.tenant.0, &id, &op.actor.key.0, &institution])
        .await
        .map_err(|fault| fault.on_unique("ledger_transfer_pkey", || Fault::Conflict))?;
    Ok(())
}
