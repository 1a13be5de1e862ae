//! How a server stops, and what it tells probes.

use std::time::{Duration, Instant};

use bursar_proto::admin::v1::WhoAmIRequest;
use bursar_proto::ledger::v1::BalanceRule;
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};
use bursar_testkit::http::{Answer, send};
use bursar_testkit::{
    Caller, Database, Proxy, Server, balance, fault, make, new_account, new_transfer, ok, within,
};
use http::{Method, Request, StatusCode, Version};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::raw::{self, GOAWAY, HEADERS, Raw, SETTINGS};

async fn probe(port: u16, method: Method, path: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "probe")
        .body(Vec::new())
        .unwrap();
    send(port, Version::HTTP_11, request).await
}

async fn get(port: u16, path: &str) -> (StatusCode, String) {
    let answer = probe(port, Method::GET, path).await;
    (answer.status, String::from_utf8(answer.body).unwrap())
}

async fn health(caller: &Caller) -> Result<ServingStatus, tonic::Status> {
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(caller.channel())
        .check(request)
        .await
        .map(|reply| reply.into_inner().status())
}

#[tokio::test]
async fn a_drain_tells_everyone_and_lets_calls_end() {
    let mut server =
        Server::start_with(&[("BURSAR_DRAIN_SECONDS", "20"), ("BURSAR_DRAIN_WAIT_SECONDS", "3")])
            .await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let running = server.running.take().unwrap();
    let (port, ops) = (running.grpc_addr.port(), running.ops_addr.port());
    assert_eq!(get(ops, "/readyz").await, (StatusCode::OK, "ok\n".into()));

    // A slow call: another transaction holds its accounts.
    let busy = server.database.connect().await;
    busy.batch_execute("BEGIN; SELECT FROM bursar.ledger_account FOR UPDATE").await.unwrap();
    let (caller, transfer) = (tenant.operator.clone(), new_transfer(&from, &to, "7.00"));
    let slow = tokio::spawn(async move { make(&caller, transfer).await });
    wait_for_lock(&server.database).await;

    let other = Caller::new(port, &tenant.viewer.key_text);
    ok(other.server().who_am_i(WhoAmIRequest {}).await);
    let stopping = tokio::spawn(running.stop());
    // At first it only says that it stops, so that load balancers look elsewhere; what they still send is served.
    within(Duration::from_secs(1), "NOT_SERVING", async || {
        health(&other).await.unwrap() == ServingStatus::NotServing
    })
    .await;
    assert_eq!(
        get(ops, "/readyz").await,
        (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping\n".into())
    );
    assert_eq!(get(ops, "/livez").await.0, StatusCode::OK);
    ok(other.server().who_am_i(WhoAmIRequest {}).await);
    let late = Caller::new(port, &tenant.viewer.key_text);
    ok(late.server().who_am_i(WhoAmIRequest {}).await);
    let mut raw = Raw::connect(port).await;

    // Then every client is told to go, the door is shut, and the call under way goes on.
    assert_eq!(raw.next(GOAWAY).await.expect("GOAWAY").code(), 0);
    raw.end().await;
    within(Duration::from_secs(3), "a closed port", async || {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err()
    })
    .await;
    assert!(!slow.is_finished() && !stopping.is_finished());
    busy.batch_execute("COMMIT").await.unwrap();
    let made = slow.await.unwrap().expect("the call that was under way ends well");
    assert_eq!(made.credit_balance.unwrap().posted, "7");
    stopping.await.unwrap();
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", ops)).await.is_err());
}

/// What crosses GOAWAY on its way is served; a client that does not listen is told the reason a little later.
#[tokio::test]
async fn calls_after_the_goodbye_are_served_for_a_moment_and_then_refused() {
    const WHO: &str = "/bursar.admin.v1.ServerService/WhoAmI";
    // The status as HPACK writes it: a text of two bytes after Huffman.
    const UNAUTHENTICATED: [u8; 3] = [0x82, 0x0b, 0x9f];
    const UNAVAILABLE: [u8; 3] = [0x82, 0x0b, 0x5f];
    let mut server = Server::start_with(&[("BURSAR_DRAIN_SECONDS", "20")]).await;
    let (mut quick, mut deaf) =
        (Raw::connect(server.port()).await, Raw::connect(server.port()).await);
    for raw in [&mut quick, &mut deaf] {
        raw.next(SETTINGS).await.expect("a connection");
    }
    let stopping = tokio::spawn(server.running.take().unwrap().stop());
    // The PING behind GOAWAY is not answered yet, so the server cannot know that it was heard.
    for raw in [&mut quick, &mut deaf] {
        raw.next(GOAWAY).await.expect("GOAWAY");
    }
    let says = |block: &[u8], status: [u8; 3]| block.windows(3).any(|part| part == status);
    quick.send(&raw::call(1, WHO)).await;
    let crossed = quick.next(HEADERS).await.expect("an answer").payload;
    assert!(says(&crossed, UNAUTHENTICATED), "{crossed:x?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    deaf.send(&raw::call(1, WHO)).await;
    let refused = deaf.next(HEADERS).await.expect("an answer").payload;
    assert!(says(&refused, UNAVAILABLE), "{refused:x?}");
    for raw in [&mut quick, &mut deaf] {
        raw.end().await;
    }
    stopping.await.unwrap();
}

/// What outlasts the drain is cut off: the caller cannot know, and asks the next server.
#[tokio::test]
async fn a_drain_has_an_end() {
    let mut server = Server::start_with(&[("BURSAR_DRAIN_SECONDS", "1")]).await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let next = server.replica().await;
    let busy = server.database.connect().await;
    busy.batch_execute("BEGIN; SELECT FROM bursar.ledger_account FOR UPDATE").await.unwrap();
    let (caller, transfer) = (tenant.operator.clone(), new_transfer(&from, &to, "7.00"));
    let lost = transfer.id.clone();
    let slow = tokio::spawn(async move { make(&caller, transfer).await });
    wait_for_lock(&server.database).await;

    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(slow.await.unwrap().is_err());
    busy.batch_execute("COMMIT").await.unwrap();

    let other = Caller::new(next.grpc_addr.port(), &tenant.operator.key_text);
    let settled =
        ok(other.operations().get_operation(GetOperationRequest { id: lost, fence: true }).await);
    assert_eq!(settled.state(), OperationState::Fenced, "it did not happen, and now never will");
    assert_eq!(balance(&other, &to).await.version, 0);
}

pub(super) async fn wait_for_lock(database: &Database) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = 'bursar_app' AND wait_event_type = 'Lock'";
    within(Duration::from_secs(5), "a call that waits", async || {
        database.rows(waiting).await[0].get::<_, i64>(0) > 0
    })
    .await;
}

#[tokio::test]
async fn probes_learn_whether_to_restart_and_whether_to_route() {
    let database = Database::migrated().await;
    let proxy = Proxy::start(database.port().await).await;
    let url = database.app_url_at(proxy.port);
    let url = secrecy::ExposeSecret::expose_secret(&url);
    let server = Server::start_on(database, &[("DATABASE_URL", url)]).await;
    let ops = server.running.as_ref().unwrap().ops_addr.port();
    assert_eq!(get(ops, "/livez").await, (StatusCode::OK, "ok\n".into()));
    within(Duration::from_secs(2), "readiness", async || {
        get(ops, "/readyz").await.0 == StatusCode::OK
    })
    .await;
    assert_eq!(get(ops, "/").await.0, StatusCode::NOT_FOUND);
    assert_eq!(probe(ops, Method::POST, "/readyz").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(probe(ops, Method::HEAD, "/livez").await.status, StatusCode::OK);

    proxy.cut();
    let away = (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n".to_owned());
    within(Duration::from_secs(10), "not ready", async || get(ops, "/readyz").await == away).await;
    // A restart would not help.
    assert_eq!(get(ops, "/livez").await.0, StatusCode::OK);
    assert_eq!(health(&server.platform).await.unwrap(), ServingStatus::NotServing);
    let begun = Instant::now();
    let refused = fault(server.platform.server().who_am_i(WhoAmIRequest {}).await.unwrap_err());
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::Unavailable, "DATABASE_UNAVAILABLE"),
        "{refused:?}"
    );
    assert!(refused.meta("definite") == "true" && refused.retry_delay.is_some(), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(1), "fails fast: {:?}", begun.elapsed());

    proxy.mend();
    within(Duration::from_secs(10), "recovery by itself", async || {
        get(ops, "/readyz").await.0 == StatusCode::OK
    })
    .await;
    ok(server.platform.server().who_am_i(WhoAmIRequest {}).await);
}
