//! One transfer a call.

use super::{beside_own, figure, rate};
use crate::Fault;
use crate::baseline::{HOT, Script, TENANTS, UNIFORM, ZIPF};
use crate::load::plan::{Call, Choice, Pace};
use crate::report::row::{Goal, Row};
use crate::session::{Against, Load, Session};

/// Unit of the rates.
pub(super) const UNIT: &str = "transfers/s";
/// Two figures of one run differ by this much without a cause, so less is no fall.
const NO_FALL: f64 = 0.95;

/// A load in closed loop and what it must reach.
struct Unary {
    callers: u32,
    choice: Choice,
    script: Script,
    goal: Goal,
}

fn unary(name: &str) -> Option<Unary> {
    let of = |callers, choice, script, least| {
        Some(Unary { callers, choice, script, goal: Goal::Ratio(least) })
    };
    match name {
        "unary_c1" => of(1, Choice::Uniform, UNIFORM, 0.6),
        "unary_c8" => of(8, Choice::Uniform, UNIFORM, 0.85),
        "unary_uniform_c64" => of(64, Choice::Uniform, UNIFORM, 2.0),
        "unary_uniform_c256" => of(256, Choice::Uniform, UNIFORM, 3.0),
        "unary_zipf_c64" => of(64, Choice::Zipf, ZIPF, 2.5),
        "unary_zipf_c256" => of(256, Choice::Zipf, ZIPF, 6.0),
        "unary_hot_c64" => of(64, Choice::Hot, HOT, 9.0),
        "unary_hot_c256" => of(256, Choice::Hot, HOT, 20.0),
        _ => None,
    }
}

pub(super) async fn run(
    name: &str,
    session: &Session<'_>,
    before: &[Row],
) -> Result<Vec<Row>, Fault> {
    match name {
        "unary_zipf_c1024" => {
            let load = Load::closed(1_024, Call::Transfer, Choice::Zipf);
            let (ours, _) = session.in_turns(name, session.one(), &load, None).await?;
            let goal = Goal::Ratio(NO_FALL);
            Ok(vec![beside_own(rate(name, &ours, UNIT), before, "unary_zipf_c256", goal)])
        }
        "many_tenants_c256" => many_tenants(name, session, before).await,
        "two_phase_c64" => {
            let load = Load::closed(64, Call::TwoPhase, Choice::Uniform);
            let (ours, _) = session.in_turns(name, session.one(), &load, None).await?;
            let goal = Goal::Ratio(0.8);
            Ok(vec![beside_own(rate(name, &ours, UNIT), before, "unary_uniform_c64", goal)])
        }
        "transport_c1" => transport(name, session, before, 1, "unary_c1").await,
        "transport_c8" => transport(name, session, before, 8, "unary_c8").await,
        "transport_c64" => transport(name, session, before, 64, "unary_uniform_c64").await,
        "transport_c256" => transport(name, session, before, 256, "unary_uniform_c256").await,
        "open_uniform" => open(name, session, before).await,
        _ => match unary(name) {
            Some(unary) => compare(name, session, before, &unary).await,
            None => Err(format!("there is no workload {name}").into()),
        },
    }
}

async fn compare(
    name: &str,
    session: &Session<'_>,
    before: &[Row],
    unary: &Unary,
) -> Result<Vec<Row>, Fault> {
    let load = Load::closed(unary.callers, Call::Transfer, unary.choice);
    let against = Some(Against::one(unary.script, unary.callers));
    let (ours, theirs) = session.in_turns(name, session.one(), &load, against).await?;
    let row = rate(name, &ours, UNIT);
    let mut first = row.clone().beside(unary.script.name, theirs).must(unary.goal);
    first.note = format!("the load generator took {:.0} µs of processor time a call", ours.cpu_us);
    let mut rows = vec![first];
    if unary.choice == Choice::Hot {
        let uniform = format!("unary_uniform_c{}", unary.callers);
        let row = Row { name: format!("{name}_to_uniform"), ..row };
        rows.push(beside_own(row, before, &uniform, Goal::Ratio(0.8)));
    }
    Ok(rows)
}

async fn many_tenants(
    name: &str,
    session: &Session<'_>,
    before: &[Row],
) -> Result<Vec<Row>, Fault> {
    let load = Load::closed(256, Call::Transfer, Choice::Uniform);
    let against = Some(Against::one(TENANTS, 256));
    let (ours, theirs) = session.in_turns(name, &session.many, &load, against).await?;
    let row = rate(name, &ours, UNIT);
    let sql = Row { name: format!("{name}_to_sql"), ..row.clone() };
    Ok(vec![
        beside_own(row, before, "unary_uniform_c256", Goal::Ratio(0.6)),
        sql.beside(TENANTS.name, theirs),
    ])
}

/// What is left when nothing is posted: no change of engine or tables can bring a transfer above this rate.
async fn transport(
    name: &str,
    session: &Session<'_>,
    before: &[Row],
    callers: u32,
    own: &str,
) -> Result<Vec<Row>, Fault> {
    let load = Load::closed(callers, Call::Refused, Choice::Uniform);
    let (ours, _) = session.in_turns(name, session.one(), &load, None).await?;
    let of = figure(before, own).map(|row| row.value);
    let mut row = rate(name, &ours, "calls/s").beside(own, of);
    row.note = "CreateTransfer with a bad amount, refused before the engine: authenticated, decoded, checked and \
                answered, without a database"
        .into();
    Ok(vec![row])
}

/// At half the rate that the closed loop reached: what latency is when nobody pushes.
async fn open(name: &str, session: &Session<'_>, before: &[Row]) -> Result<Vec<Row>, Fault> {
    let reached = figure(before, "unary_uniform_c64").map_or(1_000.0, |row| row.value);
    let asked = (reached / 2.0).round();
    let load = Load::closed(256, Call::Transfer, Choice::Uniform).at(Pace::Open(asked));
    let (ours, _) = session.in_turns(name, session.one(), &load, None).await?;
    let mut row = rate(name, &ours, UNIT).beside("the rate asked for", Some(asked));
    row.note =
        "open loop at half the rate of unary_uniform_c64; latency from when a call was due".into();
    Ok(vec![row])
}
