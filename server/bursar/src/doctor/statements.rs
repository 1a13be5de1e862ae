//! What the statement statistics say.

use super::facts::{Database, Facts};
use super::finding::{Finding, more};
use super::limits::{FEW_ROWS, MANY_BLOCKS, SLOW_STATEMENT_MS, TELLING_CALLS};
use bursar_migrations::inspect::{Slow, Statistics};

const SUBJECT: &str = "pg_stat_statements";

pub(super) fn judge(_: &Facts, database: &Database) -> Vec<Finding> {
    match &database.statistics {
        Err(why) => vec![Finding::unseen(SUBJECT, why)],
        Ok(Statistics::Counted(_)) if !database.session.sees_activity => vec![Finding::skipped(
            SUBJECT,
            format!("statements are counted, and {} sees none of others", database.session.login),
            more(&database.session),
        )],
        Ok(Statistics::Counted(slow)) => {
            let text = format!(
                "statements are counted; the {} that took most time were looked at",
                slow.len()
            );
            let mut findings = vec![Finding::ok(SUBJECT, text)];
            findings.extend(slow.iter().filter(|one| one.calls >= TELLING_CALLS).filter_map(one));
            findings
        }
        Ok(missing) => vec![absent(missing)],
    }
}

/// How to come by the statistics.
pub(super) fn absent(why: &Statistics) -> Finding {
    let (text, remedy) = match why {
        Statistics::NotInstalled => (
            "the server does not have the extension: slow statements cannot be found",
            "install PostgreSQL's contrib package, then add it to shared_preload_libraries, restart, and `CREATE EXTENSION pg_stat_statements`",
        ),
        Statistics::NotLoaded => (
            "the extension is made, but the server has not loaded it: nothing is counted",
            "`ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'` (keep what stands there) and restart PostgreSQL",
        ),
        _ => (
            "the extension is not made in this database: slow statements cannot be found",
            "`CREATE EXTENSION pg_stat_statements` as a superuser; it must stand in shared_preload_libraries too",
        ),
    };
    Finding::warning(SUBJECT, text, remedy)
}

fn one(slow: &Slow) -> Option<Finding> {
    let Slow { text, calls, mean_ms, rows, blocks } = slow;
    if *blocks >= MANY_BLOCKS && *rows < FEW_ROWS {
        return Some(Finding::warning(
            text,
            format!(
                "{calls} calls read {blocks} blocks each for {rows} rows: an index seems to be missing"
            ),
            "`EXPLAIN (ANALYZE, BUFFERS)` it as a tenant's role, and see that no index is missing: `bursar migrate diff`",
        ));
    }
    (*mean_ms >= SLOW_STATEMENT_MS).then(|| {
        Finding::warning(
            text,
            format!("{calls} calls took {mean_ms} ms each"),
            "`EXPLAIN (ANALYZE, BUFFERS)` it as a tenant's role; see the load of the database and its disk",
        )
    })
}
