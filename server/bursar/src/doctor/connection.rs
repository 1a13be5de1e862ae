//! Whether the database can be reached, and how well.

use super::facts::{Attempt, Facts};
use super::finding::{Finding, counted};
use super::limits::{CROWDED_PERCENT, SLOW_ROUND_TRIP_MS};
use crate::config::Backend;
use bursar_migrations::inspect::{Connections, Unreachable};

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts.attempts.iter().map(attempt).collect();
    if facts.attempts.is_empty() {
        let (text, remedy) = if facts.here.backend == Backend::Memory {
            (
                "only its own server can reach a memory database".to_owned(),
                "nothing is kept in it; the check `server` looks at its server",
            )
        } else {
            let dir = facts.here.data_dir.display();
            (
                format!("no address is set, and no server runs the embedded database in {dir}"),
                "give an address in BURSAR_OWNER_URL or DATABASE_URL, or start the embedded database with `bursar serve`",
            )
        };
        findings.push(Finding::warning("database", text, remedy));
    }
    let plain = |a: &&Attempt| a.remote && matches!(&a.outcome, Ok((_, tls)) if tls.is_empty());
    for attempt in facts.attempts.iter().filter(plain) {
        findings.push(Finding::warning(
            attempt.variable,
            "the connection crosses a network without TLS",
            "add `?sslmode=verify-full` to the address, and set `ssl = on` with a certificate in postgresql.conf",
        ));
    }
    let Some(database) = &facts.database else { return findings };
    match &database.clock {
        Ok((took, _)) if took.as_millis() > SLOW_ROUND_TRIP_MS => findings.push(Finding::warning(
            "round trip",
            format!("it takes {} ms, and a change takes two", took.as_millis()),
            "run Bursar in the same zone as its database",
        )),
        Ok((took, _)) => {
            findings.push(Finding::ok("round trip", format!("{} µs", took.as_micros())));
        }
        Err(why) => findings.push(Finding::unseen("round trip", why)),
    }
    match &database.connections {
        Ok(connections) => places(*connections, facts.here.pool, &mut findings),
        Err(why) => findings.push(Finding::unseen("max_connections", why)),
    }
    findings
}

fn attempt(attempt: &Attempt) -> Finding {
    let error = match &attempt.outcome {
        Ok((login, tls)) => {
            let tls = if tls.is_empty() { "without TLS" } else { tls };
            return Finding::ok(attempt.variable, format!("{login} is logged in, {tls}"));
        }
        Err(error) => error,
    };
    let remedy = match error {
        Unreachable::Address => "write postgres://user:password@host:port/database",
        Unreachable::Silent(_) => {
            "check that PostgreSQL runs (`pg_isready -h host -p port`), that host and port are right, and that listen_addresses and the firewall let this machine in"
        }
        Unreachable::Login(_) if attempt.variable == "DATABASE_URL" => {
            "check user and password; `bursar bootstrap` sets the password of bursar_app to BURSAR_APP_PASSWORD; check pg_hba.conf too"
        }
        Unreachable::Login(_) => "check user and password of the address, and pg_hba.conf",
        Unreachable::Database(_) => {
            "check the name; make it with `createdb` and then run `bursar bootstrap`"
        }
        Unreachable::Full(_) => {
            "end connections that nobody needs, lower BURSAR_MAX_CONNECTIONS, or raise it: `ALTER SYSTEM SET max_connections = 200` and restart PostgreSQL"
        }
        Unreachable::Starting(_) => "wait a moment; see PostgreSQL's log if it lasts",
        Unreachable::Tls(_) => {
            "check the certificate of PostgreSQL and the `sslrootcert` of the address"
        }
        Unreachable::Other(_) => "see PostgreSQL's log",
    };
    Finding::error(attempt.variable, error.to_string(), remedy)
}

fn places(found: Connections, pool: i32, findings: &mut Vec<Finding>) {
    let free = found.max - found.reserved;
    let others = (found.used - found.servers).max(0);
    let wanted = pool.saturating_mul(found.machines.max(1));
    let raise = format!(
        "lower BURSAR_MAX_CONNECTIONS, put a pooler in between, or raise it: `ALTER SYSTEM SET max_connections = {}` and restart PostgreSQL",
        (found.max * 2).max(others + wanted + found.reserved)
    );
    let before = findings.len();
    if found.used >= free {
        let text = format!("all {free} connections are in use");
        findings.push(Finding::error("max_connections", text, &raise));
    } else if found.used * 100 > free * CROWDED_PERCENT {
        let text = format!("{} of {free} connections are in use", found.used);
        findings.push(Finding::warning("max_connections", text, &raise));
    } else if others + wanted > free {
        let text = format!(
            "the pools of {} may take {wanted} connections, and only {} are left for them",
            counted(found.machines.max(1), "server"),
            free - others
        );
        findings.push(Finding::warning("max_connections", text, &raise));
    }
    if found.login_limit >= 0 && found.login_limit < wanted {
        findings.push(Finding::warning(
            "bursar_app",
            format!(
                "the login may have {} connections, and the pools want {wanted}",
                found.login_limit
            ),
            "`ALTER ROLE bursar_app CONNECTION LIMIT -1`",
        ));
    }
    if findings.len() == before {
        let text = format!(
            "{} of {} connections are in use, {} are kept for administrators",
            found.used, found.max, found.reserved
        );
        findings.push(Finding::ok("max_connections", text));
    }
}
