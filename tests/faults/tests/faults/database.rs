//! What PostgreSQL knows of the server's connections.

use bursar_proto::ledger::v1::Account;
use bursar_testkit::Database;
use tokio_postgres::Client;

/// Process ids of the server's connections to this database.
pub(crate) async fn backends(database: &Database) -> Vec<i32> {
    let rows = database.rows(&format!("SELECT pid {OURS} ORDER BY pid")).await;
    rows.iter().map(|row| row.get("pid")).collect()
}

/// How many of them are as the condition on `pg_stat_activity` says.
pub(crate) async fn count(database: &Database, condition: &str) -> i64 {
    let rows = database.rows(&format!("SELECT count(*) AS n {OURS} AND ({condition})")).await;
    rows[0].get("n")
}

/// Ends them all; how many.
pub(crate) async fn terminate(database: &Database) -> usize {
    database.rows(&format!("SELECT pg_terminate_backend(pid) {OURS}")).await.len()
}

const OURS: &str =
    "FROM pg_stat_activity WHERE datname = current_database() AND usename = 'bursar_app'";

/// A transaction open.
pub(crate) const IDLE_IN_TRANSACTION: &str = "state LIKE 'idle in transaction%'";
/// A statement running.
pub(crate) const ACTIVE: &str = "state = 'active'";
/// A statement that waits for somebody's lock.
pub(crate) const WAITING: &str = "state = 'active' AND wait_event_type = 'Lock'";
/// The last flush of a posting, waiting for a lock on the table of transfers.
pub(crate) const INSERTING: &str =
    "wait_event_type = 'Lock' AND query LIKE '%INTO bursar.ledger_transfer%'";

/// A connection of an administrator that holds a lock in an open transaction.
pub(crate) struct Held(Client);

impl Held {
    /// Locks the row of an account, as a posting would.
    pub(crate) async fn account(database: &Database, account: &Account) -> Self {
        let sql =
            format!("SELECT 1 FROM bursar.ledger_account WHERE id = '{}' FOR UPDATE", account.id);
        Self::with(database.connect().await, &sql).await
    }

    /// Lets nobody insert transfers; all may read them.
    pub(crate) async fn transfers(database: &Database) -> Self {
        Self::with(database.connect().await, "LOCK TABLE bursar.ledger_transfer IN SHARE MODE")
            .await
    }

    /// Takes the lock that a statement takes.
    pub(crate) async fn with(client: Client, sql: &str) -> Self {
        client.batch_execute(&format!("BEGIN; {sql}")).await.expect("locks");
        Self(client)
    }

    /// Lets go.
    pub(crate) async fn release(self) {
        self.0.batch_execute("ROLLBACK").await.expect("unlocks");
    }
}
