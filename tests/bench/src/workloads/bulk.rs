//! Many transfers a call.

use super::{rate, unary::UNIT};
use crate::Fault;
use crate::baseline::{BATCH, RAW_BATCH};
use crate::load::plan::{Call, Choice};
use crate::report::row::{Goal, Row};
use crate::session::{Against, Load, Session};

/// Most transfers of one call.
pub(super) const LARGEST: u32 = 8_190;
/// Batches at once, and connections of the baseline.
pub(super) const CALLERS: u32 = 2;

/// How many times as long a run is, because one holds only some dozens of calls.
const TIMES: u64 = 2;
/// Streams at once.
const STREAMS: u32 = 4;
/// Transfers of a message of a stream.
const MESSAGE: u32 = 1_000;

/// Beside the same baseline, on as many connections as for the batches.
pub(super) async fn stream(name: &str, session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    let load =
        Load { times: TIMES, ..Load::closed(STREAMS, Call::Stream(MESSAGE), Choice::Uniform) };
    let against = Some(Against { script: RAW_BATCH, clients: CALLERS, units: BATCH });
    let (ours, theirs) = session.in_turns(name, session.one(), &load, against).await?;
    Ok(vec![rate(name, &ours, UNIT).beside(RAW_BATCH.name, theirs).must(Goal::Ratio(0.7))])
}

pub(super) async fn batch(name: &str, session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    let load =
        Load { times: TIMES, ..Load::closed(CALLERS, Call::Batch(LARGEST), Choice::Uniform) };
    let against = Some(Against { script: RAW_BATCH, clients: CALLERS, units: BATCH });
    let (ours, theirs) = session.in_turns(name, session.one(), &load, against).await?;
    Ok(vec![rate(name, &ours, UNIT).beside(RAW_BATCH.name, theirs).must(Goal::Ratio(0.8))])
}
