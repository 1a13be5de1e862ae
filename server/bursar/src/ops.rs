//! The operator's port: /livez and /readyz over plain HTTP.

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
    let (status, text) = respond(request.method(), request.uri().path(), readiness);
    let mut response = Response::new(Full::from(format!("{text}\n")));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert("content-type", http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn respond(method: &Method, path: &str, readiness: Readiness) -> (StatusCode, &'static str) {
    match (path, readiness) {
        ("/livez" | "/readyz", _) if !matches!(*method, Method::GET | Method::HEAD) => {
            (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD")
        }
        ("/livez", _) | ("/readyz", Readiness::Ready) => (StatusCode::OK, "ok"),
        ("/readyz", Readiness::NotReady(reason)) => (StatusCode::SERVICE_UNAVAILABLE, reason),
        _ => (StatusCode::NOT_FOUND, "no such page; there are /livez and /readyz"),
    }
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
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        );
        assert_eq!(respond(&Method::POST, "/readyz", down).0, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(respond(&Method::GET, "/metrics", down).0, StatusCode::NOT_FOUND);
    }
}
