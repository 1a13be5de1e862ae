//! The money trace: links between transfers and what they belong to in other domains.

mod read;

use bursar_domain::ids::TransferId;
use bursar_domain::op::OpCtx;
use bursar_domain::trace::TraceKind;
use uuid::Uuid;

use crate::kernel::{Tx, TxResult};

pub(crate) mod sql {
    //! Statements of the money trace.
    crate::kernel::statements! {
        LINK_INSERT = "link_insert";
        LINK_LIST = "link_list";
        LINK_LIST_BY_TRANSFER = "link_list_by_transfer";
        LINK_ORPHANS = "link_orphans";
        TRANSFER_ORPHANS = "transfer_orphans";
    }
}

/// Links resources to transfers, in the transaction that made both, with its next flush. The transfers must be there: one
/// that is not fails the transaction, so a caller that takes ids from outside looks them up first. A link that is known
/// stays.
pub(crate) async fn link(
    tx: &mut Tx,
    op: &OpCtx,
    kind: TraceKind,
    links: &[(Uuid, TransferId)],
) -> TxResult<()> {
    if links.is_empty() {
        return Ok(());
    }
    let (resources, transfers): (Vec<Uuid>, Vec<Uuid>) =
        links.iter().map(|(resource, transfer)| (*resource, transfer.0)).unzip();
    tx.ahead(&[(&sql::LINK_INSERT, &[&op.tenant.0, &kind.name(), &resources, &transfers])]).await
}
