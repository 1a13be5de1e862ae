//! Connections for administrators and owners.

use crate::error::{Error, code, reason};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use std::str::FromStr;
use std::time::Duration;

/// Tables in use must not queue behind a migration for longer than this.
const LOCK_TIMEOUT: &str = "3s";
/// How often a step is tried when others hold the locks it needs.
pub(crate) const ATTEMPTS: u32 = 10;

/// Connects as the login of the address.
pub(crate) async fn connect(url: &SecretString) -> Result<PgConnection, Error> {
    let text = url.expose_secret();
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(Error::Address);
    }
    PgConnectOptions::from_str(text)
        .map_err(|_| Error::Address)?
        .application_name("bursar-migrate")
        .options([("lock_timeout", LOCK_TIMEOUT), ("client_min_messages", "warning")])
        // Statements may hold a password's verifier, and a migration's text would flood the log.
        .disable_statement_logging()
        .connect()
        .await
        .map_err(|e| Error::Connect(reason(&e)))
}

/// Connects and becomes `bursar_owner`, so that all that is made belongs to it.
pub(crate) async fn connect_owner(url: &SecretString) -> Result<PgConnection, Error> {
    let mut conn = connect(url).await?;
    match conn.execute("SET ROLE bursar_owner").await {
        Ok(_) => Ok(conn),
        Err(e) if matches!(code(&e).as_deref(), Some("42501" | "22023" | "42704")) => {
            Err(Error::NotBootstrapped(reason(&e)))
        }
        Err(e) => Err(e.into()),
    }
}

/// Ends the session; what was to be done is done, so a failure here is nobody's concern.
pub(crate) async fn close(conn: PgConnection) {
    let _ = conn.close().await;
}

/// Whether the same work may succeed a moment later: locks, and another bootstrap changing the same catalog row.
pub(crate) fn transient(error: &sqlx::Error) -> bool {
    match code(error).as_deref() {
        Some("55P03" | "40P01" | "40001") => true,
        Some("XX000") => {
            error.as_database_error().is_some_and(|e| e.message().contains("concurrently"))
        }
        _ => false,
    }
}

/// Waits longer each time, with jitter so that two runs do not meet again.
pub(crate) async fn pause(attempt: u32) {
    let jitter = getrandom::u32().unwrap_or(0) % 250;
    let millis = (100u64 << attempt.min(5)) + u64::from(jitter);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
