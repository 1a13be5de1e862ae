//! Two servers on one data directory.

use std::time::Duration;

use bursar_testkit::new_transfer;
use nix::sys::signal::Signal;

use crate::bank::Answer;
use crate::kill_nine::new_bank;
use crate::process::{self, DataDir};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_is_refused_and_the_first_goes_on() {
    let dir = DataDir::new();
    let first = process::start(&dir.0).await;
    let bank = new_bank(&first, &dir).await;
    let postmaster = dir.postmaster();

    let refused = process::try_start(&dir.0).await.err().expect("the directory is in use");
    assert_eq!(refused.status.code(), Some(1), "{}", refused.log);
    let (pid, path) = (first.pid(), dir.0.display());
    let told = format!(
        "the data directory {path} is in use by another Bursar (process {pid}). Stop that one first"
    );
    assert!(refused.log.contains(&told), "{}", refused.log);

    assert!(
        dir.postmaster().is_some() && dir.postmaster() == postmaster,
        "its PostgreSQL is not touched"
    );
    let told = bank.post(new_transfer(&bank.accounts[0], &bank.accounts[1], "1")).await;
    assert!(matches!(told.answer, Answer::Posted(_)), "{told:?}");

    // Once the first has gone the directory is free.
    first.signal(Signal::SIGTERM);
    assert!(first.ended(Duration::from_secs(20)).await.status.success());
    let next = process::start(&dir.0).await;
    next.signal(Signal::SIGTERM);
    assert!(next.ended(Duration::from_secs(20)).await.status.success());
}
