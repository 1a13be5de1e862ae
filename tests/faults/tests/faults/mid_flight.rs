//! The database goes away while the server works.

use std::time::Duration;

use crate::bank::{Answer, Bank};
use crate::outage;
use crate::settle::settle;
use crate::watch::{page, serving, until};

/// Three outages under load: each is seen, each ends by itself, and no call is left without an outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_has_an_outcome_and_the_books_balance() {
    let (server, proxy) = outage::server().await;
    let ops = server.running.as_ref().unwrap().ops_addr;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 6).await;
    let load = bank.load(16);
    for _ in 0..3 {
        load.posts(60).await;
        proxy.cut();
        until("not serving", Duration::from_secs(5), async || !serving(&bank.caller).await).await;
        until("not ready", Duration::from_millis(200), async || {
            page(ops, "/readyz").await.0 == 503
        })
        .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        proxy.mend();
        until("serving again", Duration::from_secs(3), async || serving(&bank.caller).await).await;
    }
    load.posts(60).await;
    let told = load.stop().await;
    assert!(
        told.iter().all(|one| !matches!(one.answer, Answer::Silence(_))),
        "the server answers every call"
    );
    let tally = settle(&bank, &told).await;
    assert!(tally.posted >= 240 && tally.definite > 0, "{tally:?}");
}

/// Idle connections that died with the database do not stand in the way of its return.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_pool_recovers_as_fast() {
    let (server, proxy) = outage::server().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 6).await;
    let load = bank.load(16);
    load.posts(100).await;
    let told = load.stop().await;
    // All of the pool's connections are idle now.
    let open = crate::database::backends(&server.database).await.len();
    assert!(open >= 4, "the load opened {open} connections");
    proxy.cut();
    until("not serving", Duration::from_secs(3), async || !serving(&bank.caller).await).await;
    proxy.mend();
    until("serving again", Duration::from_secs(3), async || serving(&bank.caller).await).await;
    let tally = settle(&bank, &told).await;
    assert_eq!((tally.posted, tally.definite, tally.open()), (told.len(), 0, 0));
}

/// An outage too short to be seen: callers see nothing of it either, unless their COMMIT was on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_that_died_are_not_the_callers_problem() {
    let (server, proxy) = outage::server().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 6).await;
    let load = bank.load(16);
    load.posts(100).await;
    let mut told = load.stop().await;
    proxy.cut();
    proxy.mend();
    let random = crate::random::Random::new();
    for _ in 0..20 {
        let one = bank.post(bank.any_transfer(&random)).await;
        assert!(matches!(one.answer, Answer::Posted(_)), "{one:?}");
        told.push(one);
    }
    settle(&bank, &told).await;
}
