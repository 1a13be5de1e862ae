//! The readiness list for production. docs/production.md says why each is on it; a test holds the two together.

use super::facts::{Facts, Pepper};
use super::finding::Finding;
use super::server::OK;
use super::{Check, Judge, readiness};
use crate::config::Backend;

/// What must hold before money is let in, besides everything that is looked at always.
pub const CHECKS: &[Check] = &[
    Check {
        name: "backend",
        about: "the data lives in a PostgreSQL of its own, not in an embedded one",
        judge: Judge::Here(backend),
    },
    Check {
        name: "environment",
        about: "BURSAR_ENV names the environment and is not dev",
        judge: Judge::Here(environment),
    },
    Check {
        name: "pepper",
        about: "the pepper is set, and through a file",
        judge: Judge::Here(pepper),
    },
    Check { name: "login", about: "the service logs in as bursar_app", judge: Judge::Here(login) },
    Check {
        name: "durability",
        about: "fsync, full_page_writes and synchronous_commit are on",
        judge: Judge::Database(readiness::durability),
    },
    Check {
        name: "checksums",
        about: "data checksums find what a disk has lost",
        judge: Judge::Database(readiness::checksums),
    },
    Check {
        name: "tls-database",
        about: "TLS with a verified certificate towards PostgreSQL",
        judge: Judge::Database(readiness::tls),
    },
    Check {
        name: "tls-callers",
        about: "TLS towards callers, or a proxy that ends it",
        judge: Judge::Here(callers),
    },
    Check {
        name: "backups",
        about: "the log is archived, and has been lately, or backups are made in a stated way",
        judge: Judge::Database(readiness::backups),
    },
    Check {
        name: "rate-limits",
        about: "each tenant has a limit of requests",
        judge: Judge::Database(readiness::limits),
    },
    Check {
        name: "headroom",
        about: "connections are left when every server's pool is full, for one server more",
        judge: Judge::Database(readiness::headroom),
    },
    Check {
        name: "minor-version",
        about: "PostgreSQL has the newest fixes",
        judge: Judge::Database(readiness::minor),
    },
    Check {
        name: "statement-statistics",
        about: "statements are counted, so that a slow one can be found",
        judge: Judge::Database(readiness::statistics),
    },
    Check {
        name: "replicas",
        about: "more than one machine runs a server",
        judge: Judge::Database(readiness::replicas),
    },
    Check {
        name: "log-form",
        about: "the log is JSON, which a collector can read",
        judge: Judge::Here(log_form),
    },
    Check { name: "metrics", about: "the server's /metrics answers", judge: Judge::Here(metrics) },
    Check {
        name: "alerts",
        about: "alerts, restore drill and on-call, which only people can check",
        judge: Judge::Here(alerts),
    },
];

fn backend(facts: &Facts) -> Vec<Finding> {
    vec![match facts.here.backend {
        Backend::Postgres => Finding::ok("STORE_BACKEND", "postgres"),
        other => Finding::error(
            "STORE_BACKEND",
            format!(
                "it is {}: one process on one machine, without TLS, replica or archive",
                other.name()
            ),
            "set STORE_BACKEND=postgres and DATABASE_URL to a PostgreSQL of your own",
        ),
    }]
}

fn environment(facts: &Facts) -> Vec<Finding> {
    let env = &facts.here.env;
    vec![if env == "dev" {
        Finding::error(
            "BURSAR_ENV",
            "it is dev: keys of production cannot be told from those of development",
            "give BURSAR_ENV a name of its own, such as `prod`, before the first key is made",
        )
    } else {
        Finding::ok("BURSAR_ENV", env)
    }]
}

fn pepper(facts: &Facts) -> Vec<Finding> {
    let subject = "BURSAR_PEPPER";
    vec![match facts.here.pepper {
        Pepper::File => Finding::ok(subject, "it comes from a file"),
        Pepper::Variable => Finding::warning(
            subject,
            "it stands in the environment, which child processes and crash reports copy",
            "write it to a file of mode 0600 and set BURSAR_PEPPER_FILE to its path",
        ),
        Pepper::Unset => Finding::error(
            subject,
            "it is not set: servers would not agree on one, and a lost one ends every API key",
            "`(umask 077; openssl rand -hex 32 > pepper)`, keep a copy apart from the database's backups, and set BURSAR_PEPPER_FILE to its path",
        ),
    }]
}

fn login(facts: &Facts) -> Vec<Finding> {
    let service = facts.attempts.iter().find(|attempt| attempt.variable == "DATABASE_URL");
    vec![match service.map(|attempt| &attempt.outcome) {
        Some(Ok((login, _))) if login == "bursar_app" => Finding::ok("DATABASE_URL", "bursar_app"),
        Some(Ok((login, _))) => Finding::error(
            "DATABASE_URL",
            format!("the service logs in as {login}, whose rights nothing here knows"),
            "use bursar_app, which `bursar bootstrap` makes",
        ),
        Some(Err(why)) => {
            Finding::error("DATABASE_URL", why.to_string(), "see the check `connection`")
        }
        None => Finding::skipped(
            "DATABASE_URL",
            "it is not set here",
            "run this where a server runs, with its environment",
        ),
    }]
}

fn callers(facts: &Facts) -> Vec<Finding> {
    let (listen, subject) = (facts.here.listen, "BURSAR_LISTEN");
    vec![if facts.here.callers_tls {
        Finding::ok(subject, "the server speaks TLS")
    } else if facts.behind_proxy {
        Finding::ok(subject, "a proxy ends TLS, as --behind-proxy says")
    } else {
        Finding::error(
            subject,
            format!("{listen} is served without TLS: API keys can be read on the way"),
            "let a proxy end TLS and say so with --behind-proxy; or give the server a certificate (docs/production.md)",
        )
    }]
}

fn log_form(facts: &Facts) -> Vec<Finding> {
    vec![if facts.here.json_log {
        Finding::ok("BURSAR_LOG", "json")
    } else {
        Finding::warning(
            "BURSAR_LOG",
            "the log is made for people: a collector cannot tell its fields apart",
            "set BURSAR_LOG=json",
        )
    }]
}

fn metrics(facts: &Facts) -> Vec<Finding> {
    let subject = format!("{}/metrics", facts.server.ops_address);
    vec![match &facts.server.ops {
        Some(ops) if ops.metrics == OK => {
            Finding::ok(subject, "it answers; see that Prometheus scrapes it")
        }
        Some(ops) => Finding::error(
            subject,
            format!("it answers with status {}", ops.metrics),
            "use a version of Bursar that has metrics, and let Prometheus scrape BURSAR_OPS_LISTEN",
        ),
        None => Finding::skipped(
            subject,
            "no server answers there",
            "run this where a server runs, with its environment",
        ),
    }]
}

fn alerts(_: &Facts) -> Vec<Finding> {
    vec![Finding::skipped(
        "alerts",
        "no command can see who is woken up",
        "by hand: an alert for readiness, errors, latency, free disk, replication and archiving has rung once in a drill, \
         and a backup was restored; docs/production.md has the list",
    )]
}
