//! The life of one connection: TLS, HTTP, and an end that no call notices.

use super::handle::Handle;
use super::opening::Opening;
use crate::stopping::stopped;
use bursar_api::layers::{Farewell, Peer};
use bursar_domain::limits::{COMMIT_GRACE, MAX_DEADLINE};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, rustls};
use tonic::body::Body;
use tower::{Service, ServiceExt};

/// Longest TLS handshake, so that one that does not go on uses no place up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for the first bytes of HTTP, for the same reason.
const FIRST_BYTES_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection that is too old may still answer: longer than any call. Streams end by themselves, unless their
/// caller reads nothing.
const LAST_CALLS: Duration = MAX_DEADLINE.saturating_add(COMMIT_GRACE).saturating_mul(2);
/// How far the age limit of one connection is from that of the next, up and down, in percent: clients that came
/// together, after a restart say, must not all leave together.
const AGE_JITTER_PERCENT: u32 = 10;

/// What a connection needs to know of its server.
pub(super) struct Connection {
    pub(super) peer: Peer,
    pub(super) server: Arc<Builder<TokioExecutor>>,
    pub(super) handle: Handle,
    pub(super) stop: watch::Receiver<bool>,
}

impl Connection {
    /// Serves one client until it leaves, or has to.
    pub(super) async fn serve<S>(mut self, stream: TcpStream, service: S)
    where
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
        match self.handle.tls() {
            None => self.http(stream, service).await,
            Some(config) => {
                let accepted = tokio::select! {
                    accepted = accept_tls(stream, config, self.peer) => accepted,
                    () = stopped(&mut self.stop) => None,
                };
                if let Some(stream) = accepted {
                    self.http(stream, service).await;
                }
            }
        }
    }

    async fn http<I, S>(mut self, stream: I, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
    {
        let (calls, peer) = (Arc::new(AtomicU64::new(0)), self.peer);
        let counted = calls.clone();
        let (goodbye, said) = watch::channel(false);
        let farewell = Farewell::new(said);
        let service = service.map_request(move |request: Request<Incoming>| {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(farewell.clone());
            request
        });
        let stream = TokioIo::new(Opening::new(stream, FIRST_BYTES_TIMEOUT));
        let mut connection =
            pin!(self.server.serve_connection(stream, TowerToHyperService::new(service)));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = outlived(&self.handle, &calls) => {
                // GOAWAY: no new calls, those under way may end.
                connection.as_mut().graceful_shutdown();
                goodbye.send_replace(true);
                let Ok(ended) = timeout(LAST_CALLS, connection).await else {
                    tracing::debug!(address = %peer, "a stream outlasted its connection and is cut off");
                    return;
                };
                ended
            }
            () = stopped(&mut self.stop) => {
                // The same, and the drain is the limit.
                connection.as_mut().graceful_shutdown();
                goodbye.send_replace(true);
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(address = %peer, error, "a connection ended with an error");
        }
    }
}

async fn accept_tls(
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    peer: Peer,
) -> Option<TlsStream<TcpStream>> {
    let accepting = TlsAcceptor::from(config).accept(stream);
    match timeout(HANDSHAKE_TIMEOUT, accepting).await {
        Ok(Ok(stream)) => {
            if let Some(subject) = super::tls::subject(&stream) {
                tracing::debug!(address = %peer, subject, "a client presented a certificate");
            }
            Some(stream)
        }
        Ok(Err(error)) => {
            let cause = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
            if matches!(cause, Some(rustls::Error::InvalidMessage(_))) {
                tracing::debug!(address = %peer, "a client did not speak TLS");
            } else {
                tracing::debug!(address = %peer, %error, "a TLS handshake failed");
            }
            None
        }
        Err(_) => {
            tracing::debug!(address = %peer, "a TLS handshake took too long");
            None
        }
    }
}

/// Returns when a connection that begins now is too old, or was without a new call for too long.
async fn outlived(handle: &Handle, calls: &AtomicU64) {
    tokio::select! {
        () = aged(handle) => {}
        () = unused(handle, calls) => {}
    }
}

async fn aged(handle: &Handle) {
    let (born, percent) = (Instant::now(), jittered());
    let mut settings = handle.settings();
    loop {
        let age = settings.borrow_and_update().transport.max_connection_age;
        let end = async {
            match age {
                Some(age) => tokio::time::sleep_until(born + age * percent / 100).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end => return,
            changed = settings.changed() => if changed.is_err() { return },
        }
    }
}

/// 100 percent, give or take the jitter.
fn jittered() -> u32 {
    let spread = getrandom::u32().unwrap_or_default() % (2 * AGE_JITTER_PERCENT + 1);
    100 - AGE_JITTER_PERCENT + spread
}

async fn unused(handle: &Handle, calls: &AtomicU64) {
    let mut settings = handle.settings();
    loop {
        let idle = settings.borrow_and_update().transport.max_connection_idle;
        let before = calls.load(Ordering::Relaxed);
        let end = async {
            match idle {
                Some(idle) => sleep(idle).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end => if calls.load(Ordering::Relaxed) == before { return },
            changed = settings.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_differ_by_a_tenth() {
        let drawn: Vec<u32> = (0..1_000).map(|_| jittered()).collect();
        assert!(drawn.iter().all(|percent| (90..=110).contains(percent)));
        assert!(drawn.iter().any(|percent| *percent < 100));
        assert!(drawn.iter().any(|percent| *percent > 100));
    }
}
