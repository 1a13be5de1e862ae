//! The load generator: a process of its own, so that its work is not the server's and not the controller's.

mod call;
mod estate;
mod pace;
mod pick;
pub(crate) mod plan;
mod record;
mod stream;
pub(crate) mod zipf;

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar_testkit::Caller;
use tonic::transport::Endpoint;

use crate::Fault;
use crate::machine::cpu_time;
use call::Worker;
use estate::House;
use pick::Texts;
use plan::{Outcome, Pace, Plan};
use record::Book;

/// Asset of all accounts, with two decimal places.
pub(crate) const ASSET: &str = "EUR";
/// Far enough away for a run that ends by its number of calls.
const NO_END: Duration = Duration::from_hours(24);
/// Room for a batch's reply without waiting for the client to ask for more.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// Reads a plan from standard input, runs it, and writes the outcome to standard output.
///
/// # Errors
/// When the plan cannot be read or the outcome cannot be written.
pub(crate) fn main() -> Result<(), Fault> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let plan: Plan = serde_json::from_str(&text)?;
    // One thread: a second one costs more in waking each other than it brings on a small machine.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(&plan));
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&outcome)?)?;
    Ok(())
}

async fn run(plan: &Plan) -> Outcome {
    let texts = Arc::new(Texts::of(plan));
    let tenants: Vec<Vec<Caller>> = (0..plan.connections).map(|_| callers(plan)).collect();
    let workers = (0..plan.callers).zip(tenants.iter().cycle()).map(|(number, tenants)| {
        let seed = plan.seed.wrapping_add(u64::from(number) << 40);
        let mut worker = Worker::new(tenants, texts.clone(), plan.call, seed);
        worker.house = House::new(tenants, &plan.estate, number as usize);
        worker
    });
    let workers = workers.collect();
    let start = Instant::now();
    let warm = start + Duration::from_millis(plan.warm_ms);
    let run = Duration::from_millis(plan.run_ms);
    let (cpu, book) = (cpu_time(), |to| Arc::new(Book::new(warm, to, plan.may_be_exhausted)));
    let (book, measured) = match plan.pace {
        Pace::Closed => {
            let book = book(warm + run);
            pace::closed(workers, &book).await;
            (book, run)
        }
        Pace::Open(rate) => {
            let book = book(warm + run);
            pace::open(workers, &book, start, rate).await;
            (book, run)
        }
        Pace::Count(calls) => {
            let book = book(start + NO_END);
            // The controller reads these lines to show how far it is.
            pace::count(workers, &book, calls, |done| eprintln!("{done}")).await;
            (book, start.elapsed())
        }
    };
    book.outcome(measured, cpu_time().saturating_sub(cpu))
}

/// A connection with a key of each tenant.
fn callers(plan: &Plan) -> Vec<Caller> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", plan.port))
        .expect("an address")
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    let first = Caller::at(&endpoint, &plan.tenants[0].key);
    plan.tenants.iter().map(|tenant| first.with_key(&tenant.key)).collect()
}
