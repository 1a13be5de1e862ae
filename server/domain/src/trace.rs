//! The money trace: from a resource of a domain to its transfers, and back.

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
