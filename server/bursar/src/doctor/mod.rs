//! The doctor: facts of configuration, database and server go in, findings with remedies come out. What is here judges
//! and asks nobody; the command line asks.

mod clock;
mod configuration;
mod connection;
mod disk;
mod facts;
mod finding;
mod limits;
mod migrations;
mod minors;
mod production;
mod readiness;
mod roles;
mod server;
mod settings;
mod statements;
mod tables;
mod tenants;
#[cfg(test)]
mod tests;
mod transactions;
mod versions;
mod walls;

pub use facts::{
    Attempt, Database, Difference, Facts, Files, Here, Ops, Pepper, Seen, Server, Space,
};
pub(crate) use finding::counted;
pub use finding::{Finding, Level};
pub use limits::LONG_TRANSACTION_SECONDS;
pub use production::CHECKS as PRODUCTION;
pub(crate) use roles::names as role_names;
pub(crate) use settings::NAMES as SETTINGS;

use crate::config::Problem;

/// How a check comes to its findings.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// From what this machine knows.
    Here(fn(&Facts) -> Vec<Finding>),
    /// From what the database said.
    Database(fn(&Facts, &Database) -> Vec<Finding>),
}

/// One thing that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name, for `--check`.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// How it judges.
    pub judge: Judge,
}

/// What is looked at always, in this order.
pub const CHECKS: &[Check] = &[
    Check {
        name: "configuration",
        about: "the environment as a whole, files of secrets and who may read them",
        judge: Judge::Here(configuration::judge),
    },
    Check {
        name: "connection",
        about: "the database answers, the logins work, round trip, TLS, free connections",
        judge: Judge::Here(connection::judge),
    },
    Check {
        name: "versions",
        about: "PostgreSQL is supported and current, and program and schema fit together",
        judge: Judge::Database(versions::judge),
    },
    Check {
        name: "roles",
        about: "Bursar's roles with the right attributes and memberships, nobody with more",
        judge: Judge::Database(roles::judge),
    },
    Check {
        name: "tenants",
        about: "each tenant has its role and its schema",
        judge: Judge::Database(tenants::judge),
    },
    Check {
        name: "rls",
        about: "row-level security on every table: on, forced, with a policy",
        judge: Judge::Database(walls::judge),
    },
    Check {
        name: "migrations",
        about: "migrations that are pending, changed or unknown, and drift from them",
        judge: Judge::Database(migrations::judge),
    },
    Check {
        name: "clock",
        about: "the clocks of this machine and of the database agree",
        judge: Judge::Database(clock::judge),
    },
    Check {
        name: "disk",
        about: "free space, size of the database and of its log",
        judge: Judge::Here(disk::judge),
    },
    Check {
        name: "transactions",
        about: "what stops cleaning up: long and prepared transactions, slots, wraparound",
        judge: Judge::Database(transactions::judge),
    },
    Check {
        name: "statements",
        about: "statement statistics are there; slow statements and missing indexes",
        judge: Judge::Database(statements::judge),
    },
    Check {
        name: "tables",
        about: "large tables read from end to end, dead rows, invalid and unused indexes",
        judge: Judge::Database(tables::judge),
    },
    Check {
        name: "settings",
        about: "settings of PostgreSQL that durability, secrecy and speed hang on",
        judge: Judge::Database(settings::judge),
    },
    Check {
        name: "server",
        about: "the server at BURSAR_URL, if one runs there, is healthy; its certificate is good",
        judge: Judge::Here(server::judge),
    },
];

/// The checks that are asked for: those of these names, or all, which for production are some more.
#[must_use]
pub fn selected(production: bool, names: &[String]) -> Vec<&'static Check> {
    if names.is_empty() {
        return CHECKS.iter().chain(if production { PRODUCTION } else { &[] }).collect();
    }
    let all = CHECKS.iter().chain(PRODUCTION);
    all.filter(|check| names.iter().any(|name| name == check.name)).collect()
}

/// A configuration that cannot be used, as findings.
#[must_use]
pub fn wrong(problems: &[Problem]) -> Vec<Finding> {
    let found = problems.iter().map(|problem| {
        let finding = configuration::problem(Level::Error, problem);
        Finding { check: "configuration", ..finding }
    });
    found.collect()
}

/// The findings of those checks, in their order.
#[must_use]
pub fn judge(facts: &Facts, checks: &[&Check]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in checks {
        let found = match (check.judge, &facts.database) {
            (Judge::Here(judge), _) => judge(facts),
            (Judge::Database(judge), Some(database)) => judge(facts, database),
            (Judge::Database(_), None) => vec![Finding::skipped(
                "database",
                "there is no database to look at",
                "see `bursar doctor --check connection`",
            )],
        };
        findings.extend(found.into_iter().map(|finding| Finding { check: check.name, ..finding }));
    }
    findings
}
