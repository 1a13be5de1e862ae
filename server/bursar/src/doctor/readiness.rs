//! The part of the readiness list that the database answers.

use super::facts::{Database, Facts};
use super::finding::{Finding, Level, counted, more};
use super::limits::ARCHIVE_SECONDS;
use super::{settings, statements, versions};
use bursar_migrations::inspect::Statistics;

/// A setting, or the finding that it cannot be seen.
fn setting<'a>(database: &'a Database, name: &str) -> Result<&'a str, Box<Finding>> {
    let hidden = || {
        Box::new(Finding::skipped(
            name,
            format!("{} may not see it", database.session.login),
            more(&database.session),
        ))
    };
    match &database.settings {
        Ok(settings) => settings.get(name).map(String::as_str).ok_or_else(hidden),
        Err(why) => Err(Box::new(Finding::unseen(name, why))),
    }
}

pub(super) fn durability(facts: &Facts, database: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &database.settings {
        Ok(found) => settings::durability(facts, database, found, &mut findings),
        Err(why) => findings.push(Finding::unseen("settings", why)),
    }
    if findings.is_empty() {
        let text = "fsync, full_page_writes and synchronous_commit are on";
        findings.push(Finding::ok("durability", text));
    }
    findings
}

pub(super) fn checksums(_: &Facts, database: &Database) -> Vec<Finding> {
    let name = "data_checksums";
    vec![match setting(database, name) {
        Ok("on") => Finding::ok(name, "on"),
        Ok(_) => Finding::error(
            name,
            "a page that the disk has changed is read as if it were right",
            "stop PostgreSQL and run `pg_checksums --enable -D <data directory>`",
        ),
        Err(finding) => *finding,
    }]
}

pub(super) fn tls(facts: &Facts, database: &Database) -> Vec<Finding> {
    let mut findings = vec![match setting(database, "ssl") {
        Ok("on") => Finding::ok("ssl", "PostgreSQL offers TLS"),
        Ok(_) => Finding::error(
            "ssl",
            "PostgreSQL offers no TLS: passwords' proofs and all rows can be read on the way",
            "put server.crt and server.key into the data directory, `ALTER SYSTEM SET ssl = on`, reload, and write hostssl in pg_hba.conf",
        ),
        Err(finding) => *finding,
    }];
    for attempt in &facts.attempts {
        findings.push(if attempt.ssl_mode == "verify-full" {
            Finding::ok(attempt.variable, "sslmode=verify-full")
        } else {
            let mode = if attempt.ssl_mode.is_empty() { "not set" } else { &attempt.ssl_mode };
            Finding::error(
                attempt.variable,
                format!("sslmode is {mode}: anybody in between can play the database"),
                "add `?sslmode=verify-full` to the address, with `&sslrootcert=<file>` for a CA of your own",
            )
        });
    }
    findings
}

pub(super) fn backups(facts: &Facts, database: &Database) -> Vec<Finding> {
    if let Some(how) = &facts.backups {
        return vec![Finding::ok("backups", format!("made otherwise, as --backups says: {how}"))];
    }
    let remedy = "archive the log, with pgBackRest say: `ALTER SYSTEM SET archive_mode = on`, archive_command, restart; \
                  or say how backups are made: --backups 'snapshots of the provider every hour'";
    let mode = match setting(database, "archive_mode") {
        Ok(mode) => mode,
        Err(finding) => return vec![*finding],
    };
    if mode == "off" {
        let text =
            "the log is not archived: what was written since the last backup is lost with the disk";
        return vec![Finding::error("archive_mode", text, remedy)];
    }
    let named = |name| setting(database, name).is_ok_and(|v| !v.is_empty() && v != "(disabled)");
    // Hidden from a login that may not see them; then the archiver's own statistics must do.
    let hidden = setting(database, "archive_command").is_err();
    if !hidden && !named("archive_command") && !named("archive_library") {
        let text = "archive_mode is on and there is no command: the log piles up";
        return vec![Finding::error("archive_command", text, remedy)];
    }
    let archiver = match &database.archiver {
        Ok(archiver) => archiver,
        Err(why) => return vec![Finding::unseen("pg_stat_archiver", why)],
    };
    let subject = "pg_stat_archiver";
    let see =
        "see PostgreSQL's log for what archive_command says, and set `archive_timeout = 5min`";
    vec![match archiver.last_seconds {
        _ if archiver.failing => Finding::error(subject, "the last try to archive failed", see),
        None => Finding::error(subject, "nothing was archived yet", see),
        Some(seconds) if seconds > ARCHIVE_SECONDS => {
            Finding::error(subject, format!("nothing was archived for {seconds} s"), see)
        }
        Some(seconds) => Finding::ok(subject, format!("archived {seconds} s ago")),
    }]
}

pub(super) fn limits(_: &Facts, database: &Database) -> Vec<Finding> {
    let subject = "requests_per_second";
    vec![match &database.tenants {
        Err(why) => Finding::unseen(subject, why),
        Ok(tenants) if tenants.unlimited > 0 => Finding::warning(
            subject,
            format!(
                "{} of {} without a limit: one can take all there is",
                tenants.unlimited,
                counted(tenants.count, "tenant")
            ),
            "`bursar tenant update <id> --requests-per-second 200`",
        ),
        Ok(tenants) => {
            Finding::ok(subject, format!("{}, each with a limit", counted(tenants.count, "tenant")))
        }
    }]
}

pub(super) fn headroom(facts: &Facts, database: &Database) -> Vec<Finding> {
    let subject = "max_connections";
    let found = match &database.connections {
        Ok(found) => found,
        Err(why) => return vec![Finding::unseen(subject, why)],
    };
    let machines = found.machines.max(1);
    let others = (found.used - found.servers).max(0);
    // One server more: a rolling restart starts the new one before the old one is gone.
    let wanted = facts.here.pool * (machines + 1) + others;
    let free = found.max - found.reserved;
    vec![if wanted > free {
        Finding::error(
            subject,
            format!(
                "{} and one more would want {wanted} connections, and there are {free}",
                counted(machines, "server")
            ),
            format!(
                "lower BURSAR_MAX_CONNECTIONS, or `ALTER SYSTEM SET max_connections = {}` and restart PostgreSQL",
                wanted + found.reserved
            ),
        )
    } else {
        let text = format!(
            "{} and one more want {wanted} of {free} connections",
            counted(machines, "server")
        );
        Finding::ok(subject, text)
    }]
}

pub(super) fn minor(_: &Facts, database: &Database) -> Vec<Finding> {
    let finding = versions::postgres(&database.session);
    let level = if finding.level == Level::Warning { Level::Error } else { finding.level };
    vec![Finding { level, ..finding }]
}

pub(super) fn statistics(_: &Facts, database: &Database) -> Vec<Finding> {
    let subject = "pg_stat_statements";
    vec![match &database.statistics {
        Ok(Statistics::Counted(_)) => Finding::ok(subject, "statements are counted"),
        Ok(missing) => statements::absent(missing),
        Err(why) => Finding::unseen(subject, why),
    }]
}

pub(super) fn replicas(_: &Facts, database: &Database) -> Vec<Finding> {
    let remedy = "run two servers or more behind a load balancer of gRPC, on different machines";
    vec![match &database.connections {
        Err(why) => Finding::unseen("servers", why),
        Ok(_) if !database.session.sees_activity => Finding::skipped(
            "servers",
            "this login does not see from where servers are connected",
            more(&database.session),
        ),
        Ok(found) if found.servers == 0 => {
            Finding::warning("servers", "no server is connected to the database", remedy)
        }
        Ok(found) if found.machines < 2 => Finding::warning(
            "servers",
            "servers of one machine only are connected: its end is the end of the service",
            remedy,
        ),
        Ok(found) => Finding::ok("servers", format!("on {} machines", found.machines)),
    }]
}
