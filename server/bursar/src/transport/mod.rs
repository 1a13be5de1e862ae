//! Connections: accepts them within limits, and lets them end in peace.
//!
//! A server of our own rather than tonic's, because tonic's answers `grpc-timeout` before any layer
//! can, and because a drain needs an end.

mod connection;
mod handle;
mod opening;
mod places;
mod tls;

pub(crate) use handle::{Handle, Settings};
pub use tls::TlsError;

use crate::stopping::stopped;
use bursar_api::layers::Peer;
use connection::Connection;
use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use opentelemetry::global;
use opentelemetry::metrics::UpDownCounter;
use places::Places;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::body::Body;
use tower::Service;

/// Most connections at once; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 4_096;
/// Most calls at once on one connection; a client holds further ones back.
const MAX_STREAMS_PER_CONNECTION: u32 = 256;
/// Largest head of a request, with all its metadata: a key and a trace take a tenth of it.
const MAX_HEADER_BYTES: u32 = 16 * 1024;
/// Most headers of an HTTP/1.1 request.
const MAX_HEADERS: usize = 100;
/// Longest wait for the head of an HTTP/1.1 request, from the answer before it on: it ends idle connections too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// Calls that a client may begin and take back before they are looked at; more end its connection (rapid reset).
const MAX_PENDING_RESETS: usize = 20;
/// Calls that may end by the client's breach of the protocol; more end its connection.
const MAX_ERROR_RESETS: usize = 128;
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

/// Serves until `stop` turns true, then waits at most the drain for calls under way, and cuts the rest.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    service: S,
    handle: Handle,
    mut stop: watch::Receiver<bool>,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    let server = Arc::new(server());
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let places = Places::default();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &free) => accepted,
        };
        let Some((stream, address, permit)) = accepted else { continue };
        let peer = Peer::new(address.ip());
        let Some(place) = places.take(peer, handle.connections_per_address()) else { continue };
        let connection =
            Connection { peer, server: server.clone(), handle: handle.clone(), stop: stop.clone() };
        let service = service.clone();
        connections.spawn(async move {
            let open = Open::new();
            connection.serve(stream, service).await;
            drop((open, place, permit));
        });
    }
    // Closed at once, so that new clients are refused rather than left waiting.
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(handle.drain(), all).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "calls outlasted the drain and are cut off"
        );
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    // Never closed, so it cannot fail.
    let permit = free.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => Some((stream, address, permit)),
        Err(error) => {
            tracing::warn!(%error, "no connection can be accepted");
            sleep(ACCEPT_PAUSE).await;
            None
        }
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
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES as usize);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS_PER_CONNECTION)
        .max_header_list_size(MAX_HEADER_BYTES)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_ERROR_RESETS)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    server
}
