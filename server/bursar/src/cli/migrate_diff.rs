//! `bursar migrate diff`: where the database is not what this program makes.

use super::failure::{Exit, Failure};
use super::output::Out;
use bursar_migrations::Drift;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(crate) async fn run(url: &SecretString, out: Out) -> Result<(), Failure> {
    let drifts = bursar_migrations::drift(url).await?;
    let rows: Vec<Value> = drifts.iter().map(row).collect();
    let text = match drifts.len() {
        0 => "no difference: the database is what this program makes".to_owned(),
        _ => drifts.iter().map(lines).collect::<Vec<_>>().join("\n"),
    };
    out.show(&Value::Array(rows), &text)?;
    match drifts.len() {
        0 => Ok(()),
        count => Err(Failure::new(Exit::DIFFERENT, next_step(count, &drifts))),
    }
}

fn row(drift: &Drift) -> Value {
    json!({
        "kind": drift.kind,
        "object": drift.object,
        "difference": drift.difference.as_str(),
        "expected": drift.expected,
        "found": drift.found,
        "remedy": drift.remedy(),
    })
}

/// One line for what differs, then both sides and what to do.
fn lines(drift: &Drift) -> String {
    let mut text = drift.to_string();
    let sides = [("expected", &drift.expected), ("found", &drift.found)];
    for (name, side) in sides {
        if let Some(side) = side {
            // A function's body goes on under its first line.
            let _ = write!(text, "\n  {:9} {}", format!("{name}:"), side.replace('\n', "\n    "));
        }
    }
    let _ = write!(text, "\n  remedy:   {}", drift.remedy());
    text
}

fn next_step(count: usize, drifts: &[Drift]) -> String {
    let things = if count == 1 { "one thing" } else { &format!("{count} things") };
    let next = if drifts.iter().any(|drift| drift.kind == "migration") {
        "bring database and program to the same version first, then compare again"
    } else {
        "follow the remedies, then compare again; docs/runbooks/migrations.md says more"
    };
    format!("the database differs from what this program makes in {things}: {next}")
}
