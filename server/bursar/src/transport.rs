//! Connections: accepts them within limits, and lets them end in peace.
//!
//! A server of our own rather than tonic's, because tonic's answers `grpc-timeout` before any layer
//! can, and because a drain needs an end.

use crate::stopping::stopped;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use opentelemetry::global;
use opentelemetry::metrics::UpDownCounter;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::body::Body;
use tower::{Service, ServiceExt};

/// Most connections at once; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 4_096;
/// Most calls at once on one connection; a client holds further ones back.
const MAX_STREAMS_PER_CONNECTION: u32 = 256;
/// Longest wait for the first byte of a connection, so that silent ones use no place up.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often an idle peer is asked whether it is still there.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long it has to answer.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Room for a whole batch without waiting for the receiver's leave, in bytes.
const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// The same for all calls of a connection.
const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;
/// How long to wait when the system gives no connection, for want of file descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, then waits at most `grace` for calls under way, and cuts the rest.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    service: S,
    mut stop: watch::Receiver<bool>,
    grace: Duration,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    let server = server();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let (server, service, stop) = (server.clone(), service.clone(), stop.clone());
        connections.spawn(async move {
            let open = Open::new();
            connection(stream, server, service, stop).await;
            drop((open, place));
        });
    }
    // Closed at once, so that new clients are refused rather than left waiting.
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(grace, all).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "calls outlasted the drain and are cut off"
        );
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    // Never closed, so it cannot fail.
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "no connection can be accepted");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn connection<S>(
    stream: TcpStream,
    server: Builder<TokioExecutor>,
    service: S,
    mut stop: watch::Receiver<bool>,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    // Replies are small and awaited: they must not wait for more to send.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let silent = tokio::select! {
        ready = timeout(FIRST_BYTE_TIMEOUT, stream.readable()) => !matches!(ready, Ok(Ok(()))),
        () = stopped(&mut stop) => true,
    };
    if silent {
        return;
    }
    let service = service.map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut connection =
        pin!(server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            // GOAWAY: no new calls, those under way may end.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended with an error");
    }
}

static CONNECTIONS: LazyLock<UpDownCounter<i64>> = LazyLock::new(|| {
    global::meter("bursar")
        .i64_up_down_counter("bursar.connections")
        .with_description("Connections of callers that are open")
        .build()
});

/// Counts among the open connections until it is dropped.
struct Open(());

impl Open {
    fn new() -> Self {
        CONNECTIONS.add(1, &[]);
        Self(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        CONNECTIONS.add(-1, &[]);
    }
}

fn server() -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    // Without a timer hyper enforces no time limit on a request's head.
    server.http1().timer(TokioTimer::new());
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS_PER_CONNECTION)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    server
}
