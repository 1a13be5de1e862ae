//! From the start of the program to SERVING, on a database that is migrated already.

use std::time::{Duration, Instant};

use bursar_testkit::Program;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::Fault;
use crate::report::row::{Goal, Row, median};
use crate::session::Session;

/// Longest time to SERVING, in milliseconds.
const MOST_MS: f64 = 500.0;
/// How often it is asked.
const ASK: Duration = Duration::from_millis(2);

pub(super) async fn run(name: &str, session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    let mut all = Vec::new();
    for number in 1..=session.sizes.starts {
        session.progress.say(&format!("{name}: {number} of {}", session.sizes.starts));
        let since = Instant::now();
        let server = session.home.serve(&session.program).await;
        until_serving(&server).await?;
        all.push(since.elapsed().as_secs_f64() * 1e3);
        server.stop().await;
    }
    let middle = median(all.iter().copied()).unwrap_or_default();
    let mut row = Row::new(name, middle, "ms").must(Goal::AtMost(MOST_MS));
    let longest = all.iter().copied().fold(0.0, f64::max);
    row.note = format!("median of {} starts, the longest {longest:.0} ms", all.len());
    Ok(vec![row])
}

async fn until_serving(server: &Program) -> Result<(), Fault> {
    let mut client = HealthClient::new(server.platform.channel());
    loop {
        let reply = client.check(HealthCheckRequest::default()).await;
        if reply.is_ok_and(|reply| reply.get_ref().status() == ServingStatus::Serving) {
            return Ok(());
        }
        tokio::time::sleep(ASK).await;
    }
}
