//! What the server does by itself, beside answering calls.

use crate::stopping::stopped;
use bursar_domain::limits::{EXPIRY_BATCH, RETENTION_BATCH};
use bursar_domain::{Error, Result};
use bursar_store::Store;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How often holds whose timeout has passed are released.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);
/// How often remembered operations that are old enough are forgotten.
const RETENTION_INTERVAL: Duration = Duration::from_hours(1);
/// Longest wait after an error, so that holds expire soon after the database is back.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Starts the jobs; they end when `stopping` turns true, each after the transaction it is in.
pub(crate) fn start(store: &Store, stopping: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let holds = store.clone();
    jobs.spawn(every(
        "expire holds",
        EXPIRY_INTERVAL,
        EXPIRY_BATCH as u64,
        stopping.clone(),
        async move || holds.holds_expire().await,
    ));
    let operations = store.clone();
    let batch = RETENTION_BATCH.unsigned_abs();
    jobs.spawn(every(
        "forget operations",
        RETENTION_INTERVAL,
        batch,
        stopping.clone(),
        async move || operations.operations_forget().await,
    ));
    jobs
}

/// Runs a job, waits, and so on. A full batch means there is more to do at once.
async fn every<F>(
    name: &'static str,
    interval: Duration,
    batch: u64,
    mut stopping: watch::Receiver<bool>,
    job: F,
) where
    F: AsyncFn() -> Result<u64>,
{
    let mut errors: u32 = 0;
    loop {
        let wait = match job().await {
            Ok(done) => {
                errors = 0;
                if done > 0 {
                    tracing::debug!(job = name, done, "the job did something");
                }
                if done >= batch { Duration::ZERO } else { interval }
            }
            Err(error) => {
                // The store tells of a database that is away; of the rest, one line until it ends.
                if matches!(error, Error::Unavailable { .. }) {
                    tracing::debug!(job = name, %error, "the job is tried again");
                } else if errors == 0 {
                    tracing::warn!(job = name, %error, "the job failed and is tried again");
                }
                errors = errors.saturating_add(1);
                (Duration::from_secs(1) * 2_u32.saturating_pow(errors.min(8) - 1)).min(MAX_BACKOFF)
            }
        };
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return,
            () = sleep(wait) => {}
        }
    }
}
