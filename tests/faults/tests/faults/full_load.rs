//! kill -9 under full load: 64 callers play a random script, one by one and in batches, and settle what has no answer by
//! asking with a fence or by sending it again. Nothing that was acknowledged is lost, nothing is posted twice, and the
//! books are what the naive model makes of them.

use std::time::Duration;

use bursar_testkit::crowd::{Books, Plan, Tally, Town};
use bursar_testkit::{Caller, Database, Process, TestTenant, platform_key};
use nix::sys::signal::{Signal, kill};
use secrecy::ExposeSecret as _;
use tokio::sync::watch;

use crate::process::{self, DataDir};
use crate::random::Random;
use crate::watch::{serving, until};

const CALLERS: usize = 64;
/// Connections that the callers share.
const CHANNELS: usize = 8;
const ROUNDS: u64 = 20;
const CALLS: usize = 200;

/// Connections to one server.
fn channels(process: &Process, tenant: &TestTenant) -> Vec<Caller> {
    (0..CHANNELS).map(|_| process.caller(&tenant.operator.key_text)).collect()
}

fn plan(brief_holds: bool) -> Plan {
    Plan { calls: CALLS, hot_percent: 50, gap: CALLERS / 2, batch_percent: 12, brief_holds }
}

/// The server and its PostgreSQL by turns, each round in another part of the same books.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_and_postgresql_by_turns() {
    let dir = DataDir::new();
    let mut process = process::start(&dir.0).await;
    let mut tenant = TestTenant::new(&process.caller(&dir.line("platform.key"))).await;
    Town::found(&tenant.admin).await;
    let (exchange, callers) = watch::channel(channels(&process, &tenant));
    let random = Random::new();
    let mut towns: Vec<(Town, Books)> = Vec::new();
    let mut total = Tally::default();
    for round in 0..ROUNDS {
        let seed = random.below(u64::MAX);
        eprintln!("round {round}, script {seed}");
        let town = Town::open(&tenant, seed, plan(round == ROUNDS - 1)).await;
        let crowd = town.crowd(&callers, CALLERS);
        crowd.has_answered(20 + random.index(CALLS / 2)).await;
        tokio::time::sleep(Duration::from_micros(random.below(20_000))).await;
        if round % 2 == 0 {
            process.kill().await;
            process = process::start(&dir.0).await;
            tenant = tenant.at(process.grpc.port());
            exchange.send_replace(channels(&process, &tenant));
        } else {
            let postmaster = dir.postmaster().expect("PostgreSQL runs");
            kill(postmaster, Signal::SIGKILL).expect("it runs");
        }
        let told = crowd.finish().await;
        until("serving", Duration::from_secs(20), async || serving(&tenant.operator).await).await;
        analyze(&dir).await;
        let tally = town.prove(&told, &tenant.operator).await;
        total.made += tally.made;
        total.unsure += tally.unsure;
        total.resent += tally.resent;
        let books = Books::read(&tenant.operator, &town.script).await;
        towns.push((town, books));
    }
    assert!(total.unsure > 20 && total.made > 1_000, "no load at the kills: {total:?}");
    for (town, books) in &towns {
        let now = Books::read(&tenant.operator, &town.script).await;
        assert!(now == *books, "the books of script {} have changed since", town.script.seed);
    }
    process.signal(Signal::SIGTERM);
    assert!(process.ended(Duration::from_secs(20)).await.status.success());
    assert!(!dir.has_processes());
}

/// What autovacuum does within a minute: plans made for empty tables are slow now.
async fn analyze(dir: &DataDir) {
    dir.connect().await.batch_execute("ANALYZE").await.expect("statistics");
}

/// One of two replicas is killed in mid-load, and its callers go on at the other with the same ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_replicas() {
    let database = Database::migrated().await;
    let key = platform_key(&database).await;
    let (mut one, two) = (process::replica(&database).await, process::replica(&database).await);
    let tenant = TestTenant::new(&two.caller(key.expose_secret())).await;
    Town::found(&tenant.admin).await;
    let both = |one: &Process| {
        let ports = [one, &two].map(|process| process.grpc.port());
        let to = |n: usize| Caller::new(ports[n % 2], &tenant.operator.key_text);
        (0..CHANNELS).map(to).collect::<Vec<_>>()
    };
    let (exchange, callers) = watch::channel(both(&one));
    let random = Random::new();
    let mut total = Tally::default();
    for _ in 0..3 {
        let seed = random.below(u64::MAX);
        eprintln!("script {seed}");
        let town = Town::open(&tenant, seed, plan(false)).await;
        let crowd = town.crowd(&callers, CALLERS);
        crowd.has_answered(20 + random.index(CALLS / 2)).await;
        one.kill().await;
        let told = crowd.finish().await;
        database.sql("ANALYZE").await;
        let tally = town.prove(&told, &tenant.operator).await;
        total.made += tally.made;
        total.unsure += tally.unsure;
        one = process::replica(&database).await;
        exchange.send_replace(both(&one));
    }
    assert!(total.unsure > 3 && total.made > 200, "no load at the kills: {total:?}");
}
