//! Connections with their prepared statements, and how the pool makes and judges them.

use std::collections::HashMap;

use bb8::ManageConnection;
use bb8_postgres::PostgresConnectionManager;
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::statement::Stmt;

/// A connection. bb8 keeps no statement cache and does not notice a transaction left open, so this does.
pub(crate) struct Connection {
    pub(super) client: Client,
    statements: HashMap<&'static str, Statement>,
    /// A transaction may be open: set before BEGIN is sent, cleared when its end is certain.
    pub(super) in_transaction: bool,
    /// Which schema the prepared statements were made for.
    epoch: u64,
}

impl Connection {
    /// The prepared form of a statement; a round trip the first time.
    pub(super) async fn prepare(
        &mut self,
        stmt: &'static Stmt,
    ) -> Result<Statement, tokio_postgres::Error> {
        if let Some(known) = self.statements.get(stmt.name) {
            return Ok(known.clone());
        }
        let prepared = self.client.prepare(stmt.sql).await?;
        self.statements.insert(stmt.name, prepared.clone());
        Ok(prepared)
    }

    /// Whether a statement is prepared.
    pub(super) fn knows(&self, stmt: &Stmt) -> bool {
        self.statements.contains_key(stmt.name)
    }

    /// Forgets all prepared statements when they were made before the schema's present epoch.
    pub(super) fn renew(&mut self, epoch: u64) {
        if self.epoch != epoch {
            self.statements.clear();
            self.epoch = epoch;
        }
    }
}

/// Makes connections for the pool.
pub(crate) struct Manager {
    inner: PostgresConnectionManager<NoTls>,
}

impl Manager {
    pub(super) fn new(config: Config) -> Self {
        Self { inner: PostgresConnectionManager::new(config, NoTls) }
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = tokio_postgres::Error;

    async fn connect(&self) -> Result<Connection, Self::Error> {
        let client = self.inner.connect().await?;
        Ok(Connection { client, statements: HashMap::new(), in_transaction: false, epoch: 0 })
    }

    async fn is_valid(&self, connection: &mut Connection) -> Result<(), Self::Error> {
        self.inner.is_valid(&mut connection.client).await
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.in_transaction || connection.client.is_closed()
    }
}
