//! What the server does by itself, beside answering calls.

use crate::stopping::stopped;
use bursar_domain::limits::{EXPIRY_BATCH, RETENTION_BATCH, SEAL_ROWS};
use bursar_domain::{Error, Result};
use bursar_store::Store;
use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How often holds whose timeout has passed are released.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);
/// How often remembered operations that are old enough are forgotten.
const RETENTION_INTERVAL: Duration = Duration::from_hours(1);
/// How often what was committed is sealed.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);
/// Longest wait after an error, so that holds expire soon after the database is back.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Starts the jobs; they end when `stopping` turns true, each after the transaction it is in.
pub(crate) fn start(store: &Store, stopping: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let holds = store.clone();
    jobs.spawn(every(
        "expire_holds",
        EXPIRY_INTERVAL,
        EXPIRY_BATCH as u64,
        stopping.clone(),
        async move || holds.holds_expire().await,
    ));
    let seals = store.clone();
    // A run ends before the transaction that would go beyond its limit: half of it says that there may be more.
    let many = SEAL_ROWS as u64 / 2;
    jobs.spawn(every("seal_audit", SEAL_INTERVAL, many, stopping.clone(), async move || {
        seals.audit_seal().await
    }));
    let operations = store.clone();
    let batch = RETENTION_BATCH.unsigned_abs();
    jobs.spawn(every(
        "forget_operations",
        RETENTION_INTERVAL,
        batch,
        stopping.clone(),
        async move || operations.operations_forget().await,
    ));
    jobs
}

/// What the jobs tell the meters, by the job's name.
struct Meters {
    duration: Histogram<f64>,
    runs: Counter<u64>,
    items: Counter<u64>,
    last_success: Gauge<f64>,
}

static METERS: LazyLock<Meters> = LazyLock::new(|| {
    let meter = global::meter("bursar");
    let count = |name: &'static str, help: &'static str| {
        meter.u64_counter(name).with_description(help).build()
    };
    Meters {
        duration: meter
            .f64_histogram("bursar.job.duration")
            .with_unit("s")
            .with_description("Time of one run of a job")
            .with_boundaries(vec![0.001, 0.01, 0.1, 1.0, 10.0, 60.0])
            .build(),
        runs: count("bursar.job.runs", "Runs of a job, by outcome"),
        items: count(
            "bursar.job.items",
            "What a job did: holds released, operations forgotten, rows sealed",
        ),
        last_success: meter
            .f64_gauge("bursar.job.last_success")
            .with_unit("s")
            .with_description("When a job last ran without an error, in seconds since 1970")
            .build(),
    }
});

impl Meters {
    /// One run of a job; `None` items when it failed.
    fn ran(&self, job: &'static str, took: Duration, items: Option<u64>) {
        let job = KeyValue::new("job.name", job);
        let outcome = KeyValue::new("outcome", if items.is_some() { "ok" } else { "error" });
        self.runs.add(1, &[job.clone(), outcome]);
        self.duration.record(took.as_secs_f64(), std::slice::from_ref(&job));
        if let Some(items) = items {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.items.add(items, std::slice::from_ref(&job));
            self.last_success.record(now.as_secs_f64(), &[job]);
        }
    }
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
        let since = Instant::now();
        let ran = job().await;
        METERS.ran(name, since.elapsed(), ran.as_ref().ok().copied());
        let wait = match ran {
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
