//! Cursors.

use bursar_domain::error::{Error, Result};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor as Mark, Page, PageRequest};
use bursar_domain::trading::{Cursor, Move};

use super::{rows, sql};
use crate::kernel::{Change, Entry, Fault, Outcome, Store, TxResult, Write, mutate, transact};

impl Store {
    /// Reads a cursor.
    pub async fn cursor_get(&self, op: &OpCtx, name: &str) -> Result<Cursor> {
        transact!(self, Entry::of(op), |tx| {
            let answers = tx.finish_read(&[(&sql::CURSOR_GET, &[&op.tenant.0, &name])]).await?;
            let row = answers.iter().flatten().next();
            rows::cursor(row.ok_or_else(|| Error::not_found("cursor", name))?)
        })
    }

    /// Moves a cursor, which the first move makes. Where it stood before comes with it.
    pub async fn cursor_move(
        &self,
        op: &OpCtx,
        write: &Write<(Cursor, i64)>,
        name: &str,
        asked: &Move,
    ) -> Result<Outcome<(Cursor, i64)>> {
        mutate!(self, op, write, |tx| {
            let row = tx.query_opt(&sql::CURSOR_LOCK, &[&op.tenant.0, &name]).await?;
            let stands = row.as_ref().map(rows::cursor).transpose()?.map(|cursor| cursor.position);
            let position = asked.from(name, stands)?;
            let (forced, reason) = match asked {
                Move::Force { reason, .. } => (true, reason.as_str()),
                Move::Advance { .. } => (false, ""),
            };
            let write = if stands.is_some() { &sql::CURSOR_UPDATE } else { &sql::CURSOR_INSERT };
            let row = tx
                .query_opt(write, &[&op.tenant.0, &name, &position, &forced, &reason])
                .await
                // Another call made it first: run again, and find where it stands.
                .map_err(|fault| fault.on_unique("trading_cursor_pkey", || Fault::Conflict))?;
            let cursor = rows::cursor(&rows::one(row)?)?;
            let value = (cursor, stands.unwrap_or(0));
            Ok(Change { value, resource: "cursor", ids: vec![name.to_owned()] })
        })
    }

    /// Lists cursors by name. Cursor of the page: the name.
    pub async fn cursor_list(&self, op: &OpCtx, page: &PageRequest) -> Result<Page<Cursor>> {
        let after: String = page.cursor_part(0)?.unwrap_or_default();
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            let parameters: crate::kernel::Params<'_> = &[&op.tenant.0, &after, &limit];
            let answers = tx.finish_read(&[(&sql::CURSOR_LIST, parameters)]).await?;
            let found = answers.iter().flatten().map(rows::cursor).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |cursor| Mark(vec![cursor.name.clone()])))
        })
    }
}
