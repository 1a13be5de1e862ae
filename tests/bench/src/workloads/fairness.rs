//! A quiet tenant beside one that floods.

use super::{failure, rate};
use crate::Fault;
use crate::load::plan::{Call, Choice, Pace};
use crate::report::row::{Goal, Row};
use crate::session::{Load, Series, Session};

/// Calls of the quiet tenant a second, by one caller.
const QUIET_RATE: f64 = 50.0;
/// Callers of the tenant that floods.
const FLOOD: u32 = 256;
/// How much longer the quiet tenant's p99 may be.
const MOST: f64 = 3.0;

/// The quiet tenant alone, then beside the flood, in turns.
pub(super) async fn run(name: &str, session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    let quiet = Load::closed(1, Call::Transfer, Choice::Uniform).at(Pace::Open(QUIET_RATE));
    let flood =
        Load { may_be_exhausted: true, ..Load::closed(FLOOD, Call::Transfer, Choice::Uniform) };
    let tenant = &session.many[..1];
    let (mut alone, mut beside, mut floods) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=session.sizes.rounds {
        session.progress.say(&format!("{name}: alone, round {round}"));
        alone.push(session.load(tenant, &quiet).await?);
        session.progress.say(&format!("{name}: beside a flood, round {round}"));
        let both =
            tokio::try_join!(session.load(tenant, &quiet), session.load(session.one(), &flood));
        let (quieter, louder) = both?;
        beside.push(quieter);
        floods.push(louder);
    }
    let (alone, beside, floods) = (Series::of(&alone), Series::of(&beside), Series::of(&floods));
    let mut row = Row::new(name, beside.p99_us, "µs")
        .beside("its p99 alone", Some(alone.p99_us))
        .must(Goal::RatioAtMost(MOST));
    (row.p50_us, row.p99_us) = (Some(beside.p50_us), Some(beside.p99_us));
    row.failure = failure(&alone).or(failure(&beside)).or(failure(&floods));
    row.note = format!(
        "a quiet tenant of one caller at {QUIET_RATE} calls/s in open loop (median {:.0} µs alone), while another \
         floods with {FLOOD} callers: {:.0} transfers/s, {} calls refused with RESOURCE_EXHAUSTED",
        alone.p50_us, floods.rate, floods.exhausted
    );
    let mut flood = rate(&format!("{name}_flood"), &floods, "transfers/s");
    flood.note = "the flood itself, in closed loop".into();
    Ok(vec![row, flood])
}
