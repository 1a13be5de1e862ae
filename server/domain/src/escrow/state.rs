//! The states of a position.

/// Where in its life a position is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PositionState {
    /// Agreed, without money.
    Proposed,
    /// The money is in its escrow account.
    Funded,
    /// The money waits for the conditions of its release.
    Locked,
    /// The parties disagree.
    Disputed,
    /// Paid out.
    Released,
    /// Paid back.
    Refunded,
    /// Given up.
    Cancelled,
    /// Its time was over.
    Expired,
}

impl PositionState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 8] = [
        Self::Proposed,
        Self::Funded,
        Self::Locked,
        Self::Disputed,
        Self::Released,
        Self::Refunded,
        Self::Cancelled,
        Self::Expired,
    ];

    /// Name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Funded => "funded",
            Self::Locked => "locked",
            Self::Disputed => "disputed",
            Self::Released => "released",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Name in the contract, without the enum's prefix.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Funded => "FUNDED",
            Self::Locked => "LOCKED",
            Self::Disputed => "DISPUTED",
            Self::Released => "RELEASED",
            Self::Refunded => "REFUNDED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    /// The state of that name in the contract.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.label() == label)
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_one_state_each() {
        for state in PositionState::ALL {
            assert_eq!(PositionState::from_name(state.name()), Some(state));
            assert_eq!(PositionState::from_label(state.label()), Some(state));
        }
        assert_eq!(PositionState::from_name("FUNDED"), None);
    }
}
