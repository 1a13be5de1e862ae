//! PostgreSQL ends the server's connections: an administrator, a fail-over, a crash of one of its processes.

use std::time::Duration;

use bursar_testkit::Server;

use crate::bank::{Answer, Bank};
use crate::database::{backends, terminate};
use crate::settle::settle;
use crate::watch::{serving, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_has_an_outcome_and_the_books_balance() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 6).await;
    let load = bank.load(16);
    let mut ended = 0;
    for _ in 0..15 {
        load.posts(20).await;
        ended += terminate(&server.database).await;
    }
    load.posts(20).await;
    let told = load.stop().await;
    assert!(ended >= 15, "{ended} connections were ended");
    assert!(
        told.iter().all(|one| !matches!(one.answer, Answer::Silence(_))),
        "the server answers every call"
    );
    until("serving", Duration::from_secs(3), async || serving(&bank.caller).await).await;
    let tally = settle(&bank, &told).await;
    assert!(tally.posted >= 320, "{tally:?}");
    // The database was up all the time: what had not reached COMMIT was run again on another connection.
    assert!(tally.definite <= tally.posted / 10, "{tally:?}");
}

/// Nobody calls at that moment: the next callers see nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_replaced_unseen() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 6).await;
    let load = bank.load(16);
    load.posts(60).await;
    let mut told = load.stop().await;
    for _ in 0..3 {
        assert!(!backends(&server.database).await.is_empty());
        terminate(&server.database).await;
        let load = bank.load(8);
        load.posts(40).await;
        told.extend(load.stop().await);
    }
    let tally = settle(&bank, &told).await;
    assert_eq!(
        (tally.posted, tally.definite, tally.open()),
        (told.len(), 0, 0),
        "no caller saw an error"
    );
}
