//! What can go wrong inside a transaction, and what that means. The driver's text is logged, never returned.

use bursar_domain::error::{Error, KeyFault, Unavailable};
use tokio_postgres::error::SqlState;

/// Why a transaction did not do its work.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The caller's error; nothing to retry.
    Domain(Error),
    /// A conflict with another transaction: run it again.
    Conflict,
    /// A prepared statement no longer fits the schema: prepare and run again.
    Stale,
    /// The connection is gone, before anything could have been committed.
    Lost,
    /// The answer to a COMMIT that was sent is missing.
    Ambiguous,
    /// The statement timeout passed.
    Timeout,
    /// The tenant's role is not there: the tenant was offboarded a moment ago.
    NoRole,
    /// The role may not do this. It may have been dropped in mid-transaction: running again tells.
    Denied(String),
    /// A unique constraint; the domain that owns it says what that means.
    Unique(String),
    /// Everything else.
    Other(String),
}

/// Result inside a transaction.
pub(crate) type TxResult<T> = Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<bursar_domain::Refusal> for Fault {
    fn from(refusal: bursar_domain::Refusal) -> Self {
        Self::Domain(refusal.into())
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // No answer of the server: the connection broke, or the driver could not send.
            return if error.is_closed() || is_io(&error) {
                Self::Lost
            } else {
                Self::Other(describe(&error))
            };
        };
        match db.code() {
            &SqlState::T_R_SERIALIZATION_FAILURE
            | &SqlState::T_R_DEADLOCK_DETECTED
            | &SqlState::LOCK_NOT_AVAILABLE => Self::Conflict,
            // Its text is "cached plan must not change result type"; the second comes from behind a pooler.
            &SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME => Self::Stale,
            &SqlState::QUERY_CANCELED => Self::Timeout,
            &SqlState::INSUFFICIENT_PRIVILEGE => Self::Denied(describe(&error)),
            &SqlState::UNIQUE_VIOLATION => {
                Self::Unique(db.constraint().unwrap_or_default().to_owned())
            }
            &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN
            | &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            | &SqlState::TOO_MANY_CONNECTIONS => Self::Lost,
            // Neither the caller's fault nor the service's: room may come again.
            &SqlState::DISK_FULL | &SqlState::OUT_OF_MEMORY | &SqlState::INSUFFICIENT_RESOURCES => {
                tracing::error!(error = describe(&error), "PostgreSQL lacks disk or memory");
                Self::Lost
            }
            _ => Self::Other(describe(&error)),
        }
    }
}

impl Fault {
    /// What the caller is told when there is no retry left.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Domain(error) => error,
            Self::Conflict => Error::Unavailable { why: Unavailable::Contention, definite: true },
            Self::Lost => Error::Unavailable { why: Unavailable::Database, definite: true },
            Self::Ambiguous => Error::Unavailable { why: Unavailable::Database, definite: false },
            Self::Timeout => Error::DeadlineExceeded { definite: true },
            // Offboarding ends the keys and the role together; a cache may trust the key for a moment longer.
            Self::NoRole => Error::Unauthenticated(KeyFault::Revoked),
            Self::Stale => {
                Error::Internal("a statement stayed stale after it was prepared again".into())
            }
            Self::Unique(name) => Error::Internal(format!("unexpected violation of {name}")),
            Self::Denied(text) | Self::Other(text) => Error::Internal(text),
        }
    }

    /// What the meters call the end of a transaction with it.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Ambiguous
            | Self::Domain(
                Error::DeadlineExceeded { definite: false }
                | Error::Unavailable { definite: false, .. },
            ) => "ambiguous",
            Self::Domain(_) | Self::NoRole => "rollback",
            Self::Conflict => "conflict",
            Self::Stale => "stale",
            Self::Lost => "lost",
            Self::Timeout => "timeout",
            Self::Denied(_) | Self::Unique(_) | Self::Other(_) => "error",
        }
    }

    /// The same fault, unless it is the violation of that constraint.
    pub(crate) fn on_unique(self, constraint: &str, meaning: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Unique(name) if name == constraint => meaning(),
            other => other,
        }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    error.source().and_then(|source| source.downcast_ref::<std::io::Error>()).is_some()
}

/// The driver's own text says only "db error"; the server's message is one level down. No values: DETAIL stays out.
fn describe(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || error.to_string(),
        |db| format!("SQLSTATE {}: {}", db.code().code(), db.message()),
    )
}
