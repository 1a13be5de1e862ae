//! The operator's port: /livez, /readyz and /metrics over plain HTTP.

use crate::telemetry;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Longest wait for a request's head: a probe sends it at once.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait when the system gives no connection, for want of file descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Whether the server takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It does.
    Ready,
    /// It does not, because of this.
    NotReady(&'static str),
}

/// Answers probes until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, readiness: watch::Receiver<Readiness>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the operator's port takes no connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let readiness = readiness.clone();
        tokio::spawn(async move {
            let answer = service_fn(async |request| {
                Ok::<_, Infallible>(answer(&request, *readiness.borrow()))
            });
            // A probe that goes away in the middle is nobody's concern.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

fn answer(request: &Request<Incoming>, readiness: Readiness) -> Response<Full<Bytes>> {
    let (status, page) = respond(request.method(), request.uri().path(), readiness);
    let (text, kind) = match page {
        Page::Text(text) => (format!("{text}\n"), "text/plain; charset=utf-8"),
        Page::Metrics => (telemetry::metrics_text(), "text/plain; version=0.0.4; charset=utf-8"),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static(kind));
    response
}

/// What an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Text(&'static str),
    Metrics,
}

fn respond(method: &Method, path: &str, readiness: Readiness) -> (StatusCode, Page) {
    let (status, text) = match (path, readiness) {
        ("/livez" | "/readyz" | "/metrics", _)
            if !matches!(*method, Method::GET | Method::HEAD) =>
        {
            (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD")
        }
        ("/metrics", _) => return (StatusCode::OK, Page::Metrics),
        ("/livez", _) | ("/readyz", Readiness::Ready) => (StatusCode::OK, "ok"),
        ("/readyz", Readiness::NotReady(reason)) => (StatusCode::SERVICE_UNAVAILABLE, reason),
        _ => (StatusCode::NOT_FOUND, "no such page; there are /livez, /readyz and /metrics"),
    };
    (status, Page::Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_has_a_reason_and_liveness_none() {
        let down = Readiness::NotReady("the database does not answer");
        assert_eq!(respond(&Method::GET, "/livez", down).0, StatusCode::OK);
        assert_eq!(respond(&Method::GET, "/readyz", Readiness::Ready).0, StatusCode::OK);
        assert_eq!(
            respond(&Method::GET, "/readyz", down),
            (StatusCode::SERVICE_UNAVAILABLE, Page::Text("the database does not answer"))
        );
        assert_eq!(respond(&Method::POST, "/readyz", down).0, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(respond(&Method::GET, "/metrics", down), (StatusCode::OK, Page::Metrics));
        assert_eq!(respond(&Method::GET, "/metric", down).0, StatusCode::NOT_FOUND);
    }
}
