//! What the calls of one run gave.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tonic::{Code, Status};

use super::plan::Outcome;

/// Longest latency that is told apart.
const MAX_US: u64 = 120_000_000;
/// Digits that a latency keeps.
const DIGITS: u8 = 3;

/// Counts the calls that end within the measured time.
pub(super) struct Book {
    from: Instant,
    to: Instant,
    may_be_exhausted: bool,
    kept: Mutex<Kept>,
}

struct Kept {
    histogram: Histogram<u64>,
    units: u64,
    /// Calls in all, in warm-up too.
    all: u64,
    failed: u64,
    failure: Option<String>,
    exhausted: u64,
}

impl Book {
    /// Counts from one moment to another.
    pub(super) fn new(from: Instant, to: Instant, may_be_exhausted: bool) -> Self {
        let histogram = Histogram::new_with_max(MAX_US, DIGITS).expect("bounds of a histogram");
        let kept = Kept { histogram, units: 0, all: 0, failed: 0, failure: None, exhausted: 0 };
        Self { from, to, may_be_exhausted, kept: Mutex::new(kept) }
    }

    /// When nothing is counted any more.
    pub(super) fn to(&self) -> Instant {
        self.to
    }

    /// Notes a call that has just ended: since when it counts, how many transfers or reads it was, how it ended.
    pub(super) fn note(&self, since: Instant, units: u32, outcome: Result<(), Status>) {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.all += 1;
        match outcome {
            Ok(()) if now >= self.from && now < self.to => {
                let latency = u64::try_from((now - since).as_micros()).unwrap_or(MAX_US);
                kept.histogram.saturating_record(latency.max(1));
                kept.units += u64::from(units);
            }
            Ok(()) => {}
            Err(status) if self.may_be_exhausted && status.code() == Code::ResourceExhausted => {
                kept.exhausted += 1;
            }
            Err(status) => {
                kept.failed += 1;
                kept.failure
                    .get_or_insert_with(|| format!("{:?}: {}", status.code(), status.message()));
            }
        }
    }

    /// What it came to in a measured time of that length.
    pub(super) fn outcome(&self, measured: Duration, cpu: Duration) -> Outcome {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = kept.histogram.len();
        #[allow(clippy::cast_precision_loss, reason = "counts and microseconds of one run")]
        let float = |number: u64| number as f64;
        Outcome {
            rate: float(kept.units) / measured.as_secs_f64(),
            calls,
            p50_us: float(kept.histogram.value_at_quantile(0.5)),
            p99_us: float(kept.histogram.value_at_quantile(0.99)),
            p999_us: float(kept.histogram.value_at_quantile(0.999)),
            max_us: float(kept.histogram.max()),
            failed: kept.failed,
            failure: kept.failure.clone(),
            exhausted: kept.exhausted,
            cpu_us: cpu.as_secs_f64() * 1e6 / float(kept.all.max(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_in_the_measured_time_counts() {
        let now = Instant::now();
        let book = Book::new(now, now + Duration::from_mins(1), false);
        book.note(now.checked_sub(Duration::from_millis(7)).expect("up for long"), 5, Ok(()));
        let outcome = book.outcome(Duration::from_secs(2), Duration::from_micros(9));
        assert_eq!((outcome.calls, outcome.failed), (1, 0));
        assert!((outcome.rate - 2.5).abs() < 1e-9, "{outcome:?}");
        assert!(outcome.p50_us >= 7_000.0 && outcome.p50_us < 60e6, "{outcome:?}");
        let early = Book::new(now + Duration::from_mins(1), now + Duration::from_mins(2), false);
        early.note(now, 1, Ok(()));
        assert_eq!(early.outcome(Duration::from_secs(1), Duration::ZERO).calls, 0);
    }

    #[test]
    fn failures_count_and_exhaustion_only_where_it_is_allowed() {
        let now = Instant::now();
        let refusals = |may_be_exhausted| {
            let book = Book::new(now, now + Duration::from_mins(1), may_be_exhausted);
            book.note(now, 1, Err(Status::resource_exhausted("full")));
            book.note(now, 1, Err(Status::internal("broken")));
            let outcome = book.outcome(Duration::from_secs(1), Duration::ZERO);
            (outcome.failed, outcome.exhausted, outcome.failure.expect("one failed"))
        };
        assert_eq!(refusals(false), (2, 0, "ResourceExhausted: full".to_owned()));
        assert_eq!(refusals(true), (1, 1, "Internal: broken".to_owned()));
    }
}
