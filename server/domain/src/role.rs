//! What an API key may do. Which role may call which RPC stands in the options of the protos.

use std::fmt;

/// Role of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads business data.
    Viewer,
    /// Reads and moves money.
    Operator,
    /// All of operator, and limits, assets and API keys.
    Admin,
    /// Reads business data and the audit trail.
    Auditor,
    /// Manages tenants.
    Platform,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Operator, Self::Admin, Self::Auditor, Self::Platform];

    /// Name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Platform => "platform",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
