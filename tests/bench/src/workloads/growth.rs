//! A ledger that grows: its rate, its balances at a time past, and the server's memory.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use bursar_testkit::Program;

use super::bulk::{CALLERS, LARGEST};
use super::unary::UNIT;
use super::{failure, rate};
use crate::Fault;
use crate::load::plan::{Call, Choice, Pace, Tenant};
use crate::machine::resident_mb;
use crate::report::row::{Goal, Row};
use crate::server::Home;
use crate::session::{Load, Series, Session};
use crate::world;

/// Its database: a fresh one, so that it begins empty.
const DATABASE: &str = "bursar_growth";
/// Callers of the loads that are compared.
const STEADY: u32 = 64;
/// Callers with which memory is looked at again.
const MANY: u32 = 1_024;
/// Most memory of the server, in MB.
const MOST_MB: f64 = 150.0;
/// Memory may differ by this much between two looks and has not grown.
const NO_GROWTH: f64 = 1.05;

/// A server on a ledger of its own.
struct Growing {
    home: Home,
    server: Program,
    tenant: Tenant,
    since: i64,
}

/// What one size gave.
struct Point {
    transfers: u64,
    steady: Series,
    as_of: Series,
}

pub(super) async fn run(session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    session.progress.say("growth: a fresh ledger");
    let home = Home::make(session.cluster, DATABASE).await;
    let server = home.serve(&session.program).await;
    let accounts = session.sizes.accounts;
    let tenant = world::tenant(&server.platform, session.seed, 0, accounts, &|_| {}).await?;
    session.cluster.vacuum(DATABASE).await;
    let growing = Growing { home, server, tenant, since: now() };
    let mut points = Vec::new();
    let mut there = 0;
    let mut memory = Vec::new();
    for wanted in session.sizes.growth {
        if wanted > there {
            memory = growing.fill(session, there, wanted).await?;
            // Autovacuum would do it, and one side of the comparison would meet it by chance.
            session.cluster.vacuum(growing.home.database()).await;
        }
        there = wanted;
        points.push(growing.measure(session, wanted).await?);
    }
    let mut rows = rates(&points);
    rows.extend(as_of(&points));
    rows.extend(growing.memory(session, &memory).await?);
    growing.server.stop().await;
    Ok(rows)
}

impl Growing {
    /// Makes so many transfers in batches; gives the server's memory as it went, with how far it was from 0 to 1.
    async fn fill(
        &self,
        session: &Session<'_>,
        there: u64,
        wanted: u64,
    ) -> Result<Vec<(f64, f64)>, Fault> {
        let calls = (wanted - there).div_ceil(u64::from(LARGEST));
        let load =
            Load::closed(CALLERS, Call::Batch(LARGEST), Choice::Uniform).at(Pace::Count(calls));
        let (pid, memory) = (self.server.process.pid(), Mutex::new(Vec::new()));
        #[allow(clippy::cast_precision_loss, reason = "thousands of calls")]
        let told = |done: u64| {
            let made = there + done * u64::from(LARGEST);
            session.progress.far(&format!("growth: {made} of {wanted} transfers"));
            if let (Some(mb), Ok(mut memory)) = (resident_mb(pid), memory.lock()) {
                memory.push((done as f64 / calls as f64, mb));
            }
        };
        let tenants = std::slice::from_ref(&self.tenant);
        let outcome = session.load_on(&self.server, tenants, &load, &told).await?;
        if let Some(failure) = outcome.failure {
            return Err(format!("the ledger cannot be filled: {failure}").into());
        }
        Ok(memory.into_inner()?)
    }

    /// The uniform load, then balances at moments past.
    async fn measure(&self, session: &Session<'_>, transfers: u64) -> Result<Point, Fault> {
        let tenants = std::slice::from_ref(&self.tenant);
        let (mut steady, mut as_of) = (Vec::new(), Vec::new());
        for round in 1..=session.sizes.rounds {
            session
                .progress
                .say(&format!("growth: load after {transfers} transfers, round {round}"));
            let load = Load::closed(STEADY, Call::Transfer, Choice::Uniform);
            steady.push(session.load_on(&self.server, tenants, &load, &|_| {}).await?);
            let call = Call::BalanceAsOf(self.since, now());
            let load = Load::closed(STEADY, call, Choice::Uniform);
            as_of.push(session.load_on(&self.server, tenants, &load, &|_| {}).await?);
        }
        Ok(Point { transfers, steady: Series::of(&steady), as_of: Series::of(&as_of) })
    }

    /// The server's memory now and under many callers, and whether it grew over the last half of the filling.
    async fn memory(
        &self,
        session: &Session<'_>,
        filling: &[(f64, f64)],
    ) -> Result<Vec<Row>, Fault> {
        let pid = self.server.process.pid();
        let resident = || resident_mb(pid).ok_or("the server is gone");
        let filled = resident()?;
        session.progress.say(&format!("memory: {MANY} callers"));
        let tenants = std::slice::from_ref(&self.tenant);
        let load = Load::closed(MANY, Call::Transfer, Choice::Uniform);
        let outcome = session.load_on(&self.server, tenants, &load, &|_| {}).await?;
        let many = resident()?;
        let mut row = Row::new("memory", filled.max(many), "MB").must(Goal::AtMost(MOST_MB));
        row.failure = failure(&Series::of(&[outcome]));
        row.note = format!(
            "{filled:.0} MB after the growing ledger's last load, {many:.0} MB after a load of {MANY} callers on it"
        );
        let highest = |from: f64, to: f64| {
            let within = filling.iter().filter(|(far, _)| *far > from && *far <= to);
            within.map(|(_, mb)| *mb).fold(0.0, f64::max)
        };
        let (third, last) = (highest(0.5, 0.75), highest(0.75, 1.0));
        let mut growth = Row::new("memory_growth", last, "MB")
            .beside("the quarter before", Some(third))
            .must(Goal::RatioAtMost(NO_GROWTH));
        growth.note =
            "most memory in the last quarter of the last filling, and in the one before it".into();
        Ok(vec![row, growth])
    }
}

fn rates(points: &[Point]) -> Vec<Row> {
    let first = points.first().map(|point| point.steady.rate);
    let last = points.len().saturating_sub(1);
    let rows = points.iter().enumerate().map(|(place, point)| {
        let name = if place == last { "growth".to_owned() } else { at(point.transfers) };
        let mut row = rate(&name, &point.steady, UNIT);
        row.note =
            format!("the uniform load of {STEADY} callers after {} transfers", point.transfers);
        if place == last {
            row = row.beside("growth_0", first).must(Goal::Ratio(0.8));
        }
        row
    });
    rows.collect()
}

fn as_of(points: &[Point]) -> Option<Row> {
    let (first, last) = (points.first()?, points.last()?);
    let mut row = Row::new("growth_as_of", last.as_of.p99_us, "µs")
        .beside("its p99 at first", Some(first.as_of.p99_us))
        .must(Goal::RatioAtMost(1.5));
    (row.p50_us, row.p99_us) = (Some(last.as_of.p50_us), Some(last.as_of.p99_us));
    row.failure = failure(&first.as_of).or(failure(&last.as_of));
    row.note = format!("p99 of the balance at a random moment past, {STEADY} callers");
    Some(row)
}

/// Name of the line for so many transfers.
fn at(transfers: u64) -> String {
    match transfers {
        0 => "growth_0".into(),
        many if many.is_multiple_of(1_000_000) => format!("growth_{}m", many / 1_000_000),
        many => format!("growth_{many}"),
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_is_compared_with_the_first() {
        let point = |transfers, rate, p99_us| Point {
            transfers,
            steady: Series { rate, ..Default::default() },
            as_of: Series { rate: 1.0, p99_us, ..Default::default() },
        };
        let points =
            [point(0, 100.0, 10.0), point(1_000_000, 95.0, 12.0), point(10_000_000, 79.0, 14.0)];
        let rows = rates(&points);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["growth_0", "growth_1m", "growth"]);
        assert_eq!(rows.iter().map(Row::reached).collect::<Vec<_>>(), [None, None, Some(false)]);
        assert_eq!(as_of(&points).expect("a line").reached(), Some(true));
    }
}
