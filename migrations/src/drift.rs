//! What a database has that this program's migrations and bootstrap do not make, and what it lacks of it.

use crate::error::Error;
use crate::items::{Item, Items, Key};
use crate::runner::Runner;
use crate::schema::{read, snapshot};
use crate::status::{Migration, State};
use secrecy::SecretString;
use sqlx::postgres::PgConnection;
use std::collections::BTreeSet;
use std::fmt::{self, Display};

/// What the migrations build; a test compares it with a database that they built.
const BUILT: &str = include_str!("../schema.sql");

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// What it is: `index`, `policy`, `grant`, `column`, `role`, `migration` and so on.
    pub kind: String,
    /// Its name, such as `bursar.ledger_transfer_debit` or `SELECT on bursar.ledger_account to PUBLIC`.
    pub object: String,
    /// How it differs.
    pub difference: Difference,
    /// What the program makes, as SQL where it can be said so.
    pub expected: Option<String>,
    /// What the database has.
    pub found: Option<String>,
}

/// How a thing differs from what the program makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Difference {
    /// The program makes it; the database does not have it.
    Missing,
    /// The database has it; the program does not make it.
    Unexpected,
    /// Both have it, not the same.
    Changed,
}

impl Difference {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Changed => "changed",
        }
    }
}

impl Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.object, self.difference.as_str())
    }
}

impl Drift {
    /// `None` when both sides say the same.
    fn between(
        kind: &str,
        object: &str,
        expected: Option<&str>,
        found: Option<&str>,
    ) -> Option<Self> {
        let difference = match (expected, found) {
            (Some(expected), Some(found)) if expected == found => return None,
            (Some(_), Some(_)) => Difference::Changed,
            (Some(_), None) => Difference::Missing,
            (None, Some(_)) => Difference::Unexpected,
            (None, None) => return None,
        };
        Some(Self {
            kind: kind.to_owned(),
            object: object.to_owned(),
            difference,
            expected: expected.map(str::to_owned),
            found: found.map(str::to_owned),
        })
    }
}

/// Compares the database with what this program makes, by an administrator's or the owner's address; changes nothing.
///
/// Pending migrations, or some that this program does not know, are told alone: there is no text of the schema that
/// they leave to compare with.
pub async fn drift(url: &SecretString) -> Result<Vec<Drift>, Error> {
    let mut runner = Runner::connect(url).await?;
    let found = look(&mut runner).await;
    runner.close().await;
    found
}

async fn look(runner: &mut Runner) -> Result<Vec<Drift>, Error> {
    let mut found: Vec<_> = runner.status().await?.iter().filter_map(of_migration).collect();
    if found.iter().any(|drift| drift.difference != Difference::Changed) {
        return Ok(found);
    }
    let conn = runner.connection();
    snapshot(conn).await?;
    let (text, uncovered) = read(conn).await?;
    found.extend(compare(&Items::of(BUILT), &Items::of(&text)));
    found.extend(uncovered.iter().filter_map(|(name, kind)| {
        Drift::between(kind, name, None, Some(&format!("{kind} {name}")))
    }));
    found.extend(at_run_time(conn).await?);
    Ok(found)
}

fn of_migration(migration: &Migration) -> Option<Drift> {
    let object = format!("{} {}", migration.version, migration.name);
    let (expected, found) = match &migration.state {
        State::Applied(_) => return None,
        State::Pending => (Some("applied"), None),
        State::Unknown(_) => (None, Some("applied")),
        State::Changed(_) => (Some("applied"), Some("applied with another text")),
    };
    Drift::between("migration", &object, expected, found)
}

/// Kinds of things that others come and go with.
const WHOLES: &[&str] = &["schema", "table", "function"];

/// What two texts say differently, by kind and name.
fn compare(expected: &Items, found: &Items) -> Vec<Drift> {
    let keys: BTreeSet<&Key> = expected.0.keys().chain(found.0.keys()).collect();
    let only_one = |key: &Key| expected.0.contains_key(key) != found.0.contains_key(key);
    let gone: BTreeSet<&str> = keys
        .iter()
        .filter(|key| WHOLES.contains(&key.0.as_str()) && only_one(key))
        .map(|key| key.1.as_str())
        .collect();
    let mut drifts = Vec::new();
    for key in keys {
        let (expected, found) = (expected.0.get(key), found.0.get(key));
        // A table that is missing is told once, not with each of its columns.
        let of = expected.or(found).and_then(|item| item.of.as_deref());
        if of.is_some_and(|of| gone.contains(of)) {
            continue;
        }
        let both = expected.is_some() && found.is_some();
        let text = |item: &'_ Item| if both { item.text.clone() } else { item.whole.clone() };
        let (mut expected, mut found) = (expected.map(text), found.map(text));
        if key.0 == "owner" {
            // The text says nothing of what belongs to bursar_owner.
            let owned =
                expected.as_ref().or(found.as_ref()).and_then(|text| text.rsplit_once(" TO "));
            let owned = owned.map(|(object, _)| format!("{object} TO bursar_owner;"));
            (expected, found) = (expected.or_else(|| owned.clone()), found.or(owned));
        }
        drifts.extend(Drift::between(&key.0, &key.1, expected.as_deref(), found.as_deref()));
    }
    drifts
}

/// What bootstrap and onboarding make: it is not in the text, for its names differ from one database to the next.
async fn at_run_time(conn: &mut PgConnection) -> Result<Vec<Drift>, Error> {
    let mut found = Vec::new();
    for sql in [
        include_str!("drift/roles.sql"),
        include_str!("drift/memberships.sql"),
        include_str!("drift/database.sql"),
        include_str!("drift/strays.sql"),
        include_str!("drift/tenants.sql"),
    ] {
        let told: Vec<(String, String, Option<String>, Option<String>)> =
            sqlx::query_as(sql).fetch_all(&mut *conn).await?;
        found.extend(told.iter().filter_map(|(kind, object, expected, found)| {
            Drift::between(kind, object, expected.as_deref(), found.as_deref())
        }));
    }
    Ok(found)
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
