//! The one error of Bursar, without transport in it. Each variant is one that some caller tells from the others.

use std::fmt::Display;
use std::time::Duration;

use crate::refusal::Refusal;
use crate::role::Role;

/// Result with that error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One field of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `transfer.amount.amount`.
    pub field: String,
    /// What is wrong with its value, and what would be right.
    pub problem: String,
}

/// Why a credential was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// None was given.
    Missing,
    /// Malformed, unknown, or its secret is wrong.
    Invalid,
    /// Its expiry has passed.
    Expired,
    /// It was revoked.
    Revoked,
}

/// Why the service cannot answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// The database cannot be reached, or went away.
    Database,
    /// No connection became free in time.
    Pool,
    /// Conflicts outlasted the retries.
    Contention,
    /// The connection that a stream came on is to end.
    Connection,
    /// The server is stopping.
    Stopping,
}

/// What is counted by a limit on the rate of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// Calls of a tenant.
    Tenant,
    /// Calls with one API key.
    Key,
    /// Calls with an invalid key from one network address.
    Address,
}

impl RateLimit {
    /// Its name in the metadata of the error.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Key => "key",
            Self::Address => "address",
        }
    }
}

/// What a call may end with, other than its reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request is wrong, whatever the state of the data.
    #[error("{}", .0.iter().map(|v| format!("{} {}", v.field, v.problem)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Violation>),
    /// The caller is not known.
    #[error("{}", match .0 {
        KeyFault::Missing => "no API key; send the metadata `authorization: Bearer <key>`",
        KeyFault::Invalid => "the API key is not valid; check that it was copied whole",
        KeyFault::Expired => "the API key has expired; ask an admin of your tenant for a new one",
        KeyFault::Revoked => "the API key was revoked; ask an admin of your tenant for a new one",
    })]
    Unauthenticated(KeyFault),
    /// The caller may not do this.
    #[error("a key of role {role} may not do this; it needs the permission {permission}")]
    PermissionDenied {
        /// The permission that is missing.
        permission: String,
        /// The role of the key.
        role: Role,
    },
    /// The caller's tenant is suspended.
    #[error("the tenant is suspended; an operator of the platform can resume it")]
    TenantSuspended,
    /// There is no such thing, or it is another tenant's.
    #[error("{resource} {id} was not found")]
    NotFound {
        /// Kind of resource, such as `account`.
        resource: &'static str,
        /// The id asked for.
        id: String,
    },
    /// There is such a thing already.
    #[error("{resource} {id} exists already")]
    Exists {
        /// Kind of resource, such as `account`.
        resource: &'static str,
        /// Its id.
        id: String,
    },
    /// The request id belongs to a call with another body.
    #[error("the id was used before by a call with other values of: {}; use a new id for a new change", .fields.join(", "))]
    RequestIdReused {
        /// Paths of the fields that differ.
        fields: Vec<String>,
    },
    /// The request id was fenced: nothing with it can ever commit.
    #[error("the operation {0} was fenced by GetOperation and can never commit; use a new id")]
    Fenced(String),
    /// The resource is not as the caller read it.
    #[error(
        "{resource} {id} has changed since it was read; read it again (its etag is now {current})"
    )]
    EtagMismatch {
        /// Kind of resource.
        resource: &'static str,
        /// Its id.
        id: String,
        /// Its etag now.
        current: String,
    },
    /// A rule of the domain does not allow it.
    #[error("{0}")]
    Refused(Refusal),
    /// Another member of the same group or batch was refused.
    #[error("not done because item {index} of the same call was refused")]
    GroupRefused {
        /// Position of the member that was refused, from 0.
        index: usize,
    },
    /// One item of a batch ended so, and the batch with it.
    #[error("item {index}: {source}")]
    InBatch {
        /// Position of the item, from 0.
        index: usize,
        /// Its error.
        source: Box<Error>,
    },
    /// Too many calls, or too many failures, in a time.
    #[error("{}", match .limit {
        RateLimit::Tenant => format!("too many requests; this tenant may send {maximum} a second"),
        RateLimit::Key => format!("too many requests; an API key may send {maximum} a second"),
        RateLimit::Address => format!(
            "more than {maximum} calls a minute from your address had an invalid API key; \
             for now it takes only keys that worked within the last hour"
        ),
    })]
    RateLimited {
        /// Which limit.
        limit: RateLimit,
        /// Its value.
        maximum: u32,
        /// When to try again.
        retry_after: Duration,
    },
    /// More of the tenant's calls wait for the same thing than the server holds.
    #[error(
        "more than {maximum} of this tenant's calls wait already; try again, with fewer calls at once"
    )]
    QueueFull {
        /// How many may wait.
        maximum: usize,
        /// When to try again.
        retry_after: Duration,
    },
    /// A limit on how many there may be is reached.
    #[error("the limit {limit} of {maximum} is reached")]
    QuotaReached {
        /// Name of the limit.
        limit: &'static str,
        /// Its value.
        maximum: i64,
    },
    /// The service cannot answer now.
    #[error("{}", match .why {
        Unavailable::Database if !.definite => "the answer of the database to the commit was lost; ask GetOperation, or send the same call with the same id again",
        Unavailable::Database => "the database cannot be reached; try again",
        Unavailable::Pool => "all database connections are busy; try again",
        Unavailable::Contention => "too many conflicting changes at once; try again",
        Unavailable::Connection => "the connection has served its time; go on with another one",
        Unavailable::Stopping => "the server is stopping; try again",
    })]
    Unavailable {
        /// Why.
        why: Unavailable,
        /// Whether the change certainly did not happen.
        definite: bool,
    },
    /// The caller's deadline passed.
    #[error("the deadline passed{}", if *.definite { "" } else { "; ask GetOperation what became of the call" })]
    DeadlineExceeded {
        /// Whether the change certainly did not happen.
        definite: bool,
    },
    /// A fault of the server. The text is for the log, never for the caller.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// One wrong field.
    pub fn invalid(field: impl Into<String>, problem: impl Display) -> Self {
        Self::Invalid(vec![Violation { field: field.into(), problem: problem.to_string() }])
    }

    /// No such thing.
    pub fn not_found(resource: &'static str, id: impl Display) -> Self {
        Self::NotFound { resource, id: id.to_string() }
    }

    /// The same error with `prefix` before each field it names.
    #[must_use]
    pub fn within(self, prefix: &str) -> Self {
        match self {
            Self::Invalid(violations) => Self::Invalid(
                violations
                    .into_iter()
                    .map(|v| Violation { field: format!("{prefix}{}", v.field), ..v })
                    .collect(),
            ),
            Self::RequestIdReused { fields } => Self::RequestIdReused {
                fields: fields.into_iter().map(|f| format!("{prefix}{f}")).collect(),
            },
            other => other,
        }
    }

    /// Whether the call certainly changed nothing.
    pub fn definite(&self) -> bool {
        match self {
            Self::Unavailable { definite, .. } | Self::DeadlineExceeded { definite } => *definite,
            Self::InBatch { source, .. } => source.definite(),
            _ => true,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
