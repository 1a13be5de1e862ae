//! The money trace: from a resource of a domain to its transfers, and back.

use jiff::Timestamp;
use uuid::Uuid;

use crate::audit::AuditEvent;
use crate::ids::TransferId;
use crate::transfer::Transfer;

/// What transfers can belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TraceKind {
    /// A position of the escrow domain.
    Position,
    /// An execution of the trading domain.
    Execution,
}

impl TraceKind {
    /// All of them: a domain that moves money adds its own.
    pub const ALL: [Self; 2] = [Self::Position, Self::Execution];

    /// Its name in the database, in audit events (as the type of the resource) and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Execution => "execution",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a trace begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceFrom {
    /// At a resource.
    Resource(TraceKind, Uuid),
    /// At a transfer.
    Transfer(TransferId),
}

/// That a transfer belongs to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceLink {
    /// Which kind of resource.
    pub kind: TraceKind,
    /// Its id.
    pub resource: Uuid,
    /// The transfer.
    pub transfer: TransferId,
    /// When they were linked.
    pub created_at: Timestamp,
}

/// What there is around a resource or a transfer.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The links that begin or end there.
    pub links: Vec<TraceLink>,
    /// Their transfers, oldest first.
    pub transfers: Vec<Transfer>,
    /// Audit events of the resources.
    pub events: Vec<AuditEvent>,
    /// Whether there is more.
    pub truncated: bool,
}

/// A link with something gone, or one that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The link. One that is missing would have been made when its transfer was.
    pub link: TraceLink,
    /// Whether it is missing: the transfer touched a position's account, and belongs to no position.
    pub link_missing: bool,
    /// Whether the transfer is gone.
    pub transfer_gone: bool,
    /// Whether the resource is gone.
    pub resource_gone: bool,
}
