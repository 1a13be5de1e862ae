//! Calls that wait their turn behind one that is held up: each gets its own answer, in time, and is not disturbed by its
//! neighbours. A batch is kept in flight by locking a row that it needs from outside.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bursar_proto::ledger::v1::{
    Account, BalanceRule, BatchCreateTransfersRequest, BatchMode, NewTransfer,
};
use bursar_proto::operation::v1::OperationState;
use bursar_testkit::{Caller, Server, fault, id, money, new_account, new_transfer};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::bank::{Answer, Bank, Told};
use crate::database::{Held, WAITING, count};
use crate::patient::post_within;
use crate::settle::{operation, recorded, settle};
use crate::watch::until;

const SOON: Duration = Duration::from_secs(5);
/// More whole batches than are in flight and wait at once.
const BATCHES: usize = 7;

async fn bank_on(server: &Server, accounts: usize) -> Bank {
    Bank::open(&server.tenant().await.operator, accounts).await
}

/// A call that waits for the lock on the first account.
async fn held_up(server: &Server, bank: &Bank) -> (Held, tokio::task::JoinHandle<Told>) {
    let held = Held::account(&server.database, &bank.accounts[0]).await;
    let (first, other) = (new_transfer(&bank.accounts[0], &bank.accounts[1], "1"), bank.clone());
    let call = tokio::spawn(async move { other.post(first).await });
    until("it waits", SOON, async || count(&server.database, WAITING).await >= 1).await;
    (held, call)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passes_in_the_queue_is_definite() {
    let server = Server::start().await;
    let bank = bank_on(&server, 4).await;
    let (held, first) = held_up(&server, &bank).await;
    let mut told = Vec::new();
    let mut waiting = JoinSet::new();
    for deadline in [200, 400, 600, 800].map(Duration::from_millis) {
        let transfer = new_transfer(&bank.accounts[0], &bank.accounts[2], "1");
        let (port, caller) = (server.port(), bank.caller.clone());
        waiting.spawn(async move {
            let (reply, took) = post_within(port, &caller, transfer.clone(), deadline).await;
            (transfer, deadline, reply, took)
        });
    }
    while let Some(call) = waiting.join_next().await {
        let (transfer, deadline, reply, took) = call.unwrap();
        let fault = reply.expect_err("the row is locked");
        assert_eq!(
            (fault.code, fault.reason.as_str(), fault.meta("definite")),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", "true")
        );
        assert!(took >= deadline && took < deadline + Duration::from_millis(700), "{took:?}");
        assert_eq!(
            operation(&bank.caller, &transfer.id, false).await.state(),
            OperationState::NotRecorded
        );
        told.push(Told { transfer, answer: Answer::Refused(fault) });
    }
    held.release().await;
    told.push(first.await.unwrap());
    // All that is behind it is done: nothing of those calls came later.
    told.push(bank.post(new_transfer(&bank.accounts[0], &bank.accounts[2], "1")).await);
    let tally = settle(&bank, &told).await;
    assert_eq!((tally.posted, tally.definite, tally.open()), (2, 4, 0));
    for one in told.iter().filter(|one| matches!(one.answer, Answer::Refused(_))) {
        let last = operation(&bank.caller, &one.transfer.id, true).await;
        assert_eq!(last.state(), OperationState::Fenced, "it was not posted and never will be");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_do_not_disturb_their_neighbours() {
    let server = Server::start().await;
    let bank = bank_on(&server, 3).await;
    let (held, first) = held_up(&server, &bank).await;
    let (mut staying, mut leaving, mut left) = (JoinSet::new(), JoinSet::new(), Vec::new());
    for n in 0..24 {
        let transfer = new_transfer(&bank.accounts[0], &bank.accounts[2], "1");
        let other = bank.clone();
        if n % 2 == 0 {
            staying.spawn(async move { other.post(transfer).await });
        } else {
            left.push(transfer.clone());
            leaving.spawn(async move { other.post(transfer).await });
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    leaving.shutdown().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    held.release().await;
    let mut told = vec![first.await.unwrap()];
    while let Some(one) = staying.join_next().await {
        told.push(one.unwrap());
    }
    assert!(told.iter().all(|one| matches!(one.answer, Answer::Posted(_))), "{told:?}");
    for transfer in left {
        // Whoever goes away may be too late; what became of his call is final all the same.
        let last = operation(&bank.caller, &transfer.id, true).await;
        if let Some(posted) = recorded(&last) {
            told.push(Told { transfer, answer: Answer::Posted(Box::new(posted)) });
        } else {
            assert_eq!(last.state(), OperationState::Fenced);
        }
    }
    settle(&bank, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_transfer_does_not_refuse_its_neighbours() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 3).await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let poor = new_account(&tenant.operator, "EUR", rule).await;
    let [a, b, c] = [0, 1, 2].map(|at| bank.accounts[at].clone());
    let (held, first) = held_up(&server, &bank).await;
    let mut calls = JoinSet::new();
    let mut wanted: HashMap<String, &str> = HashMap::new();
    let mut send = |transfer: NewTransfer, reason: &'static str| {
        wanted.insert(transfer.id.clone(), reason);
        let other = bank.clone();
        calls.spawn(async move { other.post(transfer).await });
    };
    for _ in 0..6 {
        send(new_transfer(&a, &b, "1"), "");
        send(new_transfer(&poor, &a, "1"), "LIMIT_EXCEEDED");
        send(new_transfer(&a, &c, "2"), "");
        send(
            NewTransfer { amount: money("USD", "1"), ..new_transfer(&a, &b, "1") },
            "ASSET_MISMATCH",
        );
        let nobody = bursar_testkit::id();
        send(
            NewTransfer { credit_account_id: nobody, ..new_transfer(&a, &b, "1") },
            "RESOURCE_NOT_FOUND",
        );
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    held.release().await;
    let mut told = vec![first.await.unwrap()];
    while let Some(one) = calls.join_next().await {
        let one = one.unwrap();
        match (&one.answer, wanted[&one.transfer.id]) {
            (Answer::Posted(_), "") => told.push(one),
            (Answer::Refused(fault), reason) => {
                assert_eq!((fault.reason.as_str(), fault.meta("definite")), (reason, "true"));
            }
            (_, reason) => panic!("{reason}: {one:?}"),
        }
    }
    let tally = settle(&bank, &told).await;
    assert_eq!((tally.posted, tally.open()), (13, 0));
}

/// Nothing of a refused call is kept: it is sent again with the same id, and posted once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_when_to_try_again() {
    let server = Server::start().await;
    let bank = bank_on(&server, 3).await;
    let (held, first) = held_up(&server, &bank).await;
    // One of them goes out beside the call that is held up, and waits for the same row; the queue takes four.
    let mut batches = JoinSet::new();
    for _ in 0..BATCHES {
        let (caller, account) = (bank.caller.clone(), bank.accounts[0].clone());
        batches.spawn(async move { fill(&caller, &account).await });
    }
    let since = Instant::now();
    let full = batches.join_next().await.expect("the queue is bounded").unwrap();
    assert!(since.elapsed() < 2 * SOON, "whoever finds it full is told at once");
    exhausted(full.expect_err("the row is locked"));
    let mut refused = Vec::new();
    for _ in 0..20 {
        let one = bank.post(new_transfer(&bank.accounts[0], &bank.accounts[2], "1")).await;
        let Answer::Refused(fault) = &one.answer else { panic!("the queue is full: {one:?}") };
        assert_eq!((fault.code, fault.meta("definite")), (Code::ResourceExhausted, "true"));
        assert!(fault.retry_delay.is_some(), "{fault:?}");
        refused.push(one.transfer);
    }
    held.release().await;
    let mut told = vec![first.await.unwrap()];
    while let Some(batch) = batches.join_next().await {
        if let Err(status) = batch.unwrap() {
            exhausted(status);
        }
    }
    for transfer in refused {
        assert_eq!(
            operation(&bank.caller, &transfer.id, false).await.state(),
            OperationState::NotRecorded
        );
        let again = bank.submit(transfer.clone()).await.expect("its id is free");
        assert!(!again.replayed);
        let posted = again.transfer.expect("a transfer");
        told.push(Told { transfer, answer: Answer::Posted(Box::new(posted)) });
    }
    settle(&bank, &told).await;
}

/// A whole batch that needs the account, and is refused in each of its items: it takes room and leaves nothing.
async fn fill(caller: &Caller, account: &Account) -> Result<(), Status> {
    let nobody = Account { id: id(), ..account.clone() };
    let transfers = (0..8_190).map(|_| new_transfer(account, &nobody, "1")).collect();
    let mode = BatchMode::Independent.into();
    let request = BatchCreateTransfersRequest { transfers, mode, validate_only: false };
    let reply = caller.transfers().batch_create_transfers(request).await?.into_inner();
    assert!(reply.results.iter().all(|result| result.error.is_some()), "nobody has no account");
    Ok(())
}

fn exhausted(status: Status) {
    let fault = fault(status);
    assert_eq!((fault.code, fault.reason.as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
}

/// One tenant's accounts are locked for three seconds, with many callers waiting: another tenant does not notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_waits_does_not_delay_another() {
    const LOCKED: Duration = Duration::from_secs(3);
    let server = Server::start().await;
    let (blocked, quiet) = (bank_on(&server, 2).await, bank_on(&server, 2).await);
    let (held, first) = held_up(&server, &blocked).await;
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        let transfer = new_transfer(&blocked.accounts[0], &blocked.accounts[1], "1");
        let other = blocked.clone();
        calls.spawn(async move { other.post(transfer).await });
    }
    let (since, mut slowest, mut told) = (Instant::now(), Duration::ZERO, Vec::new());
    while since.elapsed() < LOCKED {
        let asked = Instant::now();
        told.push(quiet.post(new_transfer(&quiet.accounts[0], &quiet.accounts[1], "1")).await);
        slowest = slowest.max(asked.elapsed());
    }
    held.release().await;
    eprintln!("{} transfers of the quiet tenant, the slowest took {slowest:?}", told.len());
    assert!(told.iter().all(|one| matches!(one.answer, Answer::Posted(_))), "{told:?}");
    // A few milliseconds when nobody else uses the machine; a call behind the lock would take seconds.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    settle(&quiet, &told).await;
    let mut told = vec![first.await.unwrap()];
    while let Some(one) = calls.join_next().await {
        told.push(one.unwrap());
    }
    assert!(told.iter().all(|one| matches!(one.answer, Answer::Posted(_))), "{told:?}");
    settle(&blocked, &told).await;
}
