//! Connections end by themselves, so that clients find new servers; no call notices.

use std::error::Error as _;
use std::time::{Duration, Instant};

use bursar_proto::admin::v1::WhoAmIRequest;
use bursar_proto::ledger::v1::BalanceRule;
use bursar_testkit::{Caller, Proxy, Server, fault, make, new_account, new_transfer};

use super::lifecycle::wait_for_lock;
use super::raw::{GOAWAY, Raw};

/// Whether tonic gave a call up before it sent anything of it. What waited for its turn when GOAWAY came, other clients
/// send on their next connection by themselves; tonic tells its caller.
fn never_sent(status: &tonic::Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return error.is_canceled();
        }
        cause = error.source();
    }
    false
}

#[tokio::test]
async fn a_busy_client_changes_connections_without_a_failed_call() {
    let server = Server::start_with(&[("BURSAR_MAX_CONNECTION_AGE_SECONDS", "1")]).await;
    let proxy = Proxy::start(server.port()).await;
    let caller = Caller::new(proxy.port, &server.platform.key_text);
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let caller = caller.clone();
        clients.spawn(async move {
            let (begun, mut calls) = (Instant::now(), 0_u32);
            while begun.elapsed() < Duration::from_secs(5) {
                let mut done = caller.server().who_am_i(WhoAmIRequest {}).await;
                if done.as_ref().is_err_and(never_sent) {
                    done = caller.server().who_am_i(WhoAmIRequest {}).await;
                }
                done.unwrap_or_else(|status| panic!("after {calls} calls: {status:?}"));
                calls += 1;
            }
        });
    }
    clients.join_all().await;
    assert!(proxy.accepted() >= 3, "only {} connections in five ages", proxy.accepted());
}

/// A call that is under way when its connection gets too old ends as if nothing were.
#[tokio::test]
async fn a_call_outlives_its_connections_age() {
    let server = Server::start_with(&[("BURSAR_MAX_CONNECTION_AGE_SECONDS", "1")]).await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let busy = server.database.connect().await;
    busy.batch_execute("BEGIN; SELECT FROM bursar.ledger_account FOR UPDATE").await.unwrap();
    let caller = Caller::new(server.port(), &tenant.operator.key_text);
    let transfer = new_transfer(&from, &to, "7.00");
    let slow = tokio::spawn(async move { make(&caller, transfer).await });
    wait_for_lock(&server.database).await;
    // A connection made now is told to go, so the older one has been told before.
    let mut raw = Raw::connect(server.port()).await;
    assert_eq!(raw.next(GOAWAY).await.expect("GOAWAY").code(), 0);
    raw.end().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!slow.is_finished());
    busy.batch_execute("COMMIT").await.unwrap();
    slow.await.unwrap().map_err(fault).expect("the call that was under way ends well");
}
