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
    }
}

/// Links transfers to a resource, in the transaction that made both. The transfers must be there: one that is not fails
/// the transaction, so a caller that takes ids from outside looks them up first. A link that is known stays.
///
/// For the flush of the caller's last statements there is `sql::LINK_INSERT` itself: tenant, kind, resource, transfers.
pub(crate) async fn link(
    tx: &mut Tx,
    op: &OpCtx,
    kind: TraceKind,
    resource: Uuid,
    transfers: &[TransferId],
) -> TxResult<()> {
    let transfers: Vec<Uuid> = transfers.iter().map(|id| id.0).collect();
    tx.query(&sql::LINK_INSERT, &[&op.tenant.0, &kind.name(), &resource, &transfers]).await?;
    Ok(())
}
