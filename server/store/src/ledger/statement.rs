//! Statements of an account, a page at a time.

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::op::OpCtx;
use bursar_domain::page::PageRequest;
use bursar_domain::period::is_closed;
use bursar_domain::statement::{
    Entry as Item, Position, Range, Statement, Sums, last_value_date, lines, start_of,
};
use bursar_domain::transfer::{Side, TransferKind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::balance::valued;
use super::{rows, sql};
use crate::kernel::{Entry, FIRST, Params, Store, Tx, TxResult, col, named, transact};

/// A statement shows no holds.
const NO_HOLDS: i64 = 0;

impl Store {
    /// Reads a page of a statement with the balance before it, from one snapshot. Cursor: that of its last line.
    pub async fn statement_get(
        &self,
        op: &OpCtx,
        range: &Range,
        page: &PageRequest,
    ) -> Result<Statement> {
        let resumed = range.resume(page)?;
        let (position, known) = match resumed {
            Some((position, sums)) => (position, Some(sums)),
            None => (range.start()?, None),
        };
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            tx.one_snapshot();
            read(tx, op, range, position, known, limit).await
        })
    }
}

/// `known` are the sums where the page before ended; the first page looks them up.
async fn read(
    tx: &mut Tx,
    op: &OpCtx,
    range: &Range,
    position: Position,
    known: Option<Sums>,
    limit: i64,
) -> TxResult<Statement> {
    let (tenant, id) = (&op.tenant.0, &range.account.0);
    let Position { own_from, own_to, after: (day, at) } = position;
    // PostgreSQL's calendar begins later than ours.
    let at = at.max(FIRST);
    let (eve, opens) = (range.eve()?, start_of(range.from)?);
    let (ids, befores, ahead) = (vec![*id], vec![opens], last_value_date(eve));
    let read: [(_, Params<'_>); 5] = [
        (&sql::ACCOUNT_GET, &[tenant, &ids]),
        (&sql::PERIOD_THROUGH, &[tenant]),
        (&sql::STATEMENT_LINES, &[tenant, id, &own_from, &own_to, &day, &at, &range.to, &limit]),
        (&sql::BALANCE_AT, &[tenant, &ids, &befores, &NO_HOLDS]),
        (&sql::BALANCE_SHIFT, &[tenant, id, &eve, &opens, &ahead]),
    ];
    let answers = tx.finish_read(if known.is_some() { &read[..3] } else { &read }).await?;
    let missing = || Error::not_found("account", range.account);
    let account = answers.first().and_then(|rows| rows.first()).ok_or_else(missing)?;
    let account = rows::account(account)?;
    let through = answers.get(1).and_then(|rows| rows.first());
    let through = through.map(|row| col(row, "ends_on")).transpose()?;
    let opening = if let Some(sums) = known {
        sums
    } else {
        let [.., found, shift] = answers.as_slice() else { return Err(missing().into()) };
        let view = valued(found, shift, (range.account, opens))?.ok_or_else(missing)?;
        Sums::from(&view.balance.totals)
    };
    let items = answers.get(2).into_iter().flatten();
    let items: Vec<Item> =
        items.map(|row| item(row, range.account, account.scale)).collect::<TxResult<_>>()?;
    Ok(Statement {
        asset: account.asset,
        scale: account.scale,
        opening,
        lines: lines(opening, items),
        closed: is_closed(through, range.to),
    })
}

fn item(row: &Row, account: AccountId, scale: u8) -> TxResult<Item> {
    let (debit, credit) = (AccountId(col(row, "debit_id")?), AccountId(col(row, "credit_id")?));
    let (side, other) =
        if debit == account { (Side::Debit, credit) } else { (Side::Credit, debit) };
    let optional = |name: &str| col::<Option<Uuid>>(row, name);
    Ok(Item {
        id: TransferId(col(row, "id")?),
        kind: named(row, "kind", TransferKind::from_name)?,
        side,
        other,
        amount: rows::amount(row, "amount", scale)?,
        code: col(row, "code")?,
        external_reference: col(row, "external_reference")?,
        value_date: col(row, "value_date")?,
        posted_at: col(row, "posted_at")?,
        pending: optional("pending_id")?.map(TransferId),
        reversed: optional("reversed_id")?.map(TransferId),
    })
}
