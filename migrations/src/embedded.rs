//! The migrations, compiled into the program.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType};

/// One migration: how to go up and back down again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// `YYYYMMDDhhmmss` of its file's name.
    pub version: i64,
    /// The rest of its file's name.
    pub name: &'static str,
    /// The SQL that applies it.
    pub up: &'static str,
    /// The SQL that reverts it.
    pub down: &'static str,
}

/// sqlx's own marker, for statements that refuse a transaction (CREATE INDEX CONCURRENTLY).
const NO_TRANSACTION: &str = "-- no-transaction";

macro_rules! step {
    ($version:literal, $name:literal) => {
        Step {
            version: $version,
            name: $name,
            up: include_str!(concat!("../sql/", $version, "_", $name, ".up.sql")),
            down: include_str!(concat!("../sql/", $version, "_", $name, ".down.sql")),
        }
    };
}

/// Ascending; a unit test compares it with the files.
#[expect(clippy::unreadable_literal, reason = "a version is a date, written as in its file's name")]
const STEPS: &[Step] = &[
    step!(20261121000100, "tenancy"),
    step!(20261121000200, "kernel"),
    step!(20261121000300, "reference"),
    step!(20261121000400, "ledger"),
    step!(20261128000100, "periods"),
    step!(20261128000200, "trace"),
    step!(20261128000300, "escrow"),
    step!(20261128000400, "trading"),
    step!(20261128000500, "sealing"),
];

/// All migrations, oldest first.
pub fn steps() -> &'static [Step] {
    STEPS
}

/// The version that `up` ends at.
pub fn latest_version() -> i64 {
    STEPS.last().map_or(0, |step| step.version)
}

impl Step {
    /// What it is for: the first comment of its up file.
    pub fn message(&self) -> &'static str {
        let mut lines = self.up.lines().filter(|line| !line.starts_with(NO_TRANSACTION));
        lines.next().and_then(|line| line.strip_prefix("-- ")).unwrap_or_default()
    }

    /// The SQL that applies it, under a line with its version and message.
    pub fn up_text(&self) -> String {
        self.headed(self.up)
    }

    /// The SQL that reverts it, under a line with its version and message.
    pub fn down_text(&self) -> String {
        self.headed(self.down)
    }

    fn headed(&self, sql: &str) -> String {
        format!("-- {} {}: {}\n{sql}", self.version, self.name, self.message())
    }

    /// For sqlx, which adds the checksum and the transaction.
    pub(crate) fn migration(&self, kind: MigrationType) -> Migration {
        let sql = if kind == MigrationType::ReversibleDown { self.down } else { self.up };
        let no_tx = sql.starts_with(NO_TRANSACTION);
        Migration::new(self.version, self.name.into(), kind, sql.into_sql_str(), no_tx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_is_embedded_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sql");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let named = STEPS
            .iter()
            .flat_map(|s| ["up", "down"].map(|way| format!("{}_{}.{way}.sql", s.version, s.name)))
            .collect();
        assert_eq!(files, named);
        assert!(STEPS.is_sorted_by(|a, b| a.version < b.version));
    }

    #[test]
    fn each_has_a_message() {
        for step in STEPS {
            assert!(
                step.message().len() > 10,
                "{}: begin its up file with `-- message`",
                step.name
            );
        }
    }

    #[test]
    fn versions_are_dates() {
        for step in STEPS {
            assert_eq!(step.version.to_string().len(), 14, "{}", step.name);
            let (month, day) = (step.version / 100_000_000 % 100, step.version / 1_000_000 % 100);
            assert!((1..=12).contains(&month) && (1..=31).contains(&day), "{}", step.name);
        }
    }
}
