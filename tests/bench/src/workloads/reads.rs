//! Point reads and pages.

use super::bulk::{CALLERS, LARGEST};
use super::rate;
use crate::Fault;
use crate::baseline::{BALANCE, BATCH, Length, PAGE, RAW_BATCH, Script};
use crate::load::plan::{Call, Choice, Pace, Tenant};
use crate::report::row::{Goal, Row};
use crate::session::{Against, Load, Session};

/// Callers at once.
const READERS: u32 = 64;
/// Transfers of a page.
const PAGE_SIZE: u32 = 50;
/// Transfers that each paged account has on average: enough that none has less than a page.
const EACH: u32 = 130;
/// The ratio that reads must reach.
const LEAST: Goal = Goal::Ratio(0.5);

pub(super) async fn balance(name: &str, session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    let load = Load::closed(READERS, Call::Balance, Choice::Uniform);
    compare(name, session, session.one(), &load, BALANCE).await
}

/// Pages of a few accounts, which both sides give enough transfers first.
pub(super) async fn page(name: &str, session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    let paged = session.sizes.paged;
    let few = [Tenant { accounts: paged, ..session.tenant.clone() }];
    session.progress.say(&format!("{name}: transfers of {paged} accounts"));
    // Each transfer has two accounts.
    let wanted = u64::from(paged * EACH / 2);
    let fill = Load::closed(CALLERS, Call::Batch(LARGEST), Choice::Uniform)
        .at(Pace::Count(wanted.div_ceil(u64::from(LARGEST))));
    let filled = session.load(&few, &fill).await?;
    if let Some(failure) = filled.failure {
        return Err(format!("the accounts cannot be filled: {failure}").into());
    }
    if let Some(baseline) = &session.baseline {
        let batches = wanted.div_ceil(u64::from(BATCH));
        let length = Length::Transactions(batches);
        baseline.run(RAW_BATCH, 1, length, &[("accounts", paged)]).await?;
    }
    let load = Load::closed(READERS, Call::Page(PAGE_SIZE), Choice::Uniform);
    compare(name, session, &few, &load, PAGE).await
}

async fn compare(
    name: &str,
    session: &Session<'_>,
    tenants: &[Tenant],
    load: &Load,
    script: Script,
) -> Result<Vec<Row>, Fault> {
    let against = Some(Against::one(script, READERS));
    let (ours, theirs) = session.in_turns(name, tenants, load, against).await?;
    Ok(vec![rate(name, &ours, "reads/s").beside(script.name, theirs).must(LEAST)])
}
