//! The caller's deadline reaches the server, and the database behind it.

use std::time::{Duration, Instant};

use bursar_proto::ledger::v1::{BalanceRule, GetAccountRequest};
use bursar_testkit::http::{frame, send};
use bursar_testkit::{Server, TestTenant, balance, fault, make, new_account, new_transfer, ok};
use http::{Method, Request, Version};
use tonic::Code;

/// Calls `WhoAmI` with a `grpc-timeout` that no client library would send.
async fn with_timeout(
    server: &Server,
    tenant: &TestTenant,
    timeout: &str,
) -> Option<tonic::Status> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://127.0.0.1:{}/bursar.admin.v1.ServerService/WhoAmI", server.port()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout)
        .header("authorization", format!("Bearer {}", tenant.viewer.key_text))
        .body(frame(&[]))
        .unwrap();
    send(server.port(), Version::HTTP_2, request)
        .await
        .grpc_status()
        .filter(|status| status.code() != Code::Ok)
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_told_as_such() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for timeout in ["0n", "0S"] {
        let fault = fault(with_timeout(&server, &tenant, timeout).await.unwrap());
        assert_eq!(
            (fault.code, fault.reason.as_str()),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
            "{timeout}"
        );
        assert_eq!(fault.meta("definite"), "true", "nothing was begun: {fault:?}");
    }
    for timeout in ["10S", "99999999H"] {
        assert!(with_timeout(&server, &tenant, timeout).await.is_none(), "{timeout}");
    }
    for timeout in ["", "soon", "5", "-1S", "123456789S"] {
        let fault = fault(with_timeout(&server, &tenant, timeout).await.unwrap());
        assert_eq!(
            (fault.code, fault.reason.as_str()),
            (Code::InvalidArgument, "INVALID_FIELD"),
            "{timeout}"
        );
        assert_eq!(fault.fields, ["grpc-timeout"]);
    }
}

/// The server gives up by itself: its statement ends in the database, the lock's holder is not disturbed, and what was
/// not committed is known not to have happened.
#[tokio::test]
async fn a_deadline_ends_the_statement_that_waits() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let busy = server.database.connect().await;
    busy.batch_execute("BEGIN; SELECT FROM bursar.ledger_account FOR UPDATE").await.unwrap();

    let transfer = new_transfer(&from, &to, "1.00");
    let message = bursar_proto::ledger::v1::CreateTransferRequest {
        transfer: Some(transfer.clone()),
        validate_only: false,
    };
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!(
            "http://127.0.0.1:{}/bursar.ledger.v1.TransferService/CreateTransfer",
            server.port()
        ))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", "700m")
        .header("authorization", format!("Bearer {}", tenant.operator.key_text))
        .body(frame(&prost::Message::encode_to_vec(&message)))
        .unwrap();
    let begun = Instant::now();
    let answer = send(server.port(), Version::HTTP_2, request).await;
    let took = begun.elapsed();
    let fault = fault(answer.grpc_status().unwrap());
    assert_eq!((fault.code, fault.meta("definite")), (Code::DeadlineExceeded, "true"), "{fault:?}");
    assert!(took >= Duration::from_millis(650) && took < Duration::from_millis(1_500), "{took:?}");

    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = 'bursar_app' AND wait_event_type = 'Lock'";
    let still: i64 = server.database.rows(waiting).await[0].get(0);
    assert_eq!(still, 0, "nothing of the call is left in the database");
    busy.batch_execute("COMMIT").await.unwrap();
    assert_eq!(balance(&tenant.viewer, &to).await.version, 0);
    ok(tenant.viewer.accounts().get_account(GetAccountRequest { id: to.id.clone() }).await);
    // Its id is free: the caller may send it again.
    make(&tenant.operator, transfer).await.unwrap();
}
