//! What one client may take: connections, calls at once, heads, resets, and calls a second.

use std::time::Duration;

use bursar_proto::admin::v1::WhoAmIRequest;
use bursar_testkit::http::send;
use bursar_testkit::{Caller, Fault, Server, fault, ok, within};
use http::{Request, StatusCode, Version};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tonic::Code;

use super::raw::{GOAWAY, RST_STREAM, Raw, SETTINGS, call, frame};

/// A stream that stays open without a key.
const STREAM: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;
const CANCEL: [u8; 4] = 8_u32.to_be_bytes();

async fn who(caller: &Caller) -> Result<(), tonic::Status> {
    caller.server().who_am_i(WhoAmIRequest {}).await.map(drop)
}

#[tokio::test]
async fn a_connection_has_so_many_calls_at_once() {
    let server = Server::start().await;
    let mut raw = Raw::connect(server.port()).await;
    let settings = raw.next(SETTINGS).await.unwrap();
    assert_eq!(settings.setting(3), Some(256), "MAX_CONCURRENT_STREAMS");
    assert_eq!(settings.setting(6), Some(16 * 1024), "MAX_HEADER_LIST_SIZE");
    for number in 0..257 {
        raw.send(&call(2 * number + 1, STREAM)).await;
    }
    let refused = raw.next(RST_STREAM).await.expect("the last call is refused");
    assert_eq!((refused.stream, refused.code()), (513, REFUSED_STREAM));
    who(&server.platform).await.expect("others go on");
}

/// Calls begun and taken back by the thousand cost the client its connection, and the server little.
#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let server = Server::start().await;
    let mut raw = Raw::connect(server.port()).await;
    raw.next(SETTINGS).await.unwrap();
    let mut flood = Vec::new();
    for number in 0..2_000 {
        flood.extend(call(2 * number + 1, STREAM));
        flood.extend(frame(RST_STREAM, 0, 2 * number + 1, &CANCEL));
    }
    raw.send(&flood).await;
    let goaway = raw.next(GOAWAY).await.expect("GOAWAY");
    assert_eq!(goaway.code(), ENHANCE_YOUR_CALM);
    raw.end().await;
    who(&server.platform).await.expect("others go on");
}

#[tokio::test]
async fn heads_have_a_size() {
    let server = Server::start().await;
    let mut request = tonic::Request::new(WhoAmIRequest {});
    request.metadata_mut().insert("x-note", "n".repeat(20_000).parse().unwrap());
    let refused = server.platform.server().who_am_i(request).await.unwrap_err();
    assert!(refused.message().contains("431"), "{refused:?}");
    who(&server.platform).await.expect("the connection goes on");

    let request = |bytes: usize| {
        Request::post("/bursar.admin.v1.ServerService/WhoAmI")
            .header("host", "localhost")
            .header("content-type", "application/grpc-web+proto")
            .header("x-note", "n".repeat(bytes))
            .body(Vec::new())
            .unwrap()
    };
    let large = send(server.port(), Version::HTTP_11, request(20_000)).await;
    assert_eq!(large.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(send(server.port(), Version::HTTP_11, request(8_000)).await.status, StatusCode::OK);
    let mut many = request(1);
    for number in 0..100 {
        let name: http::HeaderName = format!("x-{number}").parse().unwrap();
        many.headers_mut().insert(name, "1".parse().unwrap());
    }
    let many = send(server.port(), Version::HTTP_11, many).await;
    assert_eq!(many.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let server = Server::start_with(&[("BURSAR_CONNECTIONS_PER_ADDRESS", "3")]).await;
    let port = server.port();
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw::connect(port).await;
        raw.next(SETTINGS).await.expect("a place");
        held.push(raw);
    }
    let mut fourth = Raw::connect(port).await;
    assert!(fourth.next(SETTINGS).await.is_none(), "closed at once");
    let elsewhere = tokio::net::TcpSocket::new_v4().unwrap();
    elsewhere.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut elsewhere = elsewhere.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(200), elsewhere.read_u8()).await;
    assert!(waits.is_err(), "another address has its own places");
    held.pop();
    within(Duration::from_secs(5), "a place that was given back", async || {
        Raw::connect(port).await.next(SETTINGS).await.is_some()
    })
    .await;
}

/// Silence is no reason to keep a place.
#[tokio::test]
async fn connections_without_calls_are_closed() {
    let server = Server::start_with(&[("BURSAR_MAX_CONNECTION_IDLE_SECONDS", "1")]).await;
    let mut raw = Raw::connect(server.port()).await;
    assert_eq!(raw.next(GOAWAY).await.expect("GOAWAY").code(), 0);
    raw.end().await;
    // A port without TLS says nothing to one who asks for it, and lets go.
    let mut hello = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut hello, &[0x16, 3, 1, 0, 200, 1, 0]).await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(30), hello.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "the connection ends");
}

/// Nor is half a sentence.
#[tokio::test]
async fn who_does_not_finish_a_greeting_loses_the_connection() {
    let server = Server::start().await;
    let mut slow = tokio::task::JoinSet::new();
    for begun in ["", "PRI * HTTP/2.0", "POST / HTTP/1.1\r\nhost: localhost\r\nx-slow: "] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, begun.as_bytes()).await.unwrap();
        slow.spawn(async move {
            let mut answer = Vec::new();
            let end = stream.read_to_end(&mut answer);
            // The bounds are 10 and 20 seconds.
            assert!(
                tokio::time::timeout(Duration::from_mins(1), end).await.is_ok(),
                "'{begun}' is waited for without end"
            );
        });
    }
    slow.join_all().await;
}

/// What became of calls that were made at once.
async fn burst(caller: &Caller, made: usize) -> Vec<Fault> {
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..made {
        let caller = caller.clone();
        set.spawn(async move { who(&caller).await.map_err(fault) });
    }
    set.join_all().await.into_iter().filter_map(Result::err).collect()
}

#[tokio::test]
async fn a_key_has_so_many_calls_a_second() {
    let server = Server::start_with(&[("BURSAR_KEY_REQUESTS_PER_SECOND", "20")]).await;
    let tenant = server.tenant().await;
    let refused = burst(&tenant.viewer, 200).await;
    assert!(!refused.is_empty() && refused.len() <= 180, "{} of 200 refused", refused.len());
    for fault in &refused {
        fault.is("above the limit", Code::ResourceExhausted, "RATE_LIMITED");
        assert_eq!((fault.meta("limit"), fault.meta("definite")), ("key", "true"));
        let wait = fault.retry_delay.expect("RetryInfo");
        assert!(!wait.is_zero() && wait <= Duration::from_millis(50), "{wait:?}");
    }
    assert!(burst(&tenant.auditor, 20).await.is_empty(), "each key of a tenant has its own share");
    tokio::time::sleep(refused[0].retry_delay.unwrap()).await;
    who(&tenant.viewer).await.expect("let in after the wait that was told");
}

/// A running server takes over new limits, pages and certificates, and says what it cannot.
#[tokio::test]
async fn limits_change_while_the_server_runs() {
    let server = Server::start().await;
    let running = server.running.as_ref().unwrap();
    let caller = server.tenant().await.viewer;
    assert!(burst(&caller, 50).await.is_empty());
    let mut raw = Raw::connect(server.port()).await;
    raw.next(SETTINGS).await.expect("a connection");

    let config = server.config(&[
        ("BURSAR_KEY_REQUESTS_PER_SECOND", "1"),
        ("BURSAR_MAX_CONNECTION_AGE_SECONDS", "1"),
        ("BURSAR_CORS_ORIGINS", "https://new.example.com"),
    ]);
    assert!(running.reload(config).await.expect("taken over").waiting.is_empty());
    assert!(!burst(&caller, 50).await.is_empty(), "the limit counts from the next call on");
    assert_eq!(raw.next(GOAWAY).await.expect("GOAWAY").code(), 0, "connections of before as well");
    let page = Request::builder()
        .method("OPTIONS")
        .uri("/bursar.admin.v1.ServerService/WhoAmI")
        .header("host", "localhost")
        .header("origin", "https://new.example.com")
        .header("access-control-request-method", "POST")
        .body(Vec::new())
        .unwrap();
    let page = send(server.port(), Version::HTTP_11, page).await;
    assert_eq!(page.headers["access-control-allow-origin"], "https://new.example.com");

    assert!(running.reload(server.config(&[])).await.expect("taken over").waiting.is_empty());
    assert!(burst(&caller, 50).await.is_empty(), "no limit again");
    let (authority, dir) = (bursar_testkit::Authority::new("a CA"), tempfile::tempdir().unwrap());
    let (cert, key) = authority.issue("bursar").write(dir.path());
    let tls = server.config(&[
        ("BURSAR_TLS_CERT", cert.to_str().unwrap()),
        ("BURSAR_TLS_KEY", key.to_str().unwrap()),
    ]);
    let restart = running.reload(tls).await.expect("taken over, but for TLS").waiting;
    assert_eq!(restart, ["BURSAR_TLS_CERT", "BURSAR_TLS_KEY"]);
    ok(caller.server().who_am_i(WhoAmIRequest {}).await);
}
