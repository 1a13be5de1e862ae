//! The server as a whole, in this process, on a memory database.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

use bursar::cli::Client;
use bursar::config::{Config, Purpose};
use bursar::files::read_line;
use bursar::serve;
use bursar_proto::admin::v1::{GetServerInfoRequest, WhoAmIRequest};
use std::ffi::OsString;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ORIGIN: &str = "https://app.example.com";

fn config(set: &[(&str, &str)]) -> Config {
    let base = [
        ("STORE_BACKEND", "memory"),
        ("BURSAR_LISTEN", "127.0.0.1:0"),
        ("BURSAR_OPS_LISTEN", "127.0.0.1:0"),
        ("BURSAR_CORS_ORIGINS", ORIGIN),
        ("BURSAR_DRAIN_SECONDS", "2"),
        ("BURSAR_DRAIN_WAIT_SECONDS", "0"),
    ];
    let programs = std::env::var_os("BURSAR_PG_BIN");
    Config::from_lookup(Purpose::Serve, &|name| {
        let value = |list: &[(&str, &str)]| {
            list.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v))
        };
        value(set)
            .or_else(|| value(&base))
            .or_else(|| programs.clone().filter(|_| name == "BURSAR_PG_BIN"))
    })
    .expect("a configuration")
}

async fn http(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer.to_lowercase()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn serves_from_memory_and_leaves_nothing_behind() {
    let running = serve::start(&config(&[])).await.expect("a server");
    let dir = running.data_dir().expect("a data directory").to_owned();
    let url = format!("http://{}", running.grpc_addr);

    assert!(http(running.ops_addr, &get("/livez")).await.starts_with("http/1.1 200"));
    assert!(http(running.ops_addr, &get("/readyz")).await.starts_with("http/1.1 200"));
    assert!(http(running.ops_addr, &get("/other")).await.starts_with("http/1.1 404"));

    let key = read_line(&dir.join("platform.key")).expect("a file").expect("a key");
    let client = Client::connect(&url, &key.into()).await.expect("a client");
    let me = client.server().who_am_i(WhoAmIRequest {}).await.expect("an answer").into_inner();
    assert_eq!(me.label, "first platform key");
    let info = client.server().get_server_info(GetServerInfoRequest {}).await.expect("an answer");
    assert_eq!(info.into_inner().store_backend, "memory");

    let forged = Client::connect(&url, &"bsr_dev_x_y_z".into()).await.expect("a client");
    let refused = forged.server().who_am_i(WhoAmIRequest {}).await.expect_err("a refusal");
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);

    // A browser asks first, and then calls by HTTP/1.1.
    let preflight = |origin: &str| {
        format!(
            "OPTIONS /bursar.admin.v1.ServerService/WhoAmI HTTP/1.1\r\nhost: x\r\norigin: {origin}\r\n\
             access-control-request-method: POST\r\naccess-control-request-headers: authorization,content-type,x-grpc-web\r\n\
             connection: close\r\n\r\n"
        )
    };
    let allowed = http(running.grpc_addr, &preflight(ORIGIN)).await;
    assert!(allowed.contains(&format!("access-control-allow-origin: {ORIGIN}")), "{allowed}");
    assert!(allowed.contains("authorization"), "{allowed}");
    let other = http(running.grpc_addr, &preflight("https://evil.example.com")).await;
    assert!(!other.contains("access-control-allow-origin"), "{other}");
    let call = format!(
        "POST /bursar.admin.v1.ServerService/WhoAmI HTTP/1.1\r\nhost: x\r\norigin: {ORIGIN}\r\n\
         content-type: application/grpc-web+proto\r\ncontent-length: 5\r\nconnection: close\r\n\r\n\0\0\0\0\0"
    );
    let answer = http(running.grpc_addr, &call).await;
    assert!(answer.contains("key_missing") || answer.contains("grpc-status: 16"), "{answer}");
    assert!(
        answer.contains(
            "access-control-expose-headers: grpc-status,grpc-message,grpc-status-details-bin"
        ),
        "{answer}"
    );

    let grpc = running.grpc_addr;
    running.stop().await;
    assert!(TcpStream::connect(grpc).await.is_err(), "the port is free again");
    assert!(!dir.exists(), "a memory database is gone");
}

#[tokio::test]
async fn a_database_that_is_down_keeps_the_server_waiting() {
    let config = config(&[
        ("STORE_BACKEND", "postgres"),
        // Nobody listens there.
        ("DATABASE_URL", "postgres://bursar_app:geheim@127.0.0.1:1/bursar"),
        ("BURSAR_PEPPER", "0123456789abcdef0123456789abcdef"),
    ]);
    let running = serve::start(&config).await.expect("a server");
    let answer = http(running.ops_addr, &get("/readyz")).await;
    assert!(
        answer.starts_with("http/1.1 503") && answer.contains("database does not answer"),
        "{answer}"
    );
    assert!(http(running.ops_addr, &get("/livez")).await.starts_with("http/1.1 200"));
    running.stop().await;
}
