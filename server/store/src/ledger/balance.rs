//! Balances with their holds: now, as of a posting time, and by value date.

use bursar_domain::account::{Account, AsOf, Balance, BalanceView, Totals};
use bursar_domain::error::{Error, Result};
use bursar_domain::ids::AccountId;
use bursar_domain::limits::MAX_BALANCE_HOLDS;
use bursar_domain::op::OpCtx;
use bursar_domain::transfer::Hold;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use tokio_postgres::Row;

use super::{rows, sql};
use crate::kernel::{Entry, Store, Tx, TxResult, col, transact};

impl Store {
    /// Reads a balance with the holds open at the same moment, from one snapshot.
    pub async fn balance_get(&self, op: &OpCtx, id: AccountId, as_of: AsOf) -> Result<BalanceView> {
        let limit = i64::try_from(MAX_BALANCE_HOLDS + 1).unwrap_or(i64::MAX);
        transact!(self, Entry::of(op), |tx| {
            tx.one_snapshot();
            match as_of {
                AsOf::Now => now(tx, op, id, limit).await,
                AsOf::PostingTime(time) => {
                    let before = time.checked_add(SignedDuration::from_micros(1)).unwrap_or(time);
                    at(tx, op, id, before, None, limit).await
                }
                AsOf::ValueDate(date) => at(tx, op, id, end_of(date)?, Some(date), limit).await,
            }
        })
    }
}

/// The first instant after a day, in UTC.
fn end_of(date: Date) -> Result<Timestamp> {
    date.checked_add(1.day())
        .and_then(|next| jiff::tz::Offset::UTC.to_timestamp(next.at(0, 0, 0, 0)))
        .map_err(|_| Error::invalid("value_date", "is beyond the calendar"))
}

async fn now(tx: &mut Tx, op: &OpCtx, id: AccountId, limit: i64) -> TxResult<BalanceView> {
    let answers = tx
        .finish_read(&[
            (&sql::ACCOUNT_GET, &[&op.tenant.0, &vec![id.0]]),
            (&sql::BALANCE_HOLDS, &[&op.tenant.0, &id.0, &limit]),
        ])
        .await?;
    let account = the_account(&answers, id)?;
    view(account.balance(), answers.get(1))
}

async fn at(
    tx: &mut Tx,
    op: &OpCtx,
    id: AccountId,
    before: Timestamp,
    by_value: Option<Date>,
    limit: i64,
) -> TxResult<BalanceView> {
    let date = by_value.unwrap_or(Date::MIN);
    let account_ids = vec![id.0];
    let read: [(_, crate::kernel::Params<'_>); 4] = [
        (&sql::ACCOUNT_GET, &[&op.tenant.0, &account_ids]),
        (&sql::BALANCE_AT, &[&op.tenant.0, &id.0, &before]),
        (&sql::BALANCE_HOLDS_AT, &[&op.tenant.0, &id.0, &before, &limit]),
        (&sql::BALANCE_SHIFT, &[&op.tenant.0, &id.0, &date, &before]),
    ];
    let answers = tx.finish_read(if by_value.is_some() { &read } else { &read[..3] }).await?;
    let account = the_account(&answers, id)?;
    let (mut totals, mut version) = (Totals::default(), 0);
    if let Some(row) = answers.get(1).and_then(|rows| rows.first()) {
        totals = rows::totals_of(row, account.scale)?;
        version = col(row, "version")?;
    }
    if let Some(row) = answers.get(3).and_then(|rows| rows.first()) {
        let moved = |name| rows::amount(row, name, account.scale);
        totals.debits_posted += moved("debits_in")? - moved("debits_out")?;
        totals.credits_posted += moved("credits_in")? - moved("credits_out")?;
    }
    let balance =
        Balance { asset: account.asset, scale: account.scale, totals, available: None, version };
    view(balance, answers.get(2))
}

fn the_account(answers: &[Vec<Row>], id: AccountId) -> TxResult<Account> {
    let row = answers
        .first()
        .and_then(|rows| rows.first())
        .ok_or_else(|| Error::not_found("account", id))?;
    rows::account(row)
}

fn view(balance: Balance, found: Option<&Vec<Row>>) -> TxResult<BalanceView> {
    let mut holds: Vec<Hold> =
        found.into_iter().flatten().map(rows::hold).collect::<Result<_, _>>()?;
    let truncated = holds.len() > MAX_BALANCE_HOLDS;
    holds.truncate(MAX_BALANCE_HOLDS);
    Ok(BalanceView { balance, holds, truncated })
}
