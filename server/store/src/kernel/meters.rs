//! What the store tells the meters. Exported by whoever installed a provider before the first store was opened.

use std::sync::{LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use opentelemetry::metrics::{AsyncInstrument, Counter, Histogram, Meter, UpDownCounter};
use opentelemetry::{KeyValue, global};

use super::store::{Inner, Reach};

/// From a tenth of a millisecond, a statement on this machine, to the longest deadline that is usual, in seconds.
const BOUNDARIES_SECONDS: [f64; 15] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0,
];

fn pool() -> KeyValue {
    KeyValue::new("db.client.connection.pool.name", "calls")
}

/// The queue of those who wait for a connection.
fn connection_queue() -> KeyValue {
    KeyValue::new("queue", "connection")
}

pub(super) struct Meters {
    statement: Histogram<f64>,
    transaction: Histogram<f64>,
    retries: Counter<u64>,
    ambiguous: Counter<u64>,
    wait: Histogram<f64>,
    create: Histogram<f64>,
    timeouts: Counter<u64>,
    pending: UpDownCounter<i64>,
    queue: UpDownCounter<i64>,
}

pub(super) static METERS: LazyLock<Meters> = LazyLock::new(|| {
    let meter = global::meter("bursar");
    let seconds = |name: &'static str, help: &'static str| {
        let histogram = meter.f64_histogram(name).with_unit("s").with_description(help);
        histogram.with_boundaries(BOUNDARIES_SECONDS.to_vec()).build()
    };
    let count = |name: &'static str, help: &'static str| {
        meter.u64_counter(name).with_description(help).build()
    };
    let up_down = |name: &'static str, help: &'static str| {
        meter.i64_up_down_counter(name).with_description(help).build()
    };
    watch_stores(&meter);
    let meters = Meters {
        statement: seconds(
            "db.client.operation.duration",
            "Time from sending a statement to its last row, by the statement's name",
        ),
        transaction: seconds(
            "bursar.transaction.duration",
            "Time a transaction held its connection, by how it ended",
        ),
        retries: count("bursar.transaction.retries", "Transactions run again, by reason"),
        ambiguous: count(
            "bursar.transaction.ambiguous",
            "Commits whose answer was lost or late: only GetOperation knows",
        ),
        wait: seconds("db.client.connection.wait_time", "Wait for a connection of the pool"),
        create: seconds("db.client.connection.create_time", "Time to make a new connection"),
        timeouts: count(
            "db.client.connection.timeouts",
            "Waits for a connection that ended without one",
        ),
        pending: up_down("db.client.connection.pending_requests", "Who waits for a connection now"),
        queue: up_down("bursar.queue.depth", "Who waits in each queue of the server now"),
    };
    // What is rare is there from the start, so that its first time is a change.
    meters.ambiguous.add(0, &[]);
    meters.timeouts.add(0, &[pool()]);
    meters.retries.add(0, &[KeyValue::new("reason", "conflict")]);
    meters.pending.add(0, &[pool()]);
    meters.queue.add(0, &[connection_queue()]);
    meters.queue.add(0, &[KeyValue::new("queue", "posting")]);
    meters.queue.add(0, &[KeyValue::new("queue", "reads")]);
    meters
});

impl Meters {
    /// One statement, and the SQLSTATE it failed with.
    pub(super) fn statement(&self, name: &'static str, took: Duration, error: Option<String>) {
        let seconds = took.as_secs_f64();
        let system = KeyValue::new("db.system.name", "postgresql");
        let summary = KeyValue::new("db.query.summary", name);
        match error {
            None => self.statement.record(seconds, &[system, summary]),
            Some(kind) => {
                self.statement
                    .record(seconds, &[system, summary, KeyValue::new("error.type", kind)]);
            }
        }
    }

    /// One transaction, from its connection to its end.
    pub(super) fn transaction(&self, outcome: &'static str, took: Duration) {
        self.transaction.record(took.as_secs_f64(), &[KeyValue::new("outcome", outcome)]);
        if outcome == "ambiguous" {
            self.ambiguous.add(1, &[]);
        }
    }

    /// A transaction is run again.
    pub(super) fn retry(&self, reason: &'static str) {
        self.retries.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// Counts among the waiting until it is dropped.
    pub(super) fn waiting(&'static self) -> Waiting {
        self.pending.add(1, &[pool()]);
        self.queue.add(1, &[connection_queue()]);
        Waiting(self)
    }

    /// A wait for a connection that ended with one.
    pub(super) fn waited(&self, took: Duration) {
        self.wait.record(took.as_secs_f64(), &[pool()]);
    }

    /// A wait for a connection that ended without one.
    pub(super) fn pool_timeout(&self) {
        self.timeouts.add(1, &[pool()]);
    }

    /// A new connection.
    pub(super) fn connected(&self, took: Duration) {
        self.create.record(took.as_secs_f64(), &[pool()]);
    }
}

/// One who waits for a connection.
pub(super) struct Waiting(&'static Meters);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.pending.add(-1, &[pool()]);
        self.0.queue.add(-1, &[connection_queue()]);
    }
}

/// One who waits in a queue of the server, until it is dropped.
pub(crate) struct Queued(&'static str);

impl Queued {
    /// Counts in the queue of that name.
    pub(crate) fn new(queue: &'static str) -> Self {
        METERS.queue.add(1, &[KeyValue::new("queue", queue)]);
        Self(queue)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        METERS.queue.add(-1, &[KeyValue::new("queue", self.0)]);
    }
}

/// The stores of this process, looked at when somebody reads the meters. One in a server, several in a test.
static STORES: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

/// Lets the meters look at a store as long as it lives.
pub(super) fn watch_store(store: Weak<Inner>) {
    LazyLock::force(&METERS);
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    stores.retain(|store| store.strong_count() > 0);
    stores.push(store);
}

/// The sum over the living stores.
fn sum(of: impl Fn(&Inner) -> i64) -> i64 {
    let stores = STORES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    stores.iter().filter_map(Weak::upgrade).map(|store| of(&store)).sum()
}

fn watch_stores(meter: &Meter) {
    let idle = |store: &Inner| i64::from(store.link().pool.state().idle_connections);
    let all = |store: &Inner| i64::from(store.link().pool.state().connections);
    meter
        .i64_observable_up_down_counter("db.client.connection.count")
        .with_description("Connections of the pool, idle and used")
        .with_callback(move |observer| {
            let (idle, all) = (sum(idle), sum(all));
            for (state, count) in [("idle", idle), ("used", (all - idle).max(0))] {
                let state = KeyValue::new("db.client.connection.state", state);
                observer.observe(count, &[pool(), state]);
            }
        })
        .build();
    meter
        .i64_observable_up_down_counter("db.client.connection.max")
        .with_description("Most connections the pool may have")
        .with_callback(|observer| {
            observer.observe(sum(|store| i64::from(store.link().max_connections)), &[pool()]);
        })
        .build();
    let gauge = |name: &'static str, help: &'static str, of: fn(&Reach) -> i64| {
        let newest = move |observer: &dyn AsyncInstrument<i64>| {
            let stores = STORES.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(store) = stores.iter().rev().find_map(Weak::upgrade) {
                observer.observe(of(&store.reach.borrow()), &[]);
            }
        };
        meter.i64_observable_gauge(name).with_description(help).with_callback(newest).build()
    };
    gauge("bursar.database.up", "1 while the database answers, else 0", |reach| {
        i64::from(matches!(reach, Reach::Up(_)))
    });
    gauge(
        "bursar.database.schema_version",
        "Newest migration, YYYYMMDDhhmmss; 0 while the database does not answer",
        |reach| if let Reach::Up(info) = reach { info.schema_version } else { 0 },
    );
}
