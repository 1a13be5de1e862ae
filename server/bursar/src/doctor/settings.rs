//! Settings of PostgreSQL.

use super::facts::{Database, Facts};
use super::finding::{Finding, Level};
use crate::config::Backend;
use std::collections::BTreeMap;

/// What is asked for.
pub(crate) const NAMES: &[&str] = &[
    "archive_command",
    "archive_library",
    "archive_mode",
    "autovacuum",
    "data_checksums",
    "fsync",
    "full_page_writes",
    "idle_in_transaction_session_timeout",
    "log_min_duration_statement",
    "log_parameter_max_length",
    "log_parameter_max_length_on_error",
    "log_statement",
    "password_encryption",
    "ssl",
    "synchronous_commit",
    "track_counts",
    "wal_level",
];

/// Settings that a commit's promise hangs on.
const DURABILITY: [(&str, &str); 3] = [
    ("fsync", "a crash of the machine may destroy the whole database"),
    ("full_page_writes", "a crash of the machine may leave torn pages"),
    ("synchronous_commit", "a crash may lose changes that were answered with success"),
];

pub(super) fn judge(facts: &Facts, database: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &database.settings {
        Ok(settings) => {
            durability(facts, database, settings, &mut findings);
            others(settings, &mut findings);
        }
        Err(why) => findings.push(Finding::unseen("settings", why)),
    }
    match &database.role_settings {
        Ok(own) => service(own, database, &mut findings),
        Err(why) => findings.push(Finding::unseen("bursar_app", why)),
    }
    if findings.is_empty() {
        findings.push(Finding::ok("settings", "durable, and nothing secret goes to the log"));
    }
    findings
}

/// A setting that is known and off.
fn off(settings: &BTreeMap<String, String>, name: &str) -> bool {
    settings.get(name).is_some_and(|value| value == "off")
}

/// Findings for each setting that a commit's promise hangs on.
pub(super) fn durability(
    facts: &Facts,
    database: &Database,
    settings: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) {
    // A RAM disk is not durable anyway.
    if facts.here.backend == Backend::Memory && !facts.production {
        return;
    }
    let level = if facts.production { Level::Error } else { Level::Warning };
    for (name, why) in DURABILITY.into_iter().filter(|(name, _)| off(settings, name)) {
        findings.push(Finding::new(
            level,
            name,
            format!("it is off: {why}"),
            format!("`ALTER SYSTEM SET {name} = on` and `SELECT pg_reload_conf()`"),
        ));
    }
    let name = "synchronous_commit";
    if database.role_settings.as_ref().is_ok_and(|own| off(own, name)) {
        findings.push(Finding::new(
            level,
            "bursar_app",
            format!("{name} is off for this login: a crash may lose changes that were answered with success"),
            format!("`ALTER ROLE bursar_app RESET {name}`"),
        ));
    }
}

fn others(settings: &BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    let value = |name: &str| settings.get(name).map(String::as_str).unwrap_or_default();
    let mut warn = |name: &str, what: &str, remedy: &str| {
        findings.push(Finding::warning(name, what, remedy));
    };
    if value("wal_level") == "minimal" {
        warn(
            "wal_level",
            "it is minimal: no replica and no backup to a point in time is possible",
            "`ALTER SYSTEM SET wal_level = logical` and restart PostgreSQL",
        );
    }
    if value("password_encryption") == "md5" {
        warn(
            "password_encryption",
            "new passwords are kept as MD5",
            "`ALTER SYSTEM SET password_encryption = 'scram-sha-256'`, reload, then `bursar bootstrap` with a new password",
        );
    }
    if matches!(value("log_statement"), "mod" | "all") {
        warn(
            "log_statement",
            "every change goes to PostgreSQL's log, amounts included",
            "`ALTER SYSTEM SET log_statement = 'ddl'` and `SELECT pg_reload_conf()`",
        );
    }
    let positive = |name: &str| value(name).parse::<i64>().is_ok_and(|value| value > 0);
    let logged = value("log_min_duration_statement").parse::<i64>().is_ok_and(|ms| ms >= 0);
    if logged && value("log_parameter_max_length") != "0" {
        warn(
            "log_min_duration_statement",
            "slow statements go to PostgreSQL's log with their values, amounts included",
            "`ALTER SYSTEM SET log_parameter_max_length = 0` and `SELECT pg_reload_conf()`",
        );
    }
    if positive("log_parameter_max_length_on_error") {
        warn(
            "log_parameter_max_length_on_error",
            "failed statements go to PostgreSQL's log with their values, amounts included",
            "`ALTER SYSTEM SET log_parameter_max_length_on_error = 0` and `SELECT pg_reload_conf()`",
        );
    }
    for (name, what) in [
        ("autovacuum", "it is off: dead rows stay, tables grow, and in the end PostgreSQL stops"),
        ("track_counts", "it is off: autovacuum does not know what to clean up"),
    ] {
        if off(settings, name) {
            let remedy = format!("`ALTER SYSTEM SET {name} = on` and `SELECT pg_reload_conf()`");
            warn(name, what, &remedy);
        }
    }
}

/// What a session of the service begins with, by its own settings or else by the server's.
fn service(own: &BTreeMap<String, String>, database: &Database, findings: &mut Vec<Finding>) {
    if own.get("plan_cache_mode").is_none_or(|mode| mode != "force_generic_plan") {
        findings.push(Finding::warning(
            "plan_cache_mode",
            "bursar_app plans every statement anew for each tenant",
            "`bursar bootstrap`, or `ALTER ROLE bursar_app SET plan_cache_mode = 'force_generic_plan'`",
        ));
    }
    let name = "idle_in_transaction_session_timeout";
    let everywhere = database.settings.as_ref().ok().and_then(|settings| settings.get(name));
    if own.get(name).or(everywhere).is_some_and(|value| value == "0") {
        findings.push(Finding::warning(
            name,
            "the transaction of a server that was killed stays open, with its locks",
            "`bursar bootstrap`, or `ALTER ROLE bursar_app SET idle_in_transaction_session_timeout = '60s'`",
        ));
    }
}
