//! Events of positions, and what positions moved in the ledger: append-only.

use bursar_domain::error::Result;
use bursar_domain::escrow::{
    EventFilter, LedgerEvent, LedgerEventKind, PositionEvent, PositionEventKind, PositionState,
};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{rows, sql};
use crate::kernel::{Entry, FIRST, LAST, Stmt, Store, Tx, TxResult, decimal, transact};

impl Store {
    /// Lists events of positions, oldest first. Cursor: time and id.
    pub async fn position_event_list(
        &self,
        op: &OpCtx,
        filter: &EventFilter<PositionEventKind>,
        page: &PageRequest,
    ) -> Result<Page<PositionEvent>> {
        let statement = if filter.position.is_some() {
            &sql::POSITION_EVENT_LIST_BY_POSITION
        } else if filter.institution.or(op.actor.institution).is_some() {
            &sql::POSITION_EVENT_LIST_BY_INSTITUTION
        } else if filter.kind.is_some() {
            &sql::POSITION_EVENT_LIST_BY_KIND
        } else {
            &sql::POSITION_EVENT_LIST
        };
        let kind = filter.kind.map(PositionEventKind::name);
        let found = self.events(op, (statement, kind), filter, page).await?;
        let found = found.iter().map(rows::event).collect::<TxResult<Vec<_>>>();
        let found = found.map_err(crate::kernel::Fault::into_error)?;
        Ok(Page::cut(found, page.size, |event| Cursor::at(event.occurred_at, event.id)))
    }

    /// Lists what positions moved in the ledger, oldest first. Cursor: time and id.
    pub async fn ledger_event_list(
        &self,
        op: &OpCtx,
        filter: &EventFilter<LedgerEventKind>,
        page: &PageRequest,
    ) -> Result<Page<LedgerEvent>> {
        let statement = if filter.position.is_some() {
            &sql::LEDGER_EVENT_LIST_BY_POSITION
        } else if filter.institution.or(op.actor.institution).is_some() {
            &sql::LEDGER_EVENT_LIST_BY_INSTITUTION
        } else if filter.kind.is_some() {
            &sql::LEDGER_EVENT_LIST_BY_KIND
        } else {
            &sql::LEDGER_EVENT_LIST
        };
        let kind = filter.kind.map(LedgerEventKind::name);
        let found = self.events(op, (statement, kind), filter, page).await?;
        let found = found.iter().map(rows::ledger_event).collect::<TxResult<Vec<_>>>();
        let found = found.map_err(crate::kernel::Fault::into_error)?;
        Ok(Page::cut(found, page.size, |event| Cursor::at(event.occurred_at, event.transfer)))
    }

    async fn events<K: Sync>(
        &self,
        op: &OpCtx,
        (statement, kind): (&'static Stmt, Option<&'static str>),
        filter: &EventFilter<K>,
        page: &PageRequest,
    ) -> Result<Vec<Row>> {
        let after = page.cursor_time(0)?.unwrap_or(FIRST);
        let after_id = page.cursor_part::<Uuid>(1)?.unwrap_or(Uuid::nil());
        let (from, to, limit) =
            (filter.from.unwrap_or(FIRST), filter.to.unwrap_or(LAST), page.limit());
        let position = filter.position.map(|id| id.0);
        let institution = filter.institution.or(op.actor.institution).map(|id| id.0);
        transact!(self, Entry::of(op), |tx| {
            let answers = tx
                .finish_read(&[(
                    statement,
                    &[
                        &op.tenant.0,
                        &after,
                        &after_id,
                        &from,
                        &to,
                        &position,
                        &institution,
                        &kind,
                        &limit,
                    ],
                )])
                .await?;
            Ok(answers.into_iter().flatten().collect())
        })
    }
}

/// Records an event with the transaction's next flush.
pub(super) async fn event_insert(tx: &mut Tx, op: &OpCtx, event: &PositionEvent) -> TxResult<()> {
    let amount = |units| decimal(units, event.scale);
    let transfers: Vec<Uuid> = event.transfers.iter().map(|id| id.0).collect();
    tx.ahead(&[(
        &sql::POSITION_EVENT_INSERT,
        &[
            &op.tenant.0,
            &event.id.0,
            &event.institution.0,
            &event.position.0,
            &event.revision,
            &event.kind.name(),
            &event.previous.map(PositionState::name),
            &event.state.name(),
            &i16::from(event.scale),
            &amount(event.amount),
            &amount(event.held),
            &amount(event.released),
            &amount(event.refunded),
            &event.account.map(|id| id.0),
            &event.reason,
            event.metadata.value(),
            &transfers,
            &event.key.0,
            &event.occurred_at,
        ],
    )])
    .await
}

/// Records what moved with the transaction's next flush.
pub(super) async fn ledger_event_insert(
    tx: &mut Tx,
    op: &OpCtx,
    event: &LedgerEvent,
) -> TxResult<()> {
    tx.ahead(&[(
        &sql::LEDGER_EVENT_INSERT,
        &[
            &op.tenant.0,
            &event.transfer.0,
            &event.institution.0,
            &event.position.0,
            &event.kind.name(),
            &event.previous.name(),
            &event.state.name(),
            &event.debit.0,
            &event.credit.0,
            &event.currency.as_str(),
            &i16::from(event.scale),
            &decimal(event.amount, event.scale),
            event.payload.value(),
            &event.key.0,
            &event.occurred_at,
        ],
    )])
    .await
}
