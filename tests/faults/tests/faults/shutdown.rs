//! Stopping: calls under way end first, a second signal does not wait, and nothing is left running.

use std::time::Duration;

use bursar_testkit::{Process, new_transfer};
use nix::sys::signal::Signal;
use tokio::task::JoinHandle;

use crate::bank::{Answer, Bank, Told};
use crate::database::Held;
use crate::kill_nine::new_bank;
use crate::process::{self, DataDir};
use crate::settle::settle;
use crate::watch::{serving, until};

/// A process with one call under way, which waits for a lock.
async fn busy(dir: &DataDir) -> (Process, Bank, Held, JoinHandle<Told>) {
    let process = process::start(&dir.0).await;
    let bank = new_bank(&process, dir).await;
    let held = Held::with(dir.connect().await, &lock(&bank)).await;
    let (transfer, other) =
        (new_transfer(&bank.accounts[0], &bank.accounts[1], "12.50"), bank.clone());
    let call = tokio::spawn(async move { other.post(transfer).await });
    let looker = dir.connect().await;
    until("the call waits", Duration::from_secs(5), async || {
        let sql = "SELECT FROM pg_stat_activity WHERE usename = 'bursar_app' AND wait_event_type = 'Lock'";
        looker.query(sql, &[]).await.unwrap().len() == 1
    })
    .await;
    (process, bank, held, call)
}

fn lock(bank: &Bank) -> String {
    format!("SELECT 1 FROM bursar.ledger_account WHERE id = '{}' FOR UPDATE", bank.accounts[0].id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_calls_end() {
    let dir = DataDir::new();
    let (process, bank, held, call) = busy(&dir).await;
    process.signal(Signal::SIGTERM);
    until("not serving", Duration::from_secs(2), async || !serving(&bank.caller).await).await;
    // What load balancers still send is served; the door is closed a little later.
    let late = bank.post(new_transfer(&bank.accounts[2], &bank.accounts[3], "1")).await;
    assert!(matches!(late.answer, Answer::Posted(_)), "{late:?}");
    until("the door is closed", Duration::from_secs(4), async || {
        tokio::net::TcpStream::connect(process.grpc).await.is_err()
    })
    .await;
    assert!(!call.is_finished() && dir.postmaster().is_some(), "the call is still under way");
    held.release().await;
    let told = call.await.unwrap();
    assert!(matches!(told.answer, Answer::Posted(_)), "{told:?}");

    let ended = process.ended(Duration::from_secs(10)).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log);
    assert!(!dir.has_processes(), "no process of PostgreSQL is left");

    // What was said is so after the next start, which is a fast one.
    let process = process::start(&dir.0).await;
    assert!(process.took < Duration::from_secs(3), "it served after {:?}", process.took);
    let bank = bank.through(&process.caller(&bank.caller.key_text));
    let tally = settle(&bank, &[told, late]).await;
    assert_eq!((tally.posted, tally.definite), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sigint_does_not_wait() {
    let dir = DataDir::new();
    let (process, bank, held, call) = busy(&dir).await;
    process.signal(Signal::SIGINT);
    until("not serving", Duration::from_secs(2), async || !serving(&bank.caller).await).await;
    // As fast as a person is.
    tokio::time::sleep(Duration::from_millis(300)).await;
    process.signal(Signal::SIGINT);
    let ended = process.ended(Duration::from_secs(1)).await;
    assert_eq!(ended.status.code(), Some(130), "{}", ended.log);
    let told = call.await.unwrap();
    assert!(matches!(told.answer, Answer::Silence(_)), "{told:?}");
    drop(held);
    until("no process of PostgreSQL is left", Duration::from_secs(15), async || {
        !dir.has_processes()
    })
    .await;

    let process = process::start(&dir.0).await;
    let bank = bank.through(&process.caller(&bank.caller.key_text));
    settle(&bank, &[told]).await;
    process.signal(Signal::SIGINT);
    assert_eq!(process.ended(Duration::from_secs(20)).await.status.code(), Some(0));
    assert!(!dir.has_processes(), "no process of PostgreSQL is left");
}

/// A call that outlasts the drain is cut off, and its caller can settle it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_end_does_not_hold_it() {
    let dir = DataDir::new();
    let (process, bank, held, call) = busy(&dir).await;
    process.signal(Signal::SIGTERM);
    // The drain is 2 seconds: see the process's variables.
    let ended = process.ended(Duration::from_secs(8)).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log);
    assert!(ended.log.contains("calls outlasted the drain"), "{}", ended.log);
    assert!(!dir.has_processes(), "no process of PostgreSQL is left");
    let told = call.await.unwrap();
    assert!(!matches!(told.answer, Answer::Posted(_)), "{told:?}");
    drop(held);
    let process = process::start(&dir.0).await;
    settle(&bank.through(&process.caller(&bank.caller.key_text)), &[told]).await;
}
