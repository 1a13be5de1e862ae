//! Use and state of tables and indexes.

use super::disk::human;
use super::facts::{Database, Facts};
use super::finding::Finding;
use super::limits::{
    DEAD_PERCENT, IDLE_INDEX_BYTES, IDLE_INDEX_SCANS, LARGE_TABLE_ROWS, MANY_SCANS,
    UNVACUUMED_CHANGES,
};
use bursar_migrations::inspect::{Index, Table};

pub(super) fn judge(_: &Facts, database: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    let tables = match &database.tables {
        Ok(tables) => tables.as_slice(),
        Err(why) => {
            findings.push(Finding::unseen("tables", why));
            &[]
        }
    };
    findings.extend(tables.iter().flat_map(table));
    match &database.indexes {
        Ok(indexes) => {
            findings.extend(indexes.iter().filter_map(|found| index(found, tables)));
        }
        Err(why) => findings.push(Finding::unseen("indexes", why)),
    }
    if findings.is_empty() {
        let text = format!("{} tables, read by their indexes and cleaned up", tables.len());
        findings.push(Finding::ok("tables", text));
    }
    findings
}

fn table(found: &Table) -> Vec<Finding> {
    let name = &found.name;
    let mut findings = Vec::new();
    let rows = found.scanned_rows / found.scans.max(1);
    if found.scans >= MANY_SCANS && rows >= LARGE_TABLE_ROWS {
        findings.push(Finding::warning(
            name,
            format!("it was read {} times from beginning to end, {rows} rows each: an index is missing, or statistics are", found.scans),
            format!("`ANALYZE bursar.{name}`; see that no index is missing: `bursar migrate diff`; see the check `statements`"),
        ));
    }
    if found.dead >= LARGE_TABLE_ROWS && found.dead * 100 > found.live * DEAD_PERCENT {
        findings.push(Finding::warning(
            name,
            format!("{} dead rows beside {} live ones", found.dead, found.live),
            format!("end what holds them (the check `transactions`), then `VACUUM (ANALYZE) bursar.{name}`; clean up sooner: `ALTER TABLE bursar.{name} SET (autovacuum_vacuum_scale_factor = 0.02)`"),
        ));
    } else if found.changes >= UNVACUUMED_CHANGES && found.vacuumed_seconds.is_none() {
        findings.push(Finding::warning(
            name,
            format!("{} rows were written, and it was never cleaned up", found.changes),
            format!("`VACUUM (ANALYZE) bursar.{name}`; see that `autovacuum` is on"),
        ));
    }
    findings
}

fn index(found: &Index, tables: &[Table]) -> Option<Finding> {
    let Index { name, table, valid, bytes, scans, unique } = found;
    if !valid {
        return Some(Finding::error(
            name,
            format!("the index of {table} is invalid: no query uses it, every change pays for it"),
            format!("`REINDEX INDEX CONCURRENTLY bursar.{name}`"),
        ));
    }
    let busy = tables.iter().any(|t| t.name == *table && t.index_scans >= IDLE_INDEX_SCANS);
    (busy && *scans == 0 && !unique && *bytes >= IDLE_INDEX_BYTES).then(|| {
        Finding::warning(
            name,
            format!(
                "nothing has read this index of {table} ({}) since the statistics began",
                human(bytes.unsigned_abs())
            ),
            "keep it if its access path is only rare; else take it out by a migration",
        )
    })
}
