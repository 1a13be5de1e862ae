//! What of the migrations the database has.

use super::facts::{Database, Difference, Facts};
use super::finding::{Finding, Level};
use bursar_migrations::State;

pub(super) fn judge(facts: &Facts, database: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &database.migrations {
        None => findings.push(Finding::skipped(
            "migrations",
            "only an administrator sees which were applied; `versions` compares the newest",
            "give an administrator's address in BURSAR_OWNER_URL",
        )),
        Some(Err(why)) => findings.push(Finding::unseen("migrations", why)),
        Some(Ok(migrations)) => {
            for migration in migrations {
                let subject = format!("{} {}", migration.version, migration.name);
                match migration.state {
                    State::Applied(_) => {}
                    State::Pending => findings.push(Finding::error(
                        subject,
                        "the migration is not applied: a server of this version does not start",
                        "`bursar migrate up`, after `bursar migrate up --dry-run` has shown what it does",
                    )),
                    State::Changed(_) => findings.push(Finding::error(
                        subject,
                        "the migration was changed after it was applied",
                        "put its text back, and write a new migration for the change; a program of another release has another text too",
                    )),
                    State::Unknown(_) => findings.push(Finding::warning(
                        subject,
                        "this program does not know the migration",
                        "use the version of Bursar that applied it, or a later one",
                    )),
                }
            }
            if findings.is_empty() {
                let text = format!("all {} are applied", migrations.len());
                findings.push(Finding::ok("migrations", text));
            }
        }
    }
    match &database.drift {
        None => {}
        Some(Err(why)) => findings.push(Finding::unseen("drift", why)),
        Some(Ok(found)) => findings.extend(drift(facts, found)),
    }
    findings
}

fn drift(facts: &Facts, found: &[Difference]) -> Vec<Finding> {
    if found.is_empty() {
        return vec![Finding::ok("drift", "the schema is what the migrations build")];
    }
    let level = if facts.production { Level::Error } else { Level::Warning };
    let told = |one: &Difference| {
        let remedy = format!("{}; `bursar migrate diff` shows all of it", one.remedy);
        Finding::new(level, &one.subject, &one.text, remedy)
    };
    found.iter().map(told).collect()
}
