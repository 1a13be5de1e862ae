//! Connections with their prepared statements, and how the pool makes and judges them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bb8::ManageConnection;
use bb8_postgres::PostgresConnectionManager;
use bursar_domain::limits::CONNECT_TIMEOUT;
use tokio_postgres::{Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::meters::METERS;
use super::statement::Stmt;
use super::timed::timed;

/// So many roles have statements prepared on a connection; then it begins anew. Those of a tenant that posts take a
/// quarter of a megabyte of PostgreSQL's memory.
const MAX_ROLES_PREPARED: usize = 128;
/// The role under which statements are kept that no row-level security touches.
pub(super) const ANY_ROLE: &str = "";

/// A connection. bb8 keeps no statement cache and does not notice a transaction left open, so this does.
pub(crate) struct Connection {
    pub(super) client: Client,
    /// What protects the connection; to cancel a statement takes another one.
    pub(super) tls: MakeRustlsConnect,
    /// Prepared statements by the role that runs them: row-level security is part of a plan, so PostgreSQL plans a
    /// statement anew whenever another role runs it than the time before.
    statements: HashMap<String, HashMap<&'static str, Statement>>,
    /// A transaction may be open: set before BEGIN is sent, cleared when its end is certain.
    pub(super) in_transaction: bool,
    /// Which schema the prepared statements were made for.
    epoch: u64,
    /// How many outages had ended when it was made.
    outages: u64,
}

impl Connection {
    /// The form of a statement prepared for a role; a round trip the first time.
    pub(super) async fn prepare(
        &mut self,
        role: &str,
        stmt: &'static Stmt,
    ) -> Result<Statement, tokio_postgres::Error> {
        if let Some(known) = self.statements.get(role).and_then(|of_role| of_role.get(stmt.name)) {
            return Ok(known.clone());
        }
        let prepared = timed("prepare", self.client.prepare(stmt.sql)).await?;
        if self.statements.len() >= MAX_ROLES_PREPARED && !self.statements.contains_key(role) {
            self.statements.clear();
        }
        let of_role = self.statements.entry(role.to_owned()).or_default();
        of_role.insert(stmt.name, prepared.clone());
        Ok(prepared)
    }

    /// Whether a statement is prepared for a role.
    pub(super) fn knows(&self, role: &str, stmt: &Stmt) -> bool {
        self.statements.get(role).is_some_and(|of_role| of_role.contains_key(stmt.name))
    }

    /// Forgets all prepared statements when they were made before the schema's present epoch.
    pub(super) fn renew(&mut self, epoch: u64) {
        if self.epoch != epoch {
            self.statements.clear();
            self.epoch = epoch;
        }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum ConnectError {
    /// PostgreSQL said no, or could not be reached.
    Driver(tokio_postgres::Error),
    /// It took the connection and said nothing.
    Silent,
    /// An idle connection has ended, or is older than the last outage.
    Ended,
}

impl std::fmt::Display for ConnectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Driver(error) => {
                error.fmt(f)?;
                // What a TLS handshake failed of is only in the source.
                let source =
                    std::error::Error::source(error).filter(|_| error.as_db_error().is_none());
                source.map_or(Ok(()), |source| write!(f, ": {source}"))
            }
            Self::Silent => f.write_str("no answer to a new connection"),
            Self::Ended => f.write_str("the connection had ended"),
        }
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

/// Makes connections for the pool.
pub(crate) struct Manager {
    inner: PostgresConnectionManager<MakeRustlsConnect>,
    tls: MakeRustlsConnect,
    /// How many outages have ended.
    outages: Arc<AtomicU64>,
}

impl Manager {
    pub(super) fn new(config: Config, tls: MakeRustlsConnect, outages: Arc<AtomicU64>) -> Self {
        Self { inner: PostgresConnectionManager::new(config, tls.clone()), tls, outages }
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = ConnectError;

    async fn connect(&self) -> Result<Connection, Self::Error> {
        let (outages, since) = (self.outages.load(Ordering::Relaxed), Instant::now());
        // The driver's own timeout ends with the TCP connection, before PostgreSQL has said a word.
        let connect = tokio::time::timeout(CONNECT_TIMEOUT, self.inner.connect());
        let client = connect.await.map_err(|_| ConnectError::Silent)??;
        METERS.connected(since.elapsed());
        Ok(Connection {
            client,
            tls: self.tls.clone(),
            statements: HashMap::new(),
            in_transaction: false,
            epoch: 0,
            outages,
        })
    }

    /// Costs no round trip. A connection that ended while it was idle is known to have ended; one from before an
    /// outage may lead nowhere without anybody having said so.
    async fn is_valid(&self, connection: &mut Connection) -> Result<(), Self::Error> {
        let old = connection.outages != self.outages.load(Ordering::Relaxed);
        if old || connection.client.is_closed() { Err(ConnectError::Ended) } else { Ok(()) }
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.in_transaction || connection.client.is_closed()
    }
}
