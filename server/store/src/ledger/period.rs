//! Closed periods.

use bursar_domain::error::Result;
use bursar_domain::ids::KeyId;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::period::{Period, close};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

use super::sql;
use crate::kernel::{Change, Entry, Fault, Outcome, Store, TxResult, Write, col, mutate, transact};

impl Store {
    /// Closes all days through `ends_on`. Waits for the postings under way: what is read afterwards is final.
    pub async fn period_close(
        &self,
        op: &OpCtx,
        write: &Write<Period>,
        ends_on: Date,
    ) -> Result<Outcome<Period>> {
        mutate!(self, op, write, |tx| {
            let tenant = &op.tenant.0;
            let answers = tx
                .pipeline(&[(&sql::PERIOD_LOCK, &[tenant]), (&sql::PERIOD_LAST, &[tenant])])
                .await?;
            let row = answers.get(1).and_then(|rows| rows.first());
            let row = row.ok_or_else(|| Fault::Other("no clock was read".into()))?;
            let now: Timestamp = col(row, "now")?;
            let closed_at: Timestamp = col(row, "closed_at")?;
            let starts_on = close(col(row, "closed_through")?, ends_on, now)?;
            let key = &op.actor.key.0;
            let row = tx
                .query_opt(&sql::PERIOD_CLOSE, &[tenant, &starts_on, &ends_on, &closed_at, key])
                .await?;
            let value = period(&row.ok_or_else(|| Fault::Other("no row".into()))?)?;
            Ok(Change { value, resource: "period", ids: vec![ends_on.to_string()] })
        })
    }

    /// Lists closed periods, the latest first. Cursor: the last day.
    pub async fn period_list(&self, op: &OpCtx, page: &PageRequest) -> Result<Page<Period>> {
        let before = page.cursor_part::<Date>(0)?.unwrap_or(Date::MAX);
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            let answers =
                tx.finish_read(&[(&sql::PERIOD_LIST, &[&op.tenant.0, &before, &limit])]).await?;
            let found = answers.iter().flatten().map(period).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |period| Cursor(vec![period.ends_on.to_string()])))
        })
    }
}

fn period(row: &Row) -> TxResult<Period> {
    Ok(Period {
        starts_on: col(row, "starts_on")?,
        ends_on: col(row, "ends_on")?,
        closed_at: col(row, "closed_at")?,
        key: KeyId(col(row, "key_id")?),
    })
}
