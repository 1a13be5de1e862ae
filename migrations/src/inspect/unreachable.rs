//! Why a database cannot be looked at, told apart by what would help.

use crate::error::{code, reason};

/// Why there is no connection. The texts are PostgreSQL's or the operating system's, without any address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// The address is not one.
    #[error("the address is not a PostgreSQL URL")]
    Address,
    /// Nobody answers there.
    #[error("nothing answers at the address: {0}")]
    Silent(String),
    /// The login is refused.
    #[error("PostgreSQL refused the login: {0}")]
    Login(String),
    /// There is no such database, or this login may not enter it.
    #[error("PostgreSQL has no such database for this login: {0}")]
    Database(String),
    /// All places are taken.
    #[error("PostgreSQL has no free connection: {0}")]
    Full(String),
    /// It starts, stops, or recovers.
    #[error("PostgreSQL takes no connections at this moment: {0}")]
    Starting(String),
    /// The connection cannot be encrypted as asked.
    #[error("no encrypted connection came about: {0}")]
    Tls(String),
    /// Anything else.
    #[error("no connection came about: {0}")]
    Other(String),
}

impl From<&sqlx::Error> for Unreachable {
    fn from(error: &sqlx::Error) -> Self {
        let text = reason(error);
        match (code(error).as_deref(), error) {
            (Some("28P01" | "28000"), _) => Self::Login(text),
            (Some("3D000" | "42501"), _) => Self::Database(text),
            (Some("53300"), _) => Self::Full(text),
            (Some("57P01" | "57P02" | "57P03"), _) => Self::Starting(text),
            (_, sqlx::Error::Io(_)) => Self::Silent(text),
            (_, sqlx::Error::Tls(_)) => Self::Tls(text),
            _ => Self::Other(text),
        }
    }
}
