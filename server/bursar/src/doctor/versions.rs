//! Versions of PostgreSQL, of the schema and of this program.

use super::facts::{Database, Facts};
use super::finding::Finding;
use super::minors::{AS_OF, NEWEST};
use bursar_migrations::inspect::Session;

/// Where an upgrade is described.
const HOW: &str = "docs/troubleshooting.md#upgrade-postgresql";

pub(super) fn judge(_: &Facts, database: &Database) -> Vec<Finding> {
    let mut findings = vec![postgres(&database.session)];
    let known = bursar_migrations::latest_version();
    let program = format!("bursar {}", env!("CARGO_PKG_VERSION"));
    findings.push(match &database.schema_version {
        Ok(Some(found)) if *found > known => Finding::error(
            program,
            format!("the schema is at {found}, and this program knows migrations up to {known}"),
            "use the version of Bursar that migrated the database, or a later one",
        ),
        Ok(Some(found)) if *found < known => Finding::error(
            program,
            format!("the schema is at {found}, and this program needs {known}"),
            "`bursar migrate up`",
        ),
        Ok(Some(found)) => Finding::ok(program, format!("the schema is at {found}, as it needs")),
        Ok(None) => Finding::error(
            program,
            "the database has no schema of Bursar",
            "`bursar migrate up`; `bursar bootstrap` first for a new database",
        ),
        Err(why) => Finding::unseen(program, why),
    });
    findings
}

/// Supported, and the newest of its kind.
pub(super) fn postgres(session: &Session) -> Finding {
    let (major, minor) = (session.version_number / 10_000, session.version_number % 10_000);
    let subject = format!("PostgreSQL {}", session.version);
    let oldest = NEWEST.first().map_or(0, |(major, _)| *major);
    match NEWEST.iter().find(|(known, _)| *known == major) {
        None if major < oldest => Finding::error(
            subject,
            format!("Bursar needs PostgreSQL {oldest} or later"),
            format!("upgrade with pg_upgrade or by dump and restore: {HOW}"),
        ),
        None => Finding::warning(
            subject,
            "this release of Bursar was not tested with it",
            "use a release of Bursar that names it, or PostgreSQL 18",
        ),
        Some((_, newest)) if minor < *newest => Finding::warning(
            subject,
            format!("{major}.{newest} is out (known on {AS_OF}), with fixes that this one lacks"),
            format!(
                "install the packages of {major}.{newest} and restart PostgreSQL; no dump is needed: {HOW}"
            ),
        ),
        Some(_) => Finding::ok(subject, "supported, no newer minor version is known"),
    }
}
