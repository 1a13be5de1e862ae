//! When calls are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::record::Book;

/// Sends that wait for a caller in the open loop; when so many are late, the pacer itself waits, and they stay late.
const LATE: usize = 65_536;

/// Who makes calls, one after the other.
pub(super) trait Turn: Send + 'static {
    /// Makes its call once and notes what came of it; `since` is when it should have been sent.
    fn turn(&mut self, since: Instant, book: &Book) -> impl Future<Output = ()> + Send;
}

/// Each caller sends its next call when it has the reply, until the measured time is over.
pub(super) async fn closed(workers: Vec<impl Turn>, book: &Arc<Book>) {
    let mut tasks = JoinSet::new();
    for mut worker in workers {
        let book = book.clone();
        tasks.spawn(async move {
            loop {
                let now = Instant::now();
                if now >= book.to() {
                    break;
                }
                worker.turn(now, &book).await;
            }
        });
    }
    all(tasks).await;
}

/// The callers make so many calls in all; `told` is called after each.
pub(super) async fn count(
    workers: Vec<impl Turn>,
    book: &Arc<Book>,
    calls: u64,
    told: impl Fn(u64) + Send + Sync + 'static,
) {
    let (taken, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let told = Arc::new(told);
    let mut tasks = JoinSet::new();
    for mut worker in workers {
        let (book, taken, done, told) = (book.clone(), taken.clone(), done.clone(), told.clone());
        tasks.spawn(async move {
            while taken.fetch_add(1, Ordering::Relaxed) < calls {
                worker.turn(Instant::now(), &book).await;
                told(done.fetch_add(1, Ordering::Relaxed) + 1);
            }
        });
    }
    all(tasks).await;
}

/// Calls are due at a fixed rate; a free caller takes each. Latency counts from when a call was due, so a stall counts
/// for every call that it kept waiting (no coordinated omission).
pub(super) async fn open(workers: Vec<impl Turn>, book: &Arc<Book>, start: Instant, rate: f64) {
    let (send, due) = mpsc::channel(LATE);
    let due = Arc::new(Mutex::new(due));
    let to = book.to();
    // The runtime's timer has a grain of a millisecond, as long as a whole call: a thread sleeps closer.
    let pacer = std::thread::spawn(move || {
        for moment in moments(start, rate).take_while(|moment| *moment < to) {
            #[allow(clippy::disallowed_methods, reason = "a thread of its own, not the runtime's")]
            std::thread::sleep(moment.saturating_duration_since(Instant::now()));
            if send.blocking_send(moment).is_err() {
                break;
            }
        }
    });
    let mut tasks = JoinSet::new();
    for mut worker in workers {
        let (book, due) = (book.clone(), due.clone());
        tasks.spawn(async move {
            loop {
                let Some(moment) = due.lock().await.recv().await else { break };
                worker.turn(moment, &book).await;
            }
        });
    }
    all(tasks).await;
    pacer.join().expect("the pacer does not fail");
}

/// When calls are due, from the start on.
fn moments(start: Instant, rate: f64) -> impl Iterator<Item = Instant> {
    (0_u32..).map(move |number| start + Duration::from_secs_f64(f64::from(number) / rate))
}

async fn all(mut tasks: JoinSet<()>) {
    while let Some(task) = tasks.join_next().await {
        task.expect("no caller fails");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_millis(150);
    const RUN: Duration = Duration::from_millis(400);

    /// Its first call takes long, the others no time at all.
    struct Stalling(Option<Duration>);

    impl Turn for Stalling {
        async fn turn(&mut self, since: Instant, book: &Book) {
            // Even an immediate reply comes from elsewhere: the runtime gets its turn.
            tokio::time::sleep(self.0.take().unwrap_or_default()).await;
            book.note(since, 1, Ok(()));
        }
    }

    fn book(start: Instant) -> Arc<Book> {
        Arc::new(Book::new(start, start + RUN, false))
    }

    #[tokio::test]
    async fn a_stall_counts_for_each_call_that_was_due() {
        let (start, rate) = (Instant::now(), 1_000.0);
        let book = book(start);
        open(vec![Stalling(Some(STALL))], &book, start, rate).await;
        let outcome = book.outcome(RUN, Duration::ZERO);
        assert_eq!(outcome.failed, 0);
        // 150 of the 400 calls became due meanwhile; a busy machine only makes it worse.
        assert!(outcome.p99_us > 100_000.0, "{outcome:?}");
    }

    #[tokio::test]
    async fn callers_make_exactly_the_calls_that_are_asked_for() {
        let start = Instant::now();
        let book = Arc::new(Book::new(start, start + Duration::from_mins(10), false));
        let told = Arc::new(AtomicU64::new(0));
        let most = told.clone();
        let workers = (0..7).map(|_| Stalling(None)).collect();
        count(workers, &book, 100, move |done| {
            most.fetch_max(done, Ordering::Relaxed);
        })
        .await;
        assert_eq!(book.outcome(RUN, Duration::ZERO).calls, 100);
        assert_eq!(told.load(Ordering::Relaxed), 100);
    }

    #[tokio::test]
    async fn a_closed_loop_ends_with_the_measured_time() {
        let start = Instant::now();
        let book = book(start);
        closed((0..3).map(|_| Stalling(None)).collect(), &book).await;
        assert!(start.elapsed() >= RUN);
        assert!(book.outcome(RUN, Duration::ZERO).calls > 3);
    }

    #[test]
    fn moments_do_not_drift() {
        let start = Instant::now();
        let thousandth = moments(start, 300.0).nth(3_000).expect("it never ends");
        let off = (thousandth - start).as_secs_f64() - 10.0;
        assert!(off.abs() < 1e-6, "off by {off}");
    }
}
