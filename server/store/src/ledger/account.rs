//! Accounts.

use std::collections::{HashMap, HashSet};

use bursar_domain::account::{Account, AccountChanges, AccountFilter, AccountState, NewAccount};
use bursar_domain::error::{Error, Result};
use bursar_domain::ids::AccountId;
use bursar_domain::money::{Decimal, Units};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::refusal::Refusal;
use tokio_postgres::Row;
use uuid::Uuid;

use super::asset::{asset_scales, no_asset};
use super::reads::gathered;
use super::{rows, sql};
use crate::kernel::{
    Change, Entry, Fault, Outcome, Store, Tx, TxResult, Write, decimal, mutate, transact,
};

impl Store {
    /// Opens accounts, all or none; fields of errors are prefixed `accounts[i].` when there are several.
    pub async fn account_create(
        &self,
        op: &OpCtx,
        write: &Write<Vec<Account>>,
        new: Vec<NewAccount>,
    ) -> Result<Outcome<Vec<Account>>> {
        mutate!(self, op, write, |tx| {
            let value = account_insert(tx, op, &new).await?;
            let ids = value.iter().map(|a| a.id.to_string()).collect();
            Ok(Change { value, resource: "account", ids })
        })
    }

    /// Reads an account.
    pub async fn account_get(&self, op: &OpCtx, id: AccountId) -> Result<Account> {
        let found = gathered!(self, op, accounts, id, accounts_read).await?;
        found.ok_or_else(|| Error::not_found("account", id))
    }

    /// Reads accounts as one consistent state, in the order of `ids`; NOT_FOUND names the first that is absent.
    pub async fn account_get_batch(&self, op: &OpCtx, ids: &[AccountId]) -> Result<Vec<Account>> {
        let found = self.clone().accounts_read(op.tenant, ids.to_vec(), op.deadline).await?;
        ids.iter()
            .map(|id| found.get(id).cloned().ok_or_else(|| Error::not_found("account", id)))
            .collect()
    }

    /// Lists accounts by id, as one consistent state. Cursor: the id.
    pub async fn account_list(
        &self,
        op: &OpCtx,
        filter: &AccountFilter,
        page: &PageRequest,
    ) -> Result<Page<Account>> {
        let after: AccountId = page.cursor_part(0)?.unwrap_or(AccountId::nil());
        let limit = page.limit();
        let statement = if filter.external_reference.is_some() {
            &sql::ACCOUNT_LIST_BY_REFERENCE
        } else if filter.code.is_some() {
            &sql::ACCOUNT_LIST_BY_CODE
        } else if filter.asset.is_some() {
            &sql::ACCOUNT_LIST_BY_ASSET
        } else {
            &sql::ACCOUNT_LIST
        };
        let asset = filter.asset.as_ref().map(bursar_domain::money::AssetCode::as_str);
        let state = filter.state.map(AccountState::name);
        transact!(self, Entry::of(op), |tx| {
            let answers = tx
                .finish_read(&[(
                    statement,
                    &[
                        &op.tenant.0,
                        &after.0,
                        &asset,
                        &filter.code,
                        &filter.external_reference,
                        &state,
                        &limit,
                    ],
                )])
                .await?;
            let found =
                answers.iter().flatten().map(rows::account).collect::<Result<Vec<_>, _>>()?;
            Ok(Page::cut(found, page.size, |account| Cursor(vec![account.id.to_string()])))
        })
    }

    /// Changes attributes or the overdraft limit.
    pub async fn account_update(
        &self,
        op: &OpCtx,
        write: &Write<Account>,
        id: AccountId,
        revision: Option<i64>,
        changes: AccountChanges,
    ) -> Result<Outcome<Account>> {
        self.account_change(op, write, id, revision, |account| {
            if let Some(code) = &changes.code {
                account.code.clone_from(code);
            }
            if let Some(reference) = &changes.external_reference {
                account.external_reference.clone_from(reference);
            }
            if let Some(metadata) = &changes.metadata {
                account.metadata = metadata.clone();
            }
            if let Some(limit) = changes.overdraft_limit {
                check_free(account)?;
                limit_change(account, limit)?;
            }
            Ok(())
        })
        .await
    }

    /// Closes an account whose balance is zero and that has no holds. One that another domain reserved stays open for it.
    pub async fn account_close(
        &self,
        op: &OpCtx,
        write: &Write<Account>,
        id: AccountId,
        revision: Option<i64>,
    ) -> Result<Outcome<Account>> {
        self.account_change(op, write, id, revision, |account| {
            check_free(account)?;
            if !account.totals.is_empty() {
                return Err(Refusal::AccountNotEmpty { account: id }.into());
            }
            state_change(account, AccountState::Open, AccountState::Closed)
        })
        .await
    }

    /// Lets a closed account take transfers again.
    pub async fn account_reopen(
        &self,
        op: &OpCtx,
        write: &Write<Account>,
        id: AccountId,
        revision: Option<i64>,
    ) -> Result<Outcome<Account>> {
        self.account_change(op, write, id, revision, |account| {
            state_change(account, AccountState::Closed, AccountState::Open)
        })
        .await
    }

    /// Reads the account under lock, applies `change` and writes it back.
    async fn account_change(
        &self,
        op: &OpCtx,
        write: &Write<Account>,
        id: AccountId,
        revision: Option<i64>,
        change: impl Fn(&mut Account) -> Result<()> + Sync,
    ) -> Result<Outcome<Account>> {
        mutate!(self, op, write, |tx| {
            let row = tx.query_opt(&sql::ACCOUNT_LOCK, &[&op.tenant.0, &id.0]).await?;
            let mut account = rows::account(&row.ok_or_else(|| Error::not_found("account", id))?)?;
            if revision.is_some_and(|read| read != account.revision) {
                let current = account.revision.to_string();
                return Err(Error::EtagMismatch {
                    resource: "account",
                    id: id.to_string(),
                    current,
                }
                .into());
            }
            change(&mut account)?;
            let row = tx
                .query_opt(
                    &sql::ACCOUNT_UPDATE,
                    &[
                        &op.tenant.0,
                        &id.0,
                        &account.code,
                        &account.external_reference,
                        account.metadata.value(),
                        &decimal(account.overdraft_limit, account.scale),
                        &account.state.name(),
                    ],
                )
                .await
                .map_err(|fault| reference_taken(fault, account.external_reference.as_deref()))?;
            let value = rows::account(
                &row.ok_or_else(|| Fault::Other("a locked account vanished".into()))?,
            )?;
            Ok(Change { value, resource: "account", ids: vec![id.to_string()] })
        })
    }
}

/// Opens an account for another domain, in its transaction, with its next flush. `scale` is that of its asset.
pub(crate) async fn account_open(
    tx: &mut Tx,
    op: &OpCtx,
    new: &NewAccount,
    scale: u8,
) -> TxResult<()> {
    let limit = decimal(limit_units(new.overdraft_limit, scale)?, scale);
    let call = (
        &sql::ACCOUNT_INSERT,
        &[
            &op.tenant.0 as &(dyn tokio_postgres::types::ToSql + Sync),
            &vec![new.id.0],
            &vec![new.asset.as_str()],
            &vec![i16::from(scale)],
            &vec![new.code.as_str()],
            &vec![new.external_reference.as_deref()],
            &vec![new.metadata.value()],
            &vec![new.rule.name()],
            &vec![limit],
            &vec![new.reserved],
        ] as crate::kernel::Params<'_>,
    );
    tx.ahead(&[call]).await
}

/// Opens accounts in the transaction, and leaves it open.
async fn account_insert(tx: &mut Tx, op: &OpCtx, new: &[NewAccount]) -> TxResult<Vec<Account>> {
    let codes: HashSet<&str> = new.iter().map(|a| a.asset.as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let scales = asset_scales(tx, op, &codes).await?;

    let mut limits = Vec::with_capacity(new.len());
    let mut account_scales = Vec::with_capacity(new.len());
    for (index, account) in new.iter().enumerate() {
        let prefix = if new.len() == 1 { String::new() } else { format!("accounts[{index}].") };
        let scale =
            scales.get(account.asset.as_str()).ok_or_else(|| no_asset(&prefix, &account.asset))?;
        let units = limit_units(account.overdraft_limit, *scale).map_err(|e| e.within(&prefix))?;
        limits.push(decimal(units, *scale));
        account_scales.push(i16::from(*scale));
    }
    let ids: Vec<Uuid> = new.iter().map(|a| a.id.0).collect();
    let assets: Vec<&str> = new.iter().map(|a| a.asset.as_str()).collect();
    let own: Vec<&str> = new.iter().map(|a| a.code.as_str()).collect();
    let references: Vec<Option<&str>> =
        new.iter().map(|a| a.external_reference.as_deref()).collect();
    let metadata: Vec<_> = new.iter().map(|a| a.metadata.value()).collect();
    let rules: Vec<&str> = new.iter().map(|a| a.rule.name()).collect();
    let reserved: Vec<bool> = new.iter().map(|a| a.reserved).collect();
    let inserted: Vec<Row> = tx
        .query(
            &sql::ACCOUNT_INSERT,
            &[
                &op.tenant.0,
                &ids,
                &assets,
                &account_scales,
                &own,
                &references,
                &metadata,
                &rules,
                &limits,
                &reserved,
            ],
        )
        .await
        .map_err(|fault| {
            let one = if new.len() == 1 { new.first() } else { None };
            let id = one.map_or_else(|| "one of the ids".to_owned(), |a| a.id.to_string());
            let reference = one.and_then(|a| a.external_reference.as_deref());
            let fault = fault.on_unique("ledger_account_pkey", || {
                Error::Exists { resource: "account", id }.into()
            });
            reference_taken(fault, reference)
        })?;
    let mut by_id: HashMap<AccountId, Account> = inserted
        .iter()
        .map(|row| rows::account(row).map(|a| (a.id, a)))
        .collect::<TxResult<_>>()?;
    new.iter()
        .map(|a| {
            by_id.remove(&a.id).ok_or_else(|| Fault::Other("an inserted account is missing".into()))
        })
        .collect()
}

fn reference_taken(fault: Fault, reference: Option<&str>) -> Fault {
    let id = format!("with external reference {}", reference.unwrap_or("of one of the items"));
    fault.on_unique("ledger_account_reference", || Error::Exists { resource: "account", id }.into())
}

fn limit_units(limit: Decimal, scale: u8) -> Result<Units> {
    limit.to_units(scale).map_err(|e| Error::invalid("overdraft_limit", e))
}

fn limit_change(account: &mut Account, limit: Decimal) -> Result<()> {
    let units = limit_units(limit, account.scale).map_err(|e| e.within("account."))?;
    if account.rule.available(&account.totals, units).is_none() && units != 0 {
        return Err(Error::invalid(
            "account.overdraft_limit",
            "needs a balance_rule, and this account has none",
        ));
    }
    if account.rule.available(&account.totals, units).is_some_and(|left| left < 0) {
        let now = account.rule.available(&account.totals, account.overdraft_limit).unwrap_or(0);
        let available = Decimal::from_units(now, account.scale);
        return Err(Refusal::LimitExceeded { account: account.id, available }.into());
    }
    account.overdraft_limit = units;
    Ok(())
}

/// Refuses what only the domain that reserved the account may do.
fn check_free(account: &Account) -> Result<()> {
    if account.reserved {
        return Err(Refusal::AccountReserved { account: account.id }.into());
    }
    Ok(())
}

fn state_change(account: &mut Account, from: AccountState, to: AccountState) -> Result<()> {
    if account.state != from {
        return Err(
            Refusal::StateNotAllowed { resource: "account", state: account.state.name() }.into()
        );
    }
    account.state = to;
    Ok(())
}
