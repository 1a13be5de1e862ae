//! What stops PostgreSQL from cleaning up, and the change feed from going on.

use super::disk::human;
use super::facts::{Database, Facts};
use super::finding::{Finding, Level, more};
use super::limits::{SLOT_ERROR_BYTES, WRAPAROUND_ERROR, WRAPAROUND_WARNING};
use bursar_migrations::inspect::{LongTransaction, Slot};

pub(super) fn judge(facts: &Facts, database: &Database) -> Vec<Finding> {
    let limit = facts.long_transaction_seconds;
    let mut findings = Vec::new();
    if !database.session.sees_activity {
        findings.push(Finding::skipped(
            "transactions",
            format!("{} sees no transactions of others", database.session.login),
            more(&database.session),
        ));
    }
    match &database.long {
        Ok(found) => findings.extend(found.iter().map(long)),
        Err(why) => findings.push(Finding::unseen("transactions", why)),
    }
    match &database.prepared {
        Ok(found) => {
            for one in found.iter().filter(|one| one.seconds >= i64::from(limit)) {
                findings.push(Finding::error(
                    format!("prepared transaction {}", one.name),
                    format!(
                        "prepared {} s ago by {} and not ended: it holds its locks, and no dead row is cleaned up",
                        one.seconds, one.owner
                    ),
                    format!("in the database {}: `ROLLBACK PREPARED '{}'`, or COMMIT PREPARED if its other half was committed", one.database, one.name.replace('\'', "''")),
                ));
            }
        }
        Err(why) => findings.push(Finding::unseen("prepared transactions", why)),
    }
    match &database.slots {
        Ok(found) => findings.extend(found.iter().filter(|slot| !slot.active).map(idle)),
        Err(why) => findings.push(Finding::unseen("replication slots", why)),
    }
    match &database.wraparound {
        Ok((name, age)) if *age > WRAPAROUND_WARNING => {
            let level = if *age > WRAPAROUND_ERROR { Level::Error } else { Level::Warning };
            let text = format!(
                "its oldest transaction is {age} back; at 2 thousand million PostgreSQL stops"
            );
            let remedy = "end what holds old transactions (above), then `VACUUM (FREEZE, VERBOSE)` as a superuser in that database";
            findings.push(Finding::new(level, format!("database {name}"), text, remedy));
        }
        Ok(_) => {}
        Err(why) => findings.push(Finding::unseen("wraparound", why)),
    }
    if findings.is_empty() {
        let text = format!("none is older than {limit} s, and nothing else holds dead rows");
        findings.push(Finding::ok("transactions", text));
    }
    findings
}

fn long(found: &LongTransaction) -> Finding {
    let LongTransaction { pid, login, database, application, state, seconds } = found;
    let subject = format!("process {pid}");
    let text = format!(
        "a transaction of {login} ({application}) in {database} is open for {seconds} s, {state}: it keeps dead rows and locks"
    );
    let remedy = format!("`SELECT pg_terminate_backend({pid})`");
    if state.starts_with("idle in transaction") {
        let remedy = format!(
            "{remedy}, and let such sessions end by themselves: `ALTER ROLE {login} SET idle_in_transaction_session_timeout = '60s'`"
        );
        Finding::error(subject, text, remedy)
    } else {
        Finding::warning(subject, text, remedy)
    }
}

fn idle(slot: &Slot) -> Finding {
    let Slot { name, status, bytes, .. } = slot;
    let lost = matches!(status.as_str(), "unreserved" | "lost");
    let level = if lost || *bytes >= SLOT_ERROR_BYTES { Level::Error } else { Level::Warning };
    Finding::new(
        level,
        format!("replication slot {name}"),
        format!(
            "nobody reads from it, and it keeps {} of the log ({status}): the disk fills up",
            human(bytes.unsigned_abs())
        ),
        format!(
            "start its reader again, or `SELECT pg_drop_replication_slot('{name}')`; `ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'` bounds it"
        ),
    )
}
