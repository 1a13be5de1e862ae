//! Stands before a server and changes what it answers: as a newer server would, or with an error that no server has on
//! demand.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use futures::stream;
use http::{Request, Response, Uri, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::errors;

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// Field number that no message has.
const UNKNOWN_FIELD: u32 = 2_000;
/// Number that no enum has.
const UNKNOWN_VALUE: u8 = 99;

/// A running relay.
pub(crate) struct Relay {
    /// Port it listens on.
    pub(crate) port: u16,
    mode: Arc<Mutex<Mode>>,
}

#[derive(Default)]
struct Mode {
    append: bool,
    reason: String,
    /// Calls left to be answered with it.
    times: u64,
}

impl Relay {
    /// Starts in front of a server's port.
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = listener.local_addr().expect("an address").port();
        let mode = Arc::new(Mutex::new(Mode::default()));
        let shared = mode.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mode = shared.clone();
                let answer = service_fn(move |request| {
                    let mode = mode.clone();
                    async move { Ok::<_, Infallible>(answer(request, target, &mode).await) }
                });
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                tokio::spawn(server.serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self { port, mode }
    }

    /// What it does from now on.
    pub(crate) fn set(&self, asked: &Value) -> Result<(), String> {
        let reason = asked["reason"].as_str().unwrap_or_default().to_owned();
        if !reason.is_empty() {
            errors::status(&reason)?;
        }
        let times = if reason.is_empty() { 0 } else { asked["times"].as_u64().unwrap_or(1) };
        let append = asked["append"].as_bool().unwrap_or(false);
        *self.mode.lock().expect("no panic") = Mode { append, reason, times };
        Ok(())
    }
}

async fn answer(request: Request<Incoming>, target: u16, mode: &Mutex<Mode>) -> Response<Body> {
    let (append, reason) = {
        let mut mode = mode.lock().expect("no panic");
        let now = mode.times > 0;
        mode.times = mode.times.saturating_sub(1);
        (mode.append, now.then(|| mode.reason.clone()))
    };
    if let Some(reason) = reason {
        let status = errors::status(&reason).expect("it was tried when it was set");
        return status
            .into_http::<Empty<Bytes>>()
            .map(|body| body.map_err(|never| match never {}).boxed_unsync());
    }
    let addition = append.then(|| addition(request.uri().path())).flatten();
    let Ok(response) = forward(request, target).await else {
        // As a proxy says it.
        let mut response = Response::new(Empty::new().map_err(|n| match n {}).boxed_unsync());
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        return response;
    };
    match addition {
        Some(addition) => appended(response, &addition).await,
        None => response.map(http_body_util::BodyExt::boxed_unsync),
    }
}

/// Sends a request on, on a connection of its own.
async fn forward(
    mut request: Request<Incoming>,
    target: u16,
) -> Result<Response<Incoming>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(("127.0.0.1", target)).await?;
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let path = request.uri().path_and_query().ok_or("a request without a path")?.clone();
    *request.uri_mut() = Uri::builder()
        .scheme("http")
        .authority(format!("127.0.0.1:{target}"))
        .path_and_query(path)
        .build()?;
    request.headers_mut().remove(header::HOST);
    // What is compressed could not be appended to.
    request.headers_mut().remove("grpc-accept-encoding");
    Ok(client.send_request(request).await?)
}

/// The answer with bytes after its message.
async fn appended(response: Response<Incoming>, more: &[u8]) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let Ok(collected) = body.collect().await else {
        return Response::from_parts(parts, Empty::new().map_err(|n| match n {}).boxed_unsync());
    };
    let trailers = collected.trailers().cloned();
    let mut message = collected.to_bytes().to_vec();
    // Of an error there is no message.
    if message.len() >= 5 {
        message.extend_from_slice(more);
        let length = u32::try_from(message.len() - 5).expect("a message below 4 GiB");
        message[1..5].copy_from_slice(&length.to_be_bytes());
    }
    let frames = [Some(Frame::data(Bytes::from(message))), trailers.map(Frame::trailers)];
    let frames = frames.into_iter().flatten().map(Ok);
    Response::from_parts(
        parts,
        StreamBody::new(stream::iter(frames.collect::<Vec<_>>())).boxed_unsync(),
    )
}

/// What a newer server's reply of a unary method has beside ours: a field, and an enum's value where it has an enum.
/// Parsers merge a second occurrence of a message into the first, and the last value of a field counts.
fn addition(path: &str) -> Option<Vec<u8>> {
    let method = method(path)?;
    let mut bytes = Vec::new();
    prost::encoding::uint32::encode(UNKNOWN_FIELD, &1, &mut bytes);
    let reply = method.output();
    if let Some(field) = enum_of(&reply) {
        bytes.extend(enum_value(&field));
    } else if let Some((outer, inner)) = reply.fields().find_map(|field| {
        let Kind::Message(message) = field.kind() else { return None };
        let inner = (!field.is_list() && !field.is_map()).then(|| enum_of(&message))??;
        Some((field, inner))
    }) {
        prost::encoding::bytes::encode(outer.number(), &enum_value(&inner), &mut bytes);
    }
    Some(bytes)
}

fn method(path: &str) -> Option<MethodDescriptor> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    let service = errors::pool().get_service_by_name(service)?;
    let method = service.methods().find(|found| found.name() == method)?;
    (!method.is_client_streaming() && !method.is_server_streaming()).then_some(method)
}

fn enum_of(message: &MessageDescriptor) -> Option<FieldDescriptor> {
    message.fields().find(|field| !field.is_list() && matches!(field.kind(), Kind::Enum(_)))
}

fn enum_value(field: &FieldDescriptor) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::int32::encode(field.number(), &i32::from(UNKNOWN_VALUE), &mut bytes);
    bytes
}
