//! What every call goes through: the key, the id, the deadline, and further tries.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Collected, Full};
use tokio::time::{Instant, timeout_at};
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tower::{Service, ServiceExt as _};

use crate::error::{ID_HEADER, READ_HEADER};
use crate::methods::{self, Method};
use crate::{ids, retry};

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// Bytes before a message on the wire: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The connection that generated clients call through. It makes ids, keeps deadlines and tries again.
#[derive(Clone)]
pub struct Connection {
    channel: Channel,
    key: Option<HeaderValue>,
    deadline: Duration,
    attempts: u32,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is a secret.
        f.debug_struct("Connection").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(
        channel: Channel,
        key: Option<HeaderValue>,
        deadline: Duration,
        attempts: u32,
    ) -> Self {
        Self { channel, key, deadline, attempts: attempts.max(1) }
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The channel is asked before each try.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(key) = &self.key {
            request.headers_mut().insert(header::AUTHORIZATION, key.clone());
        }
        #[cfg(feature = "opentelemetry")]
        crate::trace::inject(request.headers_mut());
        let connection = self.clone();
        Box::pin(async move {
            let method = methods::method(request.uri().path());
            Ok(match method {
                Some(method) if !method.streams => connection.unary(request, method).await,
                _ => connection.streaming(request, method).await,
            })
        })
    }
}

impl Connection {
    /// A call that streams is made once, and has no deadline of ours.
    async fn streaming(self, request: Request<Body>, method: Option<&Method>) -> Response<Body> {
        let read = method.is_some_and(|method| !method.mutates);
        match self.channel.oneshot(request).await {
            Ok(response) if response.status() == StatusCode::OK => response,
            Ok(response) => refused(http_status(response.status()), read, ""),
            Err(error) => refused(unreachable(&error), read, ""),
        }
    }

    async fn unary(self, request: Request<Body>, method: &'static Method) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let given = parts.headers.remove(TIMEOUT).and_then(|value| parse_timeout(&value));
        let deadline = Instant::now() + given.unwrap_or(self.deadline);
        let read = !method.mutates;
        // A body of tonic's own: what cannot be encoded ends here.
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(status) => return refused(status, true, ""),
        };
        let (body, id) = with_ids(body, method);
        let mut tries = 0;
        loop {
            tries += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            let mut again = Request::new(Body::new(Full::new(body.clone())));
            *again.method_mut() = parts.method.clone();
            *again.uri_mut() = parts.uri.clone();
            *again.version_mut() = parts.version;
            *again.headers_mut() = parts.headers.clone();
            again.headers_mut().insert(TIMEOUT, timeout_header(left));
            let answer = match timeout_at(deadline, exchange(self.channel.clone(), again)).await {
                // The channel's own clock calls its end a lost connection.
                Ok(Err(_)) if Instant::now() >= deadline => Err(too_late()),
                Ok(answer) => answer,
                Err(_) => Err(too_late()),
            };
            let status = match answer {
                Ok(Answer { status: None, response }) => return response,
                Ok(Answer { status: Some(status), .. }) | Err(status) => status,
            };
            let wait = retry::wait(&status, tries).filter(|_| tries < self.attempts);
            match wait {
                Some(wait) if Instant::now() + wait < deadline => tokio::time::sleep(wait).await,
                _ => return refused(status, read, &id),
            }
        }
    }
}

/// An answer that is there as a whole.
struct Answer {
    /// None when it is a reply.
    status: Option<Status>,
    response: Response<Body>,
}

/// One try. An error of it never came from a server.
async fn exchange(channel: Channel, request: Request<Body>) -> Result<Answer, Status> {
    let response = channel.oneshot(request).await.map_err(|error| unreachable(&error))?;
    if response.status() != StatusCode::OK {
        return Err(http_status(response.status()));
    }
    let (parts, body) = response.into_parts();
    if let Some(end) = end(&parts.headers) {
        return Ok(Answer {
            status: failure(end),
            response: Response::from_parts(parts, Body::empty()),
        });
    }
    let body: Collected<Bytes> = body.collect().await.map_err(|status| unreachable(&status))?;
    let status = match body.trailers().and_then(end) {
        Some(end) => failure(end),
        None => Some(Status::unavailable("the connection ended before the answer did")),
    };
    Ok(Answer { status, response: Response::from_parts(parts, Body::new(body)) })
}

/// What headers say of the end, if they say it.
fn end(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers)
}

/// The failure that an end is; none when it is a good one.
fn failure(end: Status) -> Option<Status> {
    (end.code() != Code::Ok).then_some(end)
}

fn too_late() -> Status {
    Status::deadline_exceeded("the call's deadline passed")
}

/// The request with its ids, and the id of its call.
fn with_ids(body: Bytes, method: &Method) -> (Bytes, String) {
    // What is compressed cannot be looked into.
    if body.len() < PREFIX || body[0] != 0 {
        return (body, String::new());
    }
    let filled = ids::fill(body.slice(PREFIX..), &method.ids);
    let Ok(length) = u32::try_from(filled.message.len()) else { return (body, filled.id) };
    let mut framed = BytesMut::with_capacity(PREFIX + filled.message.len());
    framed.put_u8(0);
    framed.put_u32(length);
    framed.extend_from_slice(&filled.message);
    (framed.freeze(), filled.id)
}

/// No connection, or it ended.
fn unreachable(error: &dyn std::error::Error) -> Status {
    let mut text = format!("the server cannot be reached: {error}");
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    Status::unavailable(text)
}

/// What a proxy says that is no gRPC.
fn http_status(status: StatusCode) -> Status {
    Status::unavailable(format!(
        "the server cannot be reached: something before it answered {status}"
    ))
}

/// The failure as a response, with what only this layer knows.
fn refused(mut status: Status, read: bool, id: &str) -> Response<Body> {
    let metadata = status.metadata_mut();
    if read {
        metadata.insert(READ_HEADER, tonic::metadata::MetadataValue::from_static("1"));
    }
    if let Some(id) = id.parse().ok().filter(|_| !id.is_empty()) {
        metadata.insert(ID_HEADER, id);
    }
    status.into_http()
}

/// `grpc-timeout`: at most eight digits and a unit. Rounded up, because the channel keeps it too, and ours has to
/// pass first.
fn timeout_header(left: Duration) -> HeaderValue {
    let (millis, seconds) = (left.as_millis() + 1, left.as_secs() + 1);
    let text = if millis < 100_000_000 {
        format!("{millis}m")
    } else {
        format!("{}S", seconds.min(99_999_999))
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("1H"))
}

fn parse_timeout(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number.checked_mul(3_600)?),
        "M" => Duration::from_secs(number.checked_mul(60)?),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_written_and_read() {
        for millis in [1, 250, 10_000, 99_999_998, 500_000_000] {
            let left = Duration::from_millis(millis);
            let read = parse_timeout(&timeout_header(left)).unwrap();
            assert!(read > left && read <= left + Duration::from_secs(1), "{millis}: {read:?}");
        }
        assert_eq!(parse_timeout(&HeaderValue::from_static("5x")), None);
        assert_eq!(parse_timeout(&HeaderValue::from_static("")), None);
    }
}
