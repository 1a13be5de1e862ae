//! Locks: waiting for one, giving up, and two that wait for each other.

use std::time::{Duration, Instant};

use bursar_proto::ledger::v1::{Account, BatchCreateTransfersRequest, UpdateAccountRequest};
use bursar_testkit::{Caller, Server, new_transfer};
use tokio::task::JoinSet;
use tonic::Code;

use crate::bank::{Answer, Bank, Told};
use crate::database::{ACTIVE, Held, IDLE_IN_TRANSACTION, WAITING, count};
use crate::patient::post_within;
use crate::settle::settle;
use crate::watch::until;

async fn bank(server: &Server, accounts: usize) -> Bank {
    Bank::open(&server.tenant().await.operator, accounts).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_passes_while_waiting() {
    let server = Server::start().await;
    let bank = bank(&server, 2).await;
    let held = Held::account(&server.database, &bank.accounts[0]).await;
    let mut told = Vec::new();
    for deadline in [200, 700].map(Duration::from_millis) {
        let transfer = new_transfer(&bank.accounts[0], &bank.accounts[1], "1");
        let (reply, took) =
            post_within(server.port(), &bank.caller, transfer.clone(), deadline).await;
        let fault = reply.expect_err("the row is locked");
        assert_eq!(
            (fault.code, fault.reason.as_str()),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
        );
        assert_eq!(fault.meta("definite"), "true", "it waited before anything was written");
        assert!(took >= deadline && took < deadline + Duration::from_millis(500), "{took:?}");
        told.push(Told { transfer, answer: Answer::Refused(fault) });
    }
    let waiting = format!("{ACTIVE} OR {IDLE_IN_TRANSACTION}");
    until("nothing runs on", Duration::from_secs(1), async || {
        count(&server.database, &waiting).await == 0
    })
    .await;
    held.release().await;
    let tally = settle(&bank, &told).await;
    assert_eq!((tally.definite, tally.posted, tally.open()), (2, 0, 0), "nothing was posted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_leaves_nothing_running() {
    let server = Server::start().await;
    let bank = bank(&server, 2).await;
    let held = Held::account(&server.database, &bank.accounts[0]).await;
    let mut calls = JoinSet::new();
    for _ in 0..4 {
        let transfer = new_transfer(&bank.accounts[0], &bank.accounts[1], "1");
        let bank = bank.clone();
        calls.spawn(async move { bank.submit(transfer).await });
    }
    // One or two batches of them in the database, the others behind.
    until("they wait", Duration::from_secs(5), async || {
        count(&server.database, WAITING).await >= 1
    })
    .await;
    calls.abort_all();
    let waiting = format!("{ACTIVE} OR {IDLE_IN_TRANSACTION}");
    until("nothing runs on", Duration::from_secs(1), async || {
        count(&server.database, &waiting).await == 0
    })
    .await;
    held.release().await;
    let told = bank.post(new_transfer(&bank.accounts[0], &bank.accounts[1], "1")).await;
    let tally = settle(&bank, &[told]).await;
    assert_eq!(tally.posted, 1);
}

/// Somebody else's lock for longer than one wait for it: the caller has more patience, and sees nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_longer_than_the_lock_timeout_is_waited_out() {
    let server = Server::start().await;
    let bank = bank(&server, 2).await;
    let held = Held::account(&server.database, &bank.accounts[0]).await;
    let transfer = new_transfer(&bank.accounts[0], &bank.accounts[1], "1");
    let other = bank.clone();
    let call = tokio::spawn(async move { other.post(transfer).await });
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    held.release().await;
    let told = call.await.unwrap();
    assert!(matches!(told.answer, Answer::Posted(_)), "{told:?}");
    settle(&bank, &[told]).await;
}

/// Somebody outside locks in the other order: PostgreSQL ends the service's transaction, and it runs again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_victim_of_a_deadlock_runs_again() {
    let server = Server::start().await;
    let mut bank = bank(&server, 2).await;
    bank.accounts.sort_by(|a, b| a.id.cmp(&b.id));
    let lock = |at: usize| {
        format!(
            "SELECT 1 FROM bursar.ledger_account WHERE id = '{}' FOR UPDATE",
            bank.accounts[at].id
        )
    };
    let outside = server.database.connect().await;
    // The service's transaction looks for a deadlock first, and so is the victim.
    outside
        .batch_execute(&format!("SET deadlock_timeout = '20s'; BEGIN; {}", lock(1)))
        .await
        .unwrap();
    let (transfer, other) = (new_transfer(&bank.accounts[0], &bank.accounts[1], "1"), bank.clone());
    let call = tokio::spawn(async move { other.post(transfer).await });
    until("it waits for the second", Duration::from_secs(5), async || {
        count(&server.database, WAITING).await == 1
    })
    .await;
    outside.batch_execute(&lock(0)).await.expect("the service gave way");
    outside.batch_execute("COMMIT").await.unwrap();
    let told = call.await.unwrap();
    assert!(matches!(told.answer, Answer::Posted(_)), "{told:?}");
    until("PostgreSQL counted it", Duration::from_secs(5), async || {
        server.database.rows(COUNTED).await[0].get::<_, i64>("deadlocks") == 1
    })
    .await;
    settle(&bank, &[told]).await;
}

const COUNTED: &str = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";

/// Both directions at once, single and in batches, against updates of the same accounts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_are_invisible_to_callers() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 2).await;
    let until = Instant::now() + Duration::from_secs(3);
    let mut tasks = JoinSet::new();
    for task in 0..12 {
        let (bank, admin) = (bank.clone(), tenant.admin.clone());
        tasks.spawn(async move {
            let (mut told, mut done) = (Vec::new(), 0);
            while Instant::now() < until {
                let (a, b) = if task % 2 == 0 { (0, 1) } else { (1, 0) };
                let (a, b) = (&bank.accounts[a], &bank.accounts[b]);
                match task {
                    0..6 => told.push(bank.post(new_transfer(a, b, "1")).await),
                    6..8 => {
                        let transfers = vec![
                            new_transfer(a, b, "2"),
                            new_transfer(b, a, "1"),
                            new_transfer(a, b, "3"),
                        ];
                        let request = BatchCreateTransfersRequest {
                            transfers: transfers.clone(),
                            ..Default::default()
                        };
                        bank.caller
                            .transfers()
                            .batch_create_transfers(request)
                            .await
                            .expect("a batch");
                        for transfer in transfers {
                            // Its reply through the single call, to be checked as all others are.
                            told.push(bank.post(transfer).await);
                        }
                    }
                    _ => update(&admin, &bank.accounts[task % 2].id, task).await,
                }
                done += 1;
            }
            (told, done)
        });
    }
    let mut all = Vec::new();
    while let Some(task) = tasks.join_next().await {
        let (told, done) = task.expect("no error reaches a caller");
        assert!(done > 3, "every task makes progress");
        all.extend(told);
    }
    let tally = settle(&bank, &all).await;
    assert_eq!((tally.posted, tally.definite, tally.open()), (all.len(), 0, 0));
}

/// Changes an attribute of an account, whatever else happens to it.
async fn update(admin: &Caller, id: &str, task: usize) {
    let account = Account { id: id.to_owned(), code: format!("code.{task}"), ..Default::default() };
    let request = UpdateAccountRequest {
        request_id: bursar_testkit::id(),
        account: Some(account),
        update_mask: Some(prost_types::FieldMask { paths: vec!["code".into()] }),
        validate_only: false,
    };
    admin.accounts().update_account(request).await.expect("an update");
}
