//! Balances with their holds: now, as of a posting time, and by value date.

use std::collections::HashMap;
use std::hash::Hash;

use bursar_domain::account::{AsOf, Balance, BalanceView};
use bursar_domain::error::{Error, Result};
use bursar_domain::ids::AccountId;
use bursar_domain::limits::MAX_BALANCE_HOLDS;
use bursar_domain::op::OpCtx;
use bursar_domain::statement::{end_of, last_value_date};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::reads::gathered;
use super::{rows, sql};
use crate::kernel::{Columns, Entry, Fault, Store, Tx, TxResult, transact};

/// So many holds of a balance are read: one more than are shown, to tell whether there are more.
pub(super) fn holds_read() -> i64 {
    i64::try_from(MAX_BALANCE_HOLDS + 1).unwrap_or(i64::MAX)
}

impl Store {
    /// Reads a balance with the holds open at the same moment, from one snapshot.
    pub async fn balance_get(&self, op: &OpCtx, id: AccountId, as_of: AsOf) -> Result<BalanceView> {
        let found = match as_of {
            AsOf::Now => gathered!(self, op, balances, id, balances_read).await?,
            AsOf::PostingTime(time) => {
                let before = time.checked_add(SignedDuration::from_micros(1)).unwrap_or(time);
                gathered!(self, op, past_balances, (id, before), past_balances_read).await?
            }
            AsOf::ValueDate(date) => {
                let before = end_of(date)?;
                transact!(self, Entry::of(op), |tx| {
                    tx.one_snapshot();
                    by_value(tx, op, id, date, before).await
                })?
            }
        };
        found.ok_or_else(|| Error::not_found("account", id))
    }
}

/// The balances that the rows of `balance_now` make.
pub(super) fn now(found: &[Row]) -> TxResult<HashMap<AccountId, BalanceView>> {
    views(found, rows::balance_now)
}

/// The balances that the rows of `balance_at` make, each under the question it answers.
pub(super) fn at(
    found: &[Row],
    asked: &[(AccountId, Timestamp)],
) -> TxResult<HashMap<(AccountId, Timestamp), BalanceView>> {
    views(found, |from| {
        let n: i64 = from.get("n")?;
        let at = usize::try_from(n - 1).ok().and_then(|at| asked.get(at).copied());
        let question = at.ok_or_else(|| Fault::Other(format!("nobody asked question {n}")))?;
        Ok((question, rows::balance_past(from)?))
    })
}

/// Balances with their holds. The rows of one balance are neighbours, its holds in order.
fn views<K: Copy + Eq + Hash>(
    found: &[Row],
    head: impl Fn(&mut Columns<'_>) -> TxResult<(K, Balance)>,
) -> TxResult<HashMap<K, BalanceView>> {
    let mut views: HashMap<K, BalanceView> = HashMap::with_capacity(found.len());
    for row in found {
        let from = &mut Columns::of(row);
        let (key, balance) = head(from)?;
        let view = views.entry(key).or_insert_with(|| BalanceView {
            balance,
            holds: Vec::new(),
            truncated: false,
        });
        let Some(hold) = rows::open_hold(from, view.balance.scale)? else { continue };
        if view.holds.len() < MAX_BALANCE_HOLDS {
            view.holds.push(hold);
        } else {
            view.truncated = true;
        }
    }
    Ok(views)
}

async fn by_value(
    tx: &mut Tx,
    op: &OpCtx,
    id: AccountId,
    date: Date,
    before: Timestamp,
) -> TxResult<Option<BalanceView>> {
    let (ids, befores, ahead) = (vec![id.0], vec![before], last_value_date(date));
    let answers = tx
        .finish_read(&[
            (&sql::BALANCE_AT, &[&op.tenant.0, &ids, &befores, &holds_read()]),
            (&sql::BALANCE_SHIFT, &[&op.tenant.0, &id.0, &date, &before, &ahead]),
        ])
        .await?;
    let [found, shift] = answers.as_slice() else { return Ok(None) };
    valued(found, shift, (id, before))
}

/// The balance by value date that the rows of `balance_at` and `balance_shift` make.
pub(super) fn valued(
    found: &[Row],
    shift: &[Row],
    asked: (AccountId, Timestamp),
) -> TxResult<Option<BalanceView>> {
    let mut view = at(found, &[asked])?.remove(&asked);
    if let (Some(view), Some(row)) = (&mut view, shift.first()) {
        let moved = |name| rows::amount(row, name, view.balance.scale);
        let (debits, credits) = (
            moved("debits_in")? - moved("debits_out")?,
            moved("credits_in")? - moved("credits_out")?,
        );
        view.balance.totals.debits_posted += debits;
        view.balance.totals.credits_posted += credits;
    }
    Ok(view)
}
