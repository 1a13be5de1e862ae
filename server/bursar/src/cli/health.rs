//! `bursar health`: asks a running server whether it is ready.

use super::failure::{Exit, Failure};
use super::output::Out;
use crate::config::{Config, Purpose};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Most of the answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 4096;

/// Ask the server of this machine whether it is ready
///
/// Asks /readyz at BURSAR_OPS_LISTEN; at the loopback address when it listens on all addresses. Exits with 0
/// when it is ready, with 4 when it is not or does not answer.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  bursar health --timeout 1")]
pub(crate) struct Args {
    /// Longest wait for the answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

pub(crate) async fn run(args: Args, out: Out) -> Result<(), Failure> {
    let address = dial(Config::from_env(Purpose::Other)?.ops_listen);
    let silent = |why: String| {
        Failure::new(
            Exit::Unavailable,
            format!(
                "the server at {address} does not answer: {why}; BURSAR_OPS_LISTEN says where it is"
            ),
        )
    };
    let (status, text) = timeout(Duration::from_secs(args.timeout), page(address, "/readyz"))
        .await
        .map_err(|_| silent("no answer in time".to_owned()))?
        .map_err(|e| silent(e.to_string()))?;
    if status == http::StatusCode::OK {
        return out.show(&json!({"ready": true}), "ready");
    }
    Err(Failure::new(Exit::Unavailable, format!("not ready: {}", text.trim())))
}

/// A page of the operator's port; of a long one the text is empty.
pub(super) async fn page(
    address: SocketAddr,
    path: &str,
) -> Result<(http::StatusCode, String), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request = http::Request::get(path)
        .header("host", address.to_string())
        .body(Empty::<bytes::Bytes>::new())?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
    driver.abort();
    let text = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned());
    Ok((status, text.unwrap_or_default()))
}

/// Where to reach a server that listens there.
pub(super) fn dial(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_reached_at_loopback() {
        for (listen, want) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")]
        {
            assert_eq!(dial(listen.parse().unwrap()).to_string(), want);
        }
    }
}
