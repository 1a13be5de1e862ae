//! A proxy between the service and its database that tests can cut, freeze and mend.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const OPEN: u8 = 0;
const CUT: u8 = 1;
const FROZEN: u8 = 2;
/// Passes what the client sends and drops the connection before any answer comes back.
const DEAF: u8 = 3;

/// A running proxy.
pub struct Proxy {
    /// Port it listens on.
    pub port: u16,
    state: Arc<State>,
}

struct State {
    mode: AtomicU8,
    /// Connections accepted so far.
    accepted: AtomicU64,
    /// The first so many of them lead nowhere.
    stranded: AtomicU64,
    changed: Notify,
}

impl Proxy {
    /// Starts in front of a port of this machine.
    pub async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State {
            mode: AtomicU8::new(OPEN),
            accepted: AtomicU64::new(0),
            stranded: AtomicU64::new(0),
            changed: Notify::new(),
        });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = shared.clone();
                let number = state.accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    if state.mode.load(Ordering::SeqCst) == CUT {
                        return;
                    }
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await {
                        carry(client, server, state, number).await;
                    }
                });
            }
        });
        Self { port, state }
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        self.set(CUT);
    }

    /// Keeps connections and moves nothing.
    pub fn freeze(&self) {
        self.set(FROZEN);
    }

    /// Moves what the client sends; at the first answer the connection ends instead.
    pub fn lose_answers(&self) {
        self.set(DEAF);
    }

    /// The connections of now move nothing any more and do not end, as after a fail-over; new ones work.
    pub fn strand(&self) {
        self.state.stranded.store(self.state.accepted.load(Ordering::SeqCst), Ordering::SeqCst);
        self.state.changed.notify_waiters();
    }

    /// Works again.
    pub fn mend(&self) {
        self.set(OPEN);
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> u64 {
        self.state.accepted.load(Ordering::SeqCst)
    }

    fn set(&self, mode: u8) {
        self.state.mode.store(mode, Ordering::SeqCst);
        self.state.changed.notify_waiters();
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, state: Arc<State>, number: u64) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        let stranded = number < state.stranded.load(Ordering::SeqCst);
        match state.mode.load(Ordering::SeqCst) {
            CUT => return,
            mode if mode == FROZEN || stranded => {
                // A missed notification costs one round of waiting.
                let _ =
                    tokio::time::timeout(Duration::from_millis(50), state.changed.notified()).await;
                continue;
            }
            _ => {}
        }
        tokio::select! {
            () = state.changed.notified() => {}
            read = client.read(&mut up) => match read {
                Ok(n) if n > 0 && server.write_all(&up[..n]).await.is_ok() => {}
                _ => return,
            },
            read = server.read(&mut down) => match read {
                Ok(n) if n > 0 && state.mode.load(Ordering::SeqCst) != DEAF
                    && client.write_all(&down[..n]).await.is_ok() => {}
                _ => return,
            },
        }
    }
}
