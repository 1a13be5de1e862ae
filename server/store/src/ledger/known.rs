//! What other domains ask of transfers.

use std::collections::HashSet;

use bursar_domain::ids::TransferId;
use bursar_domain::op::OpCtx;
use uuid::Uuid;

use super::rows;
use super::sql;
use crate::kernel::{Tx, TxResult};

/// Which of the ids are transfers, in the caller's transaction. A fenced id is none.
pub(crate) async fn transfers_known(
    tx: &mut Tx,
    op: &OpCtx,
    ids: Vec<Uuid>,
) -> TxResult<HashSet<TransferId>> {
    let found = tx.query(&sql::TRANSFER_GET, &[&op.tenant.0, &ids]).await?;
    let found = found.iter().map(rows::recorded).collect::<TxResult<Vec<_>>>()?;
    Ok(found.into_iter().filter_map(|recorded| recorded.transfer().map(|found| found.id)).collect())
}
