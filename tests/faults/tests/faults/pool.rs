//! Every connection of the pool is in use.

use std::time::{Duration, Instant};

use bursar_testkit::{Server, new_transfer};
use tonic::Code;

use crate::bank::{Answer, Bank};
use crate::database::{Held, WAITING, count};
use crate::patient::post_within;
use crate::settle::settle;
use crate::watch::{page, serving, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_told_and_all_recovers() {
    let server = Server::start_with(&[("BURSAR_MAX_CONNECTIONS", "1")]).await;
    let ops = server.running.as_ref().unwrap().ops_addr;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 4).await;
    let held = Held::account(&server.database, &bank.accounts[0]).await;

    let (first, other) = (new_transfer(&bank.accounts[0], &bank.accounts[1], "1"), bank.clone());
    let blocked = tokio::spawn(async move { other.post(first).await });
    until("one waits", Duration::from_secs(5), async || {
        count(&server.database, WAITING).await == 1
    })
    .await;

    let mut told = Vec::new();
    let mut reasons = Vec::new();
    // All of it within the lock timeout, after which the one that waits lets the others in for a moment.
    for deadline in [300, 700, 3_000].map(Duration::from_millis) {
        let transfer = new_transfer(&bank.accounts[2], &bank.accounts[3], "1");
        let (reply, took) =
            post_within(server.port(), &bank.caller, transfer.clone(), deadline).await;
        let fault = reply.expect_err("no connection is free");
        assert_eq!(fault.meta("definite"), "true");
        assert!(took < deadline + Duration::from_millis(600), "{took:?} of {deadline:?}");
        match fault.code {
            Code::Unavailable => assert!(fault.retry_delay.is_some()),
            Code::DeadlineExceeded => assert!(took >= deadline),
            _ => panic!("{fault:?}"),
        }
        reasons.push(fault.reason.clone());
        told.push(crate::bank::Told { transfer, answer: Answer::Refused(fault) });
        // The database answers: neither health nor the reason says that it does not.
        assert!(
            serving(&bank.caller).await && page(ops, "/readyz").await.0 == 200,
            "after {reasons:?}"
        );
    }
    assert_eq!(reasons, ["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "POOL_EXHAUSTED"]);

    let since = Instant::now();
    held.release().await;
    told.push(blocked.await.unwrap());
    assert!(matches!(told.last().unwrap().answer, Answer::Posted(_)), "{told:?}");
    told.push(bank.post(new_transfer(&bank.accounts[2], &bank.accounts[3], "1")).await);
    assert!(matches!(told.last().unwrap().answer, Answer::Posted(_)), "{told:?}");
    assert!(since.elapsed() < Duration::from_secs(1), "recovered after {:?}", since.elapsed());
    let tally = settle(&bank, &told).await;
    assert_eq!((tally.posted, tally.definite), (2, 3));
}

/// More callers than connections is no fault: they take turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_serves_many_callers() {
    let server = Server::start_with(&[("BURSAR_MAX_CONNECTIONS", "1")]).await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 4).await;
    let load = bank.load(32);
    load.posts(300).await;
    let told = load.stop().await;
    assert!(serving(&bank.caller).await);
    let tally = settle(&bank, &told).await;
    assert_eq!((tally.posted, tally.definite, tally.open()), (told.len(), 0, 0));
}
