//! What other domains ask of transfers.

use std::collections::HashSet;

use bursar_domain::ids::TransferId;
use tokio_postgres::Row;

use super::rows;
use super::sql;
use crate::kernel::{Params, Stmt, TxResult};

/// The question which ids are transfers, for a flush of the caller's. Its parameters are the tenant and the ids;
/// [`transfers_told`] reads the answer.
pub(crate) fn transfers_ask(params: Params<'_>) -> (&'static Stmt, Params<'_>) {
    (&sql::TRANSFER_GET, params)
}

/// Which of the ids are transfers. A fenced id is none.
pub(crate) fn transfers_told(found: &[Row]) -> TxResult<HashSet<TransferId>> {
    let found = found.iter().map(rows::recorded).collect::<TxResult<Vec<_>>>()?;
    Ok(found.into_iter().filter_map(|recorded| recorded.transfer().map(|found| found.id)).collect())
}
