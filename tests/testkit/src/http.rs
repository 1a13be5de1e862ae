//! Plain HTTP, for requests that no generated client would send: broken frames, gRPC-Web, probes.

use http::{HeaderMap, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::Status;

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Of HTTP.
    pub status: StatusCode,
    /// Which HTTP the server spoke.
    pub version: Version,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// What came after the body.
    pub trailers: HeaderMap,
}

impl Answer {
    /// The status of gRPC, wherever it stands.
    pub fn grpc_status(&self) -> Option<Status> {
        Status::from_header_map(&self.trailers).or_else(|| Status::from_header_map(&self.headers))
    }
}

/// Sends a request to a port of this machine, on a connection of its own.
pub async fn send(port: u16, version: Version, request: Request<Vec<u8>>) -> Answer {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connects");
    send_on(stream, version, request).await
}

/// Sends a request on a connection that is there.
pub async fn send_on(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    version: Version,
    request: Request<Vec<u8>>,
) -> Answer {
    let stream = TokioIo::new(stream);
    let request = request.map(|body| Full::new(Bytes::from(body)));
    let response = if version == Version::HTTP_2 {
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
                .await
                .expect("speaks HTTP/2");
        tokio::spawn(connection);
        client.send_request(request).await
    } else {
        let (mut client, connection) =
            hyper::client::conn::http1::handshake(stream).await.expect("speaks HTTP/1");
        tokio::spawn(connection);
        client.send_request(request).await
    };
    let (parts, body) = response.expect("an answer").into_parts();
    let collected = body.collect().await.expect("a whole answer");
    let trailers = collected.trailers().cloned().unwrap_or_default();
    Answer {
        status: parts.status,
        version: parts.version,
        headers: parts.headers,
        body: collected.to_bytes().into(),
        trailers,
    }
}

/// A message in gRPC's wrapping: no compression, its length, itself.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

/// The frames of a body, each with its flag.
pub fn frames(mut body: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let [flag, a, b, c, d, rest @ ..] = body {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        found.push((*flag, rest[..length].to_vec()));
        body = &rest[length..];
    }
    assert!(body.is_empty(), "bytes after the last frame: {body:?}");
    found
}
