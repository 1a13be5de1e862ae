//! Positions: `bursar.escrow.v1`.

mod convert_event;
mod convert_position;
mod position;

use bursar_domain::escrow as domain;
use bursar_proto::escrow::v1 as pb;

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
