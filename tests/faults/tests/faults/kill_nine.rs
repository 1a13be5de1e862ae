//! kill -9 of the server and of its PostgreSQL while clients post.

use std::time::Duration;

use bursar_proto::admin::v1::CreateTenantRequest;
use bursar_proto::common::v1::Role;
use bursar_testkit::{Caller, Process, id};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bank::{Answer, Bank, Told};
use crate::process::{self, DataDir};
use crate::random::Random;
use crate::settle::settle;
use crate::watch::{serving, until};

const CLIENTS: usize = 8;
const ROUNDS: usize = 3;

/// A tenant with a bank of its own, made with the key that the first start wrote.
pub(crate) async fn new_bank(process: &Process, dir: &DataDir) -> Bank {
    bank_of(&process.caller(&dir.line("platform.key"))).await
}

/// A tenant with a bank of its own, made by the platform.
pub(crate) async fn bank_of(platform: &Caller) -> Bank {
    let request =
        CreateTenantRequest { request_id: id(), name: "a bank".into(), ..Default::default() };
    let made = platform.tenants().create_tenant(request).await.expect("a tenant").into_inner();
    let operator: Caller = platform.with_key(&made.key).new_key(Role::Operator).await;
    Bank::open(&operator, 6).await
}

/// Settles all of them; what is in the books, to be checked again after the next kill.
async fn settled(bank: &Bank, told: Vec<Told>) -> Vec<Told> {
    settle(bank, &told).await;
    let mut kept = Vec::new();
    for one in told {
        match &one.answer {
            Answer::Posted(_) => kept.push(one),
            Answer::Refused(fault) if fault.meta("definite") == "true" => {}
            // Settling has posted it, so this is a replay.
            _ => kept.push(bank.post(one.transfer).await),
        }
    }
    kept
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_server() {
    let dir = DataDir::new();
    let mut process = process::start(&dir.0).await;
    let mut bank = new_bank(&process, &dir).await;
    let postmaster = dir.postmaster().expect("PostgreSQL runs");
    let random = Random::new();
    let (mut told, mut silent) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let load = bank.load(CLIENTS);
        load.posts(30).await;
        tokio::time::sleep(Duration::from_millis(random.below(100))).await;
        process.kill().await;
        let part = load.stop().await;
        silent += part.iter().filter(|one| matches!(one.answer, Answer::Silence(_))).count();
        told.extend(part);
        assert_eq!(dir.postmaster(), Some(postmaster), "PostgreSQL outlives it");

        process = process::start(&dir.0).await;
        assert!(
            process.took < Duration::from_secs(3),
            "it served after {:?}\n{}",
            process.took,
            process.log()
        );
        assert!(
            process.log().contains("taking over the PostgreSQL that was left running"),
            "{}",
            process.log()
        );
        assert_eq!(dir.postmaster(), Some(postmaster), "it is the same one");
        bank = bank.through(&process.caller(&bank.caller.key_text));
        assert!(serving(&bank.caller).await);
        told = settled(&bank, told).await;
    }
    assert!(silent > 0, "no call was under way at any kill");
    process.signal(Signal::SIGTERM);
    assert!(process.ended(Duration::from_secs(20)).await.status.success());
    assert!(!dir.has_processes());
}

/// The whole machine, as far as a test can: nothing is there to be taken over but files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_both() {
    let dir = DataDir::new();
    let mut process = process::start(&dir.0).await;
    let mut bank = new_bank(&process, &dir).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let load = bank.load(CLIENTS);
        load.posts(30).await;
        kill(dir.postmaster().expect("PostgreSQL runs"), Signal::SIGKILL).expect("it runs");
        process.kill().await;
        told.extend(load.stop().await);
        process = process::start(&dir.0).await;
        bank = bank.through(&process.caller(&bank.caller.key_text));
        told = settled(&bank, told).await;
    }
    process.signal(Signal::SIGTERM);
    assert!(process.ended(Duration::from_secs(20)).await.status.success());
    assert!(!dir.has_processes());
}

/// For want of memory, say: PostgreSQL ends all connections then and recovers by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_connection() {
    let dir = DataDir::new();
    let process = process::start(&dir.0).await;
    let bank = new_bank(&process, &dir).await;
    let postmaster = dir.postmaster();
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        let load = bank.load(CLIENTS);
        load.posts(30).await;
        let busy = "SELECT pid FROM pg_stat_activity WHERE usename = 'bursar_app' ORDER BY state_change DESC LIMIT 1";
        let pid: i32 = dir.connect().await.query_one(busy, &[]).await.unwrap().get("pid");
        kill(Pid::from_raw(pid), Signal::SIGKILL).expect("it runs");
        load.posts(30).await;
        until("serving again", Duration::from_secs(20), async || serving(&bank.caller).await).await;
        told.extend(load.stop().await);
        assert!(
            told.iter().all(|one| !matches!(one.answer, Answer::Silence(_))),
            "the server answers every call"
        );
        told = settled(&bank, told).await;
    }
    assert_eq!(dir.postmaster(), postmaster, "it was not started again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_postgresql() {
    let dir = DataDir::new();
    let process = process::start(&dir.0).await;
    let bank = new_bank(&process, &dir).await;
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        let before = dir.postmaster().expect("PostgreSQL runs");
        let load = bank.load(CLIENTS);
        load.posts(30).await;
        kill(before, Signal::SIGKILL).expect("it runs");
        // It may be back before the next look at the database, so that nobody sees it missing.
        let other = || dir.postmaster().is_some_and(|pid| pid != before);
        until("another PostgreSQL", Duration::from_secs(20), async || other()).await;
        until("serving again", Duration::from_secs(20), async || serving(&bank.caller).await).await;
        load.posts(30).await;
        told.extend(load.stop().await);
        assert!(
            told.iter().all(|one| !matches!(one.answer, Answer::Silence(_))),
            "the server answers every call"
        );
        told = settled(&bank, told).await;
    }
    assert!(
        process.log().contains("the embedded PostgreSQL had died and was started again"),
        "{}",
        process.log()
    );
    process.signal(Signal::SIGTERM);
    assert!(process.ended(Duration::from_secs(20)).await.status.success());
    assert!(!dir.has_processes());
}
