//! The network to the database moves nothing and ends nothing.

use std::time::{Duration, Instant};

use bursar_testkit::{Proxy, Server};
use tonic::Code;

use crate::bank::{Bank, Told};
use crate::database::{ACTIVE, IDLE_IN_TRANSACTION, backends, count};
use crate::outage;
use crate::patient::post_within;
use crate::random::Random;
use crate::settle::settle;
use crate::watch::{serving, until};

const DEADLINE: Duration = Duration::from_millis(500);
/// The grace for a COMMIT on its way, and the slowness of a busy machine.
const LATEST: Duration = Duration::from_millis(1_100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlines_hold_and_the_pool_survives() {
    let (server, proxy) = outage::server().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 4).await;
    let random = Random::new();
    let mut told = vec![bank.post(bank.any_transfer(&random)).await];
    let before = backends(&server.database).await;

    proxy.freeze();
    // The first finds its key in the cache and waits for its transaction, the others wait for the key.
    for wait in [0, 600, 0] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        told.push(late(&server, &bank, &random).await);
    }
    until("not serving", Duration::from_secs(9), async || !serving(&bank.caller).await).await;
    proxy.mend();
    until("serving", Duration::from_secs(5), async || serving(&bank.caller).await).await;

    until("no transaction is left open", Duration::from_secs(2), async || {
        count(&server.database, &format!("{IDLE_IN_TRANSACTION} OR {ACTIVE}")).await == 0
    })
    .await;
    let after = backends(&server.database).await;
    assert!(
        before.iter().any(|pid| !after.contains(pid)),
        "the connection is discarded: {before:?} {after:?}"
    );
    for _ in 0..20 {
        told.push(bank.post(bank.any_transfer(&random)).await);
    }
    let tally = settle(&bank, &told).await;
    assert_eq!(tally.posted, 21, "{tally:?}");
}

/// As after a fail-over: the old connections lead nowhere and nobody says so, new ones work. One look of the probe finds
/// out, and from then on no caller meets an old connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_lead_nowhere_are_given_up() {
    let (server, proxy) = outage::server().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 4).await;
    let load = bank.load(16);
    load.posts(60).await;
    let mut told = load.stop().await;
    proxy.strand();
    until("not serving", Duration::from_secs(5), async || !serving(&bank.caller).await).await;
    until("serving", Duration::from_secs(3), async || serving(&bank.caller).await).await;
    let since = Instant::now();
    let load = bank.load(16);
    load.posts(60).await;
    told.extend(load.stop().await);
    assert!(since.elapsed() < Duration::from_secs(5), "calls went on after {:?}", since.elapsed());
    let tally = settle(&bank, &told).await;
    assert_eq!(
        (tally.posted, tally.definite, tally.open()),
        (told.len(), 0, 0),
        "no caller saw an error"
    );
}

/// A short freeze costs time and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_one_is_waited_out() {
    let (server, proxy) = outage::server().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 4).await;
    let load = bank.load(8);
    for _ in 0..3 {
        load.posts(30).await;
        freeze_for(&proxy, Duration::from_millis(300)).await;
    }
    load.posts(30).await;
    let told = load.stop().await;
    let tally = settle(&bank, &told).await;
    assert_eq!(
        (tally.posted, tally.definite, tally.open()),
        (told.len(), 0, 0),
        "no caller saw an error"
    );
}

async fn freeze_for(proxy: &Proxy, time: Duration) {
    proxy.freeze();
    tokio::time::sleep(time).await;
    proxy.mend();
}

/// One call with a deadline, which nothing answers.
async fn late(server: &Server, bank: &Bank, random: &Random) -> Told {
    let transfer = bank.any_transfer(random);
    let (reply, took) = post_within(server.port(), &bank.caller, transfer.clone(), DEADLINE).await;
    let fault = reply.expect_err("nothing moves");
    assert_eq!(
        (fault.code, fault.reason.as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        "{fault:?}"
    );
    assert!(took >= DEADLINE && took < LATEST, "answered after {took:?}");
    Told { transfer, answer: crate::bank::Answer::Refused(fault) }
}
