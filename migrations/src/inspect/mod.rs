//! What a database can tell of its own health: one file of SQL for each question, plain facts as answers. Judging them
//! is the doctor's work. Nothing here changes anything.

mod activity;
mod security;
mod server;
mod statistics;
mod unreachable;

pub use activity::{Archiver, LongTransaction, Prepared, Sizes, Slot};
pub use security::{Role, Tenants, Wall};
pub use server::{Connections, Session};
pub use statistics::{Index, Slow, Statistics, Table};
pub use unreachable::Unreachable;

use crate::connect::close;
use crate::error::reason;
use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{FromRow, Postgres};
use std::str::FromStr as _;
use std::time::Duration;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Nothing that is asked here may take longer, or wait for another's lock for longer.
const STATEMENT_TIMEOUT: &str = "10s";
/// Examples of one kind that are told.
const EXAMPLES: i64 = 10;

/// Why one question has no answer, in PostgreSQL's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unseen(pub String);

impl From<sqlx::Error> for Unseen {
    fn from(error: sqlx::Error) -> Self {
        Self(reason(&error))
    }
}

/// A connection to look through, with the rights of the login of its address.
#[derive(Debug)]
pub struct Inspector {
    conn: PgConnection,
}

impl Inspector {
    /// Connects as whoever the address names: an administrator sees everything, the service's login the catalogs.
    ///
    /// # Errors
    /// See [`Unreachable`]; no text holds a part of the address.
    pub async fn connect(url: &SecretString) -> Result<Self, Unreachable> {
        let text = url.expose_secret();
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(Unreachable::Address);
        }
        let options = PgConnectOptions::from_str(text)
            .map_err(|_| Unreachable::Address)?
            .application_name("bursar-doctor")
            .options([
                ("statement_timeout", STATEMENT_TIMEOUT),
                ("lock_timeout", STATEMENT_TIMEOUT),
                ("client_min_messages", "error"),
            ])
            .disable_statement_logging();
        match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(Ok(conn)) => Ok(Self { conn }),
            Ok(Err(error)) => Err(Unreachable::from(&error)),
            Err(_) => Err(Unreachable::Silent("no answer in time".to_owned())),
        }
    }

    /// Ends the connection.
    pub async fn close(self) {
        close(self.conn).await;
    }

    async fn one<T>(&mut self, sql: &'static str) -> Result<T, Unseen>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(sqlx::query_as::<Postgres, T>(sql).fetch_one(&mut self.conn).await?)
    }

    async fn all<T>(&mut self, sql: &'static str) -> Result<Vec<T>, Unseen>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(sqlx::query_as::<Postgres, T>(sql).fetch_all(&mut self.conn).await?)
    }
}
