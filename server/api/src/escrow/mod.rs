//! Institutions, their asset templates, assets and policies, and positions: `bursar.escrow.v1`.

mod asset;
mod asset_template;
mod convert_asset;
mod convert_asset_template;
mod convert_event;
mod convert_institution;
mod convert_policy;
mod convert_position;
mod institution;
mod policy;
mod position;
mod sets;

use bursar_domain::escrow as domain;
use bursar_proto::escrow::v1 as pb;

pub(crate) use asset::Assets;
pub(crate) use asset_template::AssetTemplates;
pub(crate) use institution::Institutions;
pub(crate) use policy::Policies;
pub(crate) use position::Positions;

crate::choices::choices! {
    /// Where in its life a position is.
    position_state: domain::PositionState = pb::PositionState {
        Proposed = Proposed, Funded = Funded, Locked = Locked, Disputed = Disputed, Released = Released,
        Refunded = Refunded, Cancelled = Cancelled, Expired = Expired,
    }
    /// What happened to a position.
    position_event_kind: domain::PositionEventKind = pb::PositionEventKind {
        Created = Created, Moved = Moved, PartlyReleased = PartlyReleased, PartlyRefunded = PartlyRefunded,
        ReleaseProposed = ReleaseProposed,
    }
    /// What a position moved in the ledger.
    ledger_event_kind: domain::LedgerEventKind = pb::LedgerEventKind {
        Funding = Funding, Release = Release, Refund = Refund,
    }
}
