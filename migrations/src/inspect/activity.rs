//! What keeps rows and log from being cleaned up, and how much of them there is.

use super::{EXAMPLES, Inspector, Unseen};

/// A transaction that has been open for long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LongTransaction {
    /// Process of its session.
    pub pid: i32,
    /// Who is logged in.
    pub login: String,
    /// In which database.
    pub database: String,
    /// What program, as it says itself.
    pub application: String,
    /// Such as `idle in transaction`.
    pub state: String,
    /// Age in seconds.
    pub seconds: i64,
}

/// A prepared transaction, which outlives its session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prepared {
    /// Its name.
    pub name: String,
    /// In which database.
    pub database: String,
    /// Whose.
    pub owner: String,
    /// Age in seconds.
    pub seconds: i64,
}

/// A replication slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Whether somebody reads from it.
    pub active: bool,
    /// PostgreSQL's word for its state, such as `reserved` or `lost`.
    pub status: String,
    /// Log that it keeps, in bytes.
    pub bytes: i64,
}

/// Sizes, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The database.
    pub database: i64,
    /// Written to temporary files since the statistics began.
    pub temporary: i64,
    /// The write-ahead log, where this login may see it.
    pub wal: Option<i64>,
}

/// How archiving of the log goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Archiver {
    /// Files archived since the statistics began.
    pub count: i64,
    /// Seconds since the last one.
    pub last_seconds: Option<i64>,
    /// Whether the last try failed.
    pub failing: bool,
}

impl Inspector {
    /// Transactions open for longer than that, the oldest first; only its own for a login that sees no others.
    pub async fn long_transactions(
        &mut self,
        seconds: u32,
    ) -> Result<Vec<LongTransaction>, Unseen> {
        type Row = (i32, String, String, String, String, i64);
        let rows: Vec<Row> = sqlx::query_as(include_str!("sql/transactions.sql"))
            .bind(i64::from(seconds))
            .bind(EXAMPLES)
            .fetch_all(&mut self.conn)
            .await?;
        let one = |(pid, login, database, application, state, seconds): Row| LongTransaction {
            pid,
            login,
            database,
            application,
            state,
            seconds,
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// Prepared transactions of the whole cluster, the oldest first.
    pub async fn prepared(&mut self) -> Result<Vec<Prepared>, Unseen> {
        type Row = (String, String, String, i64);
        let rows: Vec<Row> = sqlx::query_as(include_str!("sql/prepared.sql"))
            .bind(EXAMPLES)
            .fetch_all(&mut self.conn)
            .await?;
        let one =
            |(name, database, owner, seconds): Row| Prepared { name, database, owner, seconds };
        Ok(rows.into_iter().map(one).collect())
    }

    /// Replication slots.
    pub async fn slots(&mut self) -> Result<Vec<Slot>, Unseen> {
        type Row = (String, bool, String, i64);
        let rows: Vec<Row> = self.all(include_str!("sql/slots.sql")).await?;
        let one = |(name, active, status, bytes): Row| Slot { name, active, status, bytes };
        Ok(rows.into_iter().map(one).collect())
    }

    /// The database with the oldest transaction number not yet frozen, and its age in transactions.
    pub async fn wraparound(&mut self) -> Result<(String, i64), Unseen> {
        self.one(include_str!("sql/wraparound.sql")).await
    }

    /// How large things are.
    pub async fn sizes(&mut self) -> Result<Sizes, Unseen> {
        let (database, temporary, sees_wal): (i64, i64, bool) =
            self.one(include_str!("sql/sizes.sql")).await?;
        let wal = if sees_wal {
            Some(self.one::<(i64,)>(include_str!("sql/wal_size.sql")).await?.0)
        } else {
            None
        };
        Ok(Sizes { database, temporary, wal })
    }

    /// How archiving goes.
    pub async fn archiver(&mut self) -> Result<Archiver, Unseen> {
        let (count, last_seconds, failing) = self.one(include_str!("sql/archiver.sql")).await?;
        Ok(Archiver { count, last_seconds, failing })
    }
}
