//! What sealing reads of a table: rows by the transactions that wrote them, by id, and one after the other.

use bursar_domain::ids::TenantId;
use bursar_domain::seal::{Hash, Leaf, Sealed, row_hash};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::sql;
use crate::kernel::{Stmt, Tx, TxResult, col};

/// The statements of a table whose rows are sealed.
pub(crate) struct SealedRows {
    pub(crate) kind: Sealed,
    pub(crate) cut: &'static Stmt,
    pub(crate) range: &'static Stmt,
    pub(crate) get: &'static Stmt,
    pub(crate) walk: &'static Stmt,
}

/// Transfers.
pub(crate) static SEALED_TRANSFERS: SealedRows = SealedRows {
    kind: Sealed::Transfer,
    cut: &sql::TRANSFER_SEALED_CUT,
    range: &sql::TRANSFER_SEALED_RANGE,
    get: &sql::TRANSFER_SEALED_GET,
    walk: &sql::TRANSFER_SEALED_WALK,
};

/// A row met on the way through all of them.
pub(crate) struct Met {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) xact: i64,
}

impl SealedRows {
    /// Of a range of transactions (from, below) the first that wrote any rows, and the one that more than `limit` rows
    /// reach into.
    pub(crate) async fn cut(
        &self,
        tx: &mut Tx,
        (from, below): (i64, i64),
        limit: i64,
    ) -> TxResult<(Option<i64>, Option<i64>)> {
        let row = tx.query_opt(self.cut, &[&from, &below, &limit]).await?;
        row.map_or(Ok((None, None)), |row| Ok((col(&row, "first")?, col(&row, "cut")?)))
    }

    /// What a range of transactions wrote, in all tenants.
    pub(crate) async fn range(
        &self,
        tx: &mut Tx,
        (from, below): (i64, i64),
    ) -> TxResult<Vec<(TenantId, Leaf)>> {
        let rows = tx.query(self.range, &[&from, &below]).await?;
        rows.iter().map(|row| Ok((TenantId(col(row, "tenant_id")?), self.leaf(row)?))).collect()
    }

    /// The rows with these ids, as far as they are there.
    pub(crate) async fn get(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        ids: &[Uuid],
    ) -> TxResult<Vec<(Uuid, Hash)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = tx.query(self.get, &[&tenant.0, &ids]).await?;
        rows.iter().map(|row| self.leaf(row).map(|leaf| (leaf.id, leaf.hash))).collect()
    }

    /// A page of all rows of a tenant, after one.
    pub(crate) async fn walk(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        (at, id): (Timestamp, Uuid),
        limit: i64,
    ) -> TxResult<Vec<Met>> {
        let rows = tx.query(self.walk, &[&tenant.0, &at, &id, &limit]).await?;
        let met = |row: &Row| {
            Ok(Met { id: col(row, "id")?, at: col(row, "at")?, xact: col(row, "xact")? })
        };
        rows.iter().map(met).collect()
    }

    fn leaf(&self, row: &Row) -> TxResult<Leaf> {
        let canonical: String = col(row, "canonical")?;
        Ok(Leaf { kind: self.kind, id: col(row, "id")?, hash: row_hash(&canonical) })
    }
}
