//! What ends a stream from the server's side.

use std::time::{Duration, Instant};

use bursar_proto::admin::v1::{CreateApiKeyRequest, RevokeApiKeyRequest, SuspendTenantRequest};
use bursar_proto::common::v1::Role;
use bursar_testkit::{
    A_SECOND, Server, TransferStream, balance, fault, history, id, new_transfer, ok, totals,
};
use tokio::time::sleep;
use tonic::Code;

use super::two;

/// What a key's end may take on a machine with other tests on it.
const SOON: Duration = Duration::from_secs(3);

/// A stream that waits and one that is busy both end with the key, within the promised time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_ends_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let made = tenant.admin.make_key(Role::Operator, CreateApiKeyRequest::default()).await;
    let caller = tenant.admin.with_key(&made.key);
    let mut waiting = TransferStream::open(&caller).await.unwrap();
    waiting.send(vec![new_transfer(&from, &to, "1")]).await;
    waiting.results(1).await;
    let mut busy = TransferStream::open(&caller).await.unwrap();
    let (messages, debit, credit) = (busy.sender(), from.clone(), to.clone());
    let load = tokio::spawn(async move {
        loop {
            let transfers = vec![new_transfer(&debit, &credit, "1")];
            let message = bursar_proto::ledger::v1::StreamTransfersRequest { transfers };
            if messages.send(message).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    });
    busy.end();
    let posted = busy.next().await.unwrap().unwrap();
    assert!(posted.results.iter().all(|result| result.error.is_none()));
    // Longer than a key is cached: the streams must have asked again and gone on.
    sleep(A_SECOND).await;

    let request = RevokeApiKeyRequest { request_id: id(), id: made.api_key.unwrap().id };
    let since = Instant::now();
    ok(tenant.admin.keys().revoke_api_key(request).await);
    let ends = tokio::join!(waiting.rest(), busy.rest());
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    for (results, end) in [&ends.0, &ends.1] {
        assert!(results.iter().all(|result| result.error.is_none()));
        fault(end.clone().unwrap()).is("revoked", Code::Unauthenticated, "KEY_REVOKED");
    }
    load.await.unwrap();
    // All that was posted was answered, for the end comes between two submits.
    let answered = waiting.acknowledged + busy.acknowledged;
    assert_eq!(history(&tenant.viewer, &to).await.len(), answered);
}

#[tokio::test]
async fn a_suspended_tenant_ends_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    let request =
        SuspendTenantRequest { request_id: id(), id: tenant.id.clone(), reason: "unpaid".into() };
    ok(server.platform.tenants().suspend_tenant(request).await);
    let (results, end) = stream.rest().await;
    assert!(results.is_empty());
    fault(end.unwrap()).is("suspended", Code::PermissionDenied, "TENANT_SUSPENDED");
}

/// What was read is answered; the caller is told to open another stream.
#[tokio::test]
async fn a_stopping_server_ends_it_in_peace() {
    let mut server =
        Server::start_with(&[("BURSAR_DRAIN_SECONDS", "20"), ("BURSAR_DRAIN_WAIT_SECONDS", "1")])
            .await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let busy = server.database.connect().await;
    let mut idle = TransferStream::open(&tenant.operator).await.unwrap();
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    busy.batch_execute("BEGIN; SELECT FROM bursar.ledger_account FOR UPDATE").await.unwrap();
    for _ in 0..5 {
        assert!(
            stream.send(vec![new_transfer(&from, &to, "1"), new_transfer(&from, &to, "2")]).await
        );
    }
    sleep(Duration::from_millis(300)).await;
    let since = Instant::now();
    let stopping = tokio::spawn(server.running.take().unwrap().stop());
    let (results, end) = idle.rest().await;
    assert!(results.is_empty());
    fault(end.unwrap()).is("idle", Code::Unavailable, "SHUTTING_DOWN");
    assert!(since.elapsed() >= Duration::from_millis(900), "served on at first");
    busy.batch_execute("COMMIT").await.unwrap();
    let (results, end) = stream.rest().await;
    assert_eq!(results.len(), 10);
    assert!(results.iter().all(|result| result.error.is_none()));
    let fault = fault(end.unwrap());
    fault.is("with work", Code::Unavailable, "SHUTTING_DOWN");
    assert!(fault.retry_delay.is_some());
    stopping.await.unwrap();
    assert!(since.elapsed() < Duration::from_secs(10), "nothing was left to be cut off");
}

/// A stream does not keep its connection for ever: it ends in peace, and its caller goes on with the next one.
#[tokio::test]
async fn an_old_connection_ends_it_in_peace() {
    let server = Server::start_with(&[("BURSAR_MAX_CONNECTION_AGE_SECONDS", "2")]).await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    for round in 1..=2 {
        let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
        stream.send(vec![new_transfer(&from, &to, "1")]).await;
        stream.results(1).await;
        let (results, end) = stream.rest().await;
        assert!(results.is_empty());
        fault(end.unwrap()).is("old", Code::Unavailable, "CONNECTION_ENDING");
        assert_eq!(balance(&tenant.viewer, &to).await.posted, round.to_string());
    }
}

/// Without a deadline a stream lives on, and each submit has one of its own; with one it ends then.
#[tokio::test]
async fn a_deadline_of_the_callers_ends_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let time = Duration::from_secs(3);
    let since = Instant::now();
    let mut stream = TransferStream::open_for(&tenant.operator, Some(time)).await.unwrap();
    stream.send(vec![new_transfer(&from, &to, "1")]).await;
    stream.results(1).await;
    let (results, end) = stream.rest().await;
    let took = since.elapsed();
    assert!(results.is_empty() && took.as_millis() >= 2_900, "{took:?}");
    fault(end.unwrap()).is("its own", Code::DeadlineExceeded, "DEADLINE_EXCEEDED");

    // A submit waits no longer than the stream may.
    let busy = server.database.connect().await;
    busy.batch_execute("BEGIN; SELECT FROM bursar.ledger_account FOR UPDATE").await.unwrap();
    let mut stream = TransferStream::open_for(&tenant.operator, Some(time)).await.unwrap();
    stream.send(vec![new_transfer(&from, &to, "1")]).await;
    let (results, end) = stream.rest().await;
    assert!(results.is_empty());
    fault(end.unwrap()).is("a submit", Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    busy.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "1", "0", "0"]);
}
