//! What PostgreSQL counts: tables, indexes, statements.

use super::{Inspector, Unseen};

/// Characters of a statement that are told.
const TEXT_CHARS: i32 = 100;
/// Statements that are told.
const STATEMENTS: i64 = 5;

/// Use and state of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Rows, as estimated.
    pub live: i64,
    /// Row versions that wait to be cleaned up.
    pub dead: i64,
    /// Reads from beginning to end.
    pub scans: i64,
    /// Rows that these have read.
    pub scanned_rows: i64,
    /// Reads by an index.
    pub index_scans: i64,
    /// Seconds since it was cleaned up; `None` for never.
    pub vacuumed_seconds: Option<i64>,
    /// Rows written.
    pub changes: i64,
}

/// Use and state of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Whether queries may use it.
    pub valid: bool,
    /// Its size in bytes.
    pub bytes: i64,
    /// How often it was read.
    pub scans: i64,
    /// Whether it holds a rule, and is needed even if nothing reads it.
    pub unique: bool,
}

/// A statement that takes much of the database's time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slow {
    /// Its beginning, values taken out.
    pub text: String,
    /// How often it ran.
    pub calls: i64,
    /// Mean time in milliseconds.
    pub mean_ms: i64,
    /// Mean number of rows.
    pub rows: i64,
    /// Mean number of blocks read, in memory or not.
    pub blocks: i64,
}

/// What is known of statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statistics {
    /// They are counted: those that took most time in all.
    Counted(Vec<Slow>),
    /// The extension is made in this database, and the server has not loaded it.
    NotLoaded,
    /// The extension is not made in this database.
    NotMade,
    /// The server does not have it.
    NotInstalled,
}

impl Inspector {
    /// Every table of Bursar.
    pub async fn tables(&mut self) -> Result<Vec<Table>, Unseen> {
        type Row = (String, i64, i64, i64, i64, i64, Option<i64>, i64);
        let rows: Vec<Row> = self.all(include_str!("sql/tables.sql")).await?;
        let one = |(
            name,
            live,
            dead,
            scans,
            scanned_rows,
            index_scans,
            vacuumed_seconds,
            changes,
        ): Row| Table {
            name,
            live,
            dead,
            scans,
            scanned_rows,
            index_scans,
            vacuumed_seconds,
            changes,
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// Every index of Bursar.
    pub async fn indexes(&mut self) -> Result<Vec<Index>, Unseen> {
        type Row = (String, String, bool, i64, i64, bool);
        let rows: Vec<Row> = self.all(include_str!("sql/indexes.sql")).await?;
        let one = |(name, table, valid, bytes, scans, unique): Row| Index {
            name,
            table,
            valid,
            bytes,
            scans,
            unique,
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// The statement statistics. To be asked last: it changes the session's search path.
    pub async fn statistics(&mut self) -> Result<Statistics, Unseen> {
        type Row = (String, i64, i64, i64, i64);
        let (schema, installed): (Option<String>, bool) =
            self.one(include_str!("sql/statistics.sql")).await?;
        let Some(schema) = schema else {
            return Ok(if installed { Statistics::NotMade } else { Statistics::NotInstalled });
        };
        // The extension may be in any schema, and a name cannot be a parameter.
        sqlx::query(include_str!("sql/search.sql")).bind(schema).execute(&mut self.conn).await?;
        let rows: Result<Vec<Row>, sqlx::Error> = sqlx::query_as(include_str!("sql/slowest.sql"))
            .bind(TEXT_CHARS)
            .bind(STATEMENTS)
            .fetch_all(&mut self.conn)
            .await;
        let one =
            |(text, calls, mean_ms, rows, blocks): Row| Slow { text, calls, mean_ms, rows, blocks };
        match rows {
            Ok(rows) => Ok(Statistics::Counted(rows.into_iter().map(one).collect())),
            Err(error) if crate::error::code(&error).as_deref() == Some("55000") => {
                Ok(Statistics::NotLoaded)
            }
            Err(error) => Err(error.into()),
        }
    }
}
