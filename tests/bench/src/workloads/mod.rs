//! The workloads by name. Each measures and gives lines of the report.

mod bulk;
mod estate;
mod fairness;
mod growth;
mod reads;
mod start;
mod unary;

use crate::Fault;
use crate::report::row::{Goal, Row};
use crate::session::{Series, Session};

/// All names, in the order in which they run: what reads and what fills come after what is compared with an empty table.
pub(crate) const NAMES: &[&str] = &[
    "unary_c1",
    "unary_c8",
    "unary_uniform_c64",
    "unary_uniform_c256",
    "unary_zipf_c64",
    "unary_zipf_c256",
    "unary_zipf_c1024",
    "unary_hot_c64",
    "unary_hot_c256",
    "many_tenants_c256",
    "two_phase_c64",
    "transport_c1",
    "transport_c8",
    "transport_c64",
    "transport_c256",
    "open_uniform",
    "fairness",
    "batch_8190",
    "stream",
    "read_balance_c64",
    "read_page_c64",
    "position_create_c32",
    "position_transition_c32",
    "execution_record_c32",
    "position_list_c8",
    "start",
    "growth",
    "memory",
];

/// What a workload is compared with of our own figures: it must have run before.
fn needs(name: &str) -> Option<&'static str> {
    match name {
        "transport_c1" => Some("unary_c1"),
        "transport_c8" => Some("unary_c8"),
        "unary_zipf_c1024" => Some("unary_zipf_c256"),
        "unary_hot_c64" | "transport_c64" | "two_phase_c64" | "open_uniform" => {
            Some("unary_uniform_c64")
        }
        // One filling serves both.
        "memory" => Some("growth"),
        "unary_hot_c256" | "transport_c256" | "many_tenants_c256" => Some("unary_uniform_c256"),
        _ => None,
    }
}

/// The workloads asked for and those that they need, in order; all when none is named.
///
/// # Errors
/// When a name is none of a workload.
pub(crate) fn chosen(only: &[String]) -> Result<Vec<&'static str>, Fault> {
    if let Some(unknown) = only.iter().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(
            format!("there is no workload {unknown}; there are {}", NAMES.join(", ")).into()
        );
    }
    let wanted = |name: &&str| {
        only.is_empty() || only.iter().any(|asked| asked == name || needs(asked) == Some(name))
    };
    Ok(NAMES.iter().copied().filter(wanted).collect())
}

/// Runs one, given what was measured so far.
///
/// # Errors
/// When its parts do not run; calls that fail are in its lines.
pub(crate) async fn run(
    name: &str,
    session: &Session<'_>,
    before: &[Row],
) -> Result<Vec<Row>, Fault> {
    match name {
        "batch_8190" => bulk::batch(name, session).await,
        "stream" => bulk::stream(name, session).await,
        "read_balance_c64" => reads::balance(name, session).await,
        "read_page_c64" => reads::page(name, session).await,
        "position_create_c32"
        | "position_transition_c32"
        | "execution_record_c32"
        | "position_list_c8" => estate::run(name, session).await,
        "fairness" => fairness::run(name, session).await,
        "start" => start::run(name, session).await,
        "growth" => growth::run(session).await,
        // Its lines came with those of growth.
        "memory" => Ok(Vec::new()),
        _ => unary::run(name, session, before).await,
    }
}

/// A line of a rate, with what failed.
pub(crate) fn rate(name: &str, series: &Series, unit: &'static str) -> Row {
    let mut row = Row::new(name, series.rate, unit);
    (row.p50_us, row.p99_us) = (Some(series.p50_us), Some(series.p99_us));
    row.failure = failure(series);
    row
}

/// What failed, if anything did, or if nothing was done at all.
fn failure(series: &Series) -> Option<String> {
    let said = || series.failure.clone().unwrap_or_default();
    match series.failed {
        0 if series.rate > 0.0 => None,
        0 => Some("no call ended in the measured time".into()),
        failed => Some(format!("{failed} calls failed, the first with {}", said())),
    }
}

/// The line of one of our own figures.
fn figure<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

/// Beside one of our own figures.
fn beside_own(row: Row, before: &[Row], own: &str, goal: Goal) -> Row {
    row.beside(own, figure(before, own).map(|row| row.value)).must(goal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_come_with_what_they_need() {
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            chosen(&names)
        };
        assert_eq!(chosen(&[]).expect("all"), NAMES);
        assert_eq!(
            chosen(&["unary_hot_c64"]).expect("two"),
            ["unary_uniform_c64", "unary_hot_c64"]
        );
        assert!(chosen(&["unary"]).expect_err("no workload").to_string().contains("unary_c1"));
        for (place, name) in NAMES.iter().enumerate() {
            let needed = needs(name).map(|needed| NAMES[..place].contains(&needed));
            assert_ne!(needed, Some(false), "{name} runs before what it needs");
        }
    }
}
