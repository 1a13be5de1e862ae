//! Reads that concurrent callers of a tenant share: each query answers all who came while the one before was in flight.
//! They depend on the tenant alone, so a shared one is entered without an institution.

use std::collections::HashMap;
use std::time::Instant;

use bursar_domain::account::{Account, BalanceView};
use bursar_domain::error::Result;
use bursar_domain::ids::{AccountId, TenantId, TransferId};
use bursar_domain::transfer::Transfer;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::balance::{at, holds_read, now};
use super::rows::{self, Recorded};
use super::sql;
use crate::kernel::{Entry, Gather, Params, Stmt, Store, TxResult, transact};

/// The queues of the shared reads.
#[derive(Default)]
pub(crate) struct Reads {
    pub(super) accounts: Gather<AccountId, Account>,
    pub(super) balances: Gather<AccountId, BalanceView>,
    pub(super) past_balances: Gather<(AccountId, Timestamp), BalanceView>,
    pub(super) transfers: Gather<TransferId, Transfer>,
}

impl Store {
    /// Accounts by their ids; those that are absent are left out.
    pub(super) async fn accounts_read(
        self,
        tenant: TenantId,
        ids: Vec<AccountId>,
        until: Instant,
    ) -> Result<HashMap<AccountId, Account>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let of = |rows: Vec<Row>| {
            rows.iter().map(|row| rows::account(row).map(|account| (account.id, account))).collect()
        };
        self.read(tenant, until, &sql::ACCOUNT_GET, &[&tenant.0, &ids], of).await
    }

    /// Balances of accounts now, with the holds open at the same moment.
    pub(super) async fn balances_read(
        self,
        tenant: TenantId,
        ids: Vec<AccountId>,
        until: Instant,
    ) -> Result<HashMap<AccountId, BalanceView>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let parameters: Params<'_> = &[&tenant.0, &ids, &holds_read()];
        self.read(tenant, until, &sql::BALANCE_NOW, parameters, |rows| now(&rows)).await
    }

    /// Balances of accounts before a time each, with the holds open then.
    pub(super) async fn past_balances_read(
        self,
        tenant: TenantId,
        asked: Vec<(AccountId, Timestamp)>,
        until: Instant,
    ) -> Result<HashMap<(AccountId, Timestamp), BalanceView>> {
        let ids: Vec<Uuid> = asked.iter().map(|(id, _)| id.0).collect();
        let times: Vec<Timestamp> = asked.iter().map(|(_, before)| *before).collect();
        let parameters: Params<'_> = &[&tenant.0, &ids, &times, &holds_read()];
        self.read(tenant, until, &sql::BALANCE_AT, parameters, |rows| at(&rows, &asked)).await
    }

    /// Transfers by their ids; those that are absent or fenced are left out.
    pub(super) async fn transfers_read(
        self,
        tenant: TenantId,
        ids: Vec<TransferId>,
        until: Instant,
    ) -> Result<HashMap<TransferId, Transfer>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let of = |rows: Vec<Row>| {
            let found = rows.iter().map(rows::recorded_with_hold);
            let found = found.filter_map(|one| one.map(Recorded::transfer).transpose());
            found.map(|one| one.map(|transfer| (transfer.id, transfer))).collect()
        };
        self.read(tenant, until, &sql::TRANSFER_GET, &[&tenant.0, &ids], of).await
    }

    /// Runs one statement in a transaction of its own.
    async fn read<T>(
        &self,
        tenant: TenantId,
        until: Instant,
        statement: &'static Stmt,
        parameters: Params<'_>,
        of: impl Fn(Vec<Row>) -> TxResult<T> + Send + Sync,
    ) -> Result<T> {
        transact!(self, Entry::tenant(tenant, until), |tx| {
            let mut answers = tx.finish_read(&[(statement, parameters)]).await?;
            of(answers.pop().unwrap_or_default())
        })
    }
}

/// Asks one of the queues: `gathered!(store, op, queue, key, read)`.
macro_rules! gathered {
    ($store:expr, $op:expr, $queue:ident, $key:expr, $read:ident) => {{
        let (store, tenant) = ($store.clone(), $op.tenant);
        let read = move |keys, until| store.clone().$read(tenant, keys, until);
        $store.0.reads.$queue.ask(tenant, $op.deadline, $key, read)
    }};
}
pub(super) use gathered;
