//! What a load balancer and an operator see of a server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bursar_testkit::Caller;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Whether gRPC health says SERVING, for the whole and for one service alike.
pub(crate) async fn serving(caller: &Caller) -> bool {
    let mut states = Vec::new();
    for service in ["", "bursar.ledger.v1.TransferService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let reply =
            HealthClient::new(caller.channel()).check(request).await.expect("health answers");
        states.push(reply.into_inner().status() == ServingStatus::Serving);
    }
    states.into_iter().all(|state| state)
}

/// Status and text of a page of the operator's port.
pub(crate) async fn page(ops: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(ops).await.expect("the operator's port answers");
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("sends");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, text.rsplit("\r\n").next().unwrap_or_default().trim().to_owned())
}

/// Waits until it is so, at most that long; how long it took.
pub(crate) async fn until(what: &str, limit: Duration, so: impl AsyncFn() -> bool) -> Duration {
    let since = Instant::now();
    while !so().await {
        assert!(since.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = since.elapsed();
    assert!(took < limit, "within {took:?} and not {limit:?}: {what}");
    eprintln!("{what}: after {took:?}");
    took
}
