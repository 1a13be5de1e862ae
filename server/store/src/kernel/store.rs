//! The store: a pool with limits, and the one door to a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bb8::RunError;
use bursar_domain::error::{Error, Result, Unavailable};
use secrecy::SecretString;
use tokio::sync::{Notify, watch};
use tracing::Instrument as _;

use super::entry::Entry;
use super::fault::{Fault, TxResult};
use super::health::{self, Probe};
use super::link::Link;
use super::meters::{METERS, watch_store};
use super::trace::child_span;
use super::tx::Tx;
use crate::ledger::{Batcher, Reads};

/// How to reach the database, and how much of it to use.
#[derive(Clone)]
pub struct StoreConfig {
    /// DSN of the login `bursar_app`.
    pub url: SecretString,
    /// Most connections for calls and jobs, 1 or more; the probe has one beside them.
    pub max_connections: u32,
    /// How long request ids are remembered, in days.
    pub request_id_days: u32,
    /// Newest migration this version of the service needs, `YYYYMMDDhhmmss`.
    pub schema_version: i64,
}

/// Why the store must not serve: a configuration that waiting does not mend. Shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError(pub String);

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// Facts about the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Newest migration, `YYYYMMDDhhmmss`.
    pub schema_version: i64,
    /// Such as `18.6`.
    pub postgres_version: String,
}

/// What the probe knows of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It has not answered, or not any more.
    Down,
    /// It answers, and is safe to serve with.
    Up(Info),
    /// It answers, and must not be served with.
    Unsafe(StoreError),
}

/// The database, seen from the service. Cheap to clone; the last clone dropped ends its probe.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

/// A way to a database that was tried out.
pub struct NewLink(Link);

pub(crate) struct Inner {
    /// The way to the database of now.
    link: watch::Sender<Arc<Link>>,
    pub(super) config: StoreConfig,
    pub(super) reach: watch::Sender<Reach>,
    /// Wakes the probe: somebody lost a connection.
    pub(super) suspicion: Arc<Notify>,
    /// Grows when prepared statements are found stale.
    pub(super) schema_epoch: AtomicU64,
    /// How many outages have ended; connections from before are not used again.
    pub(super) outages: Arc<AtomicU64>,
    /// Transfers that wait to be posted.
    pub(crate) batcher: Batcher,
    /// Reads that wait for company.
    pub(crate) reads: Reads,
}

impl Inner {
    /// The way to the database of now.
    pub(super) fn link(&self) -> Arc<Link> {
        self.link.borrow().clone()
    }
}

impl Store {
    /// Opens the pool and checks the database. When it cannot be reached the store is made all the same: calls fail
    /// fast with UNAVAILABLE until the probe reaches it.
    ///
    /// # Errors
    /// When waiting would not help: a malformed DSN, a refused password, a superuser's login, a schema that is not
    /// this version's, a table without row-level security.
    pub async fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let outages = Arc::new(AtomicU64::new(0));
        let link = Link::new(&config.url, config.max_connections, outages.clone())?;
        let (reach, _) = watch::channel(Reach::Down);
        let inner = Inner {
            link: watch::Sender::new(Arc::new(link)),
            config,
            reach,
            suspicion: Arc::default(),
            schema_epoch: AtomicU64::new(0),
            outages,
            batcher: Batcher::default(),
            reads: Reads::default(),
        };
        let store = Self(Arc::new(inner));
        watch_store(Arc::downgrade(&store.0));
        let mut probe = Probe::default();
        probe.look(&store.0).await;
        if let Reach::Unsafe(error) = &*store.0.reach.borrow() {
            return Err(error.clone());
        }
        let suspicion = store.0.suspicion.clone();
        tokio::spawn(health::watch(Arc::downgrade(&store.0), suspicion, probe));
        Ok(store)
    }

    /// Whether the database answers; changes as it goes and comes.
    pub fn health(&self) -> watch::Receiver<bool> {
        let mut reach = self.0.reach.subscribe();
        let is_up = |reach: &Reach| matches!(reach, Reach::Up(_));
        let (sender, receiver) = watch::channel(is_up(&reach.borrow_and_update()));
        tokio::spawn(async move {
            while reach.changed().await.is_ok() {
                let up = is_up(&reach.borrow_and_update());
                if sender.is_closed() {
                    return;
                }
                sender.send_if_modified(|old| std::mem::replace(old, up) != up);
            }
        });
        receiver
    }

    /// Waits until the database turns out to be one that must not be served with; for ever when it does not.
    pub async fn unsafe_database(&self) -> StoreError {
        let mut reach = self.0.reach.subscribe();
        let found = reach
            .wait_for(|reach| matches!(reach, Reach::Unsafe(_)))
            .await
            .map(|reach| reach.clone());
        match found {
            Ok(Reach::Unsafe(error)) => error,
            _ => std::future::pending().await,
        }
    }

    /// Facts about the database, as the probe last saw it.
    ///
    /// # Errors
    /// UNAVAILABLE while the database is down.
    pub fn info(&self) -> Result<Info> {
        match &*self.0.reach.borrow() {
            Reach::Up(info) => Ok(info.clone()),
            _ => Err(down()),
        }
    }

    /// Tries out another address, password or size of the pool, for [`Store::take_over`].
    ///
    /// # Errors
    /// When it does not lead to a database that is safe to serve with.
    pub async fn try_link(
        &self,
        url: &SecretString,
        max_connections: u32,
    ) -> Result<NewLink, StoreError> {
        let link = Link::new(url, max_connections, self.0.outages.clone())?;
        health::try_out(&link, self.0.config.schema_version).await?;
        Ok(NewLink(link))
    }

    /// From now on transactions begin on the new pool; the old one ends with the last transaction on it, so that no
    /// call fails.
    pub fn take_over(&self, NewLink(link): NewLink) {
        self.0.link.send_replace(Arc::new(link));
        // The probe's own connection is one of the old link.
        self.0.suspicion.notify_one();
    }

    pub(crate) fn request_id_days(&self) -> u32 {
        self.0.config.request_id_days
    }

    /// The only door to a connection.
    #[allow(clippy::disallowed_methods)]
    pub(super) async fn begin(&self, entry: &Entry) -> TxResult<Tx> {
        if !matches!(&*self.0.reach.borrow(), Reach::Up(_)) {
            return Err(Fault::Domain(down()));
        }
        if Instant::now() >= entry.deadline {
            return Err(Fault::Timeout);
        }
        let (waiting, since) = (METERS.waiting(), Instant::now());
        let mut reach = self.0.reach.subscribe();
        let mut link = self.0.link.subscribe();
        let got = loop {
            let pool = link.borrow_and_update().pool.clone();
            let get = pool.get_owned().instrument(child_span!("wait for a connection"));
            tokio::select! {
                biased;
                got = tokio::time::timeout_at(entry.deadline.into(), get) => break got,
                // Whoever waits while the database goes down is told as fast as those who come later.
                _ = reach.wait_for(|reach| !matches!(reach, Reach::Up(_))) => return Err(Fault::Domain(down())),
                // Whoever waits for a pool whose password is no longer right would wait in vain.
                Ok(()) = link.changed() => {}
            }
        };
        drop(waiting);
        let mut connection = match got {
            Ok(Ok(connection)) => connection,
            // bb8 tries again by itself until the time is up, so it never says this.
            Ok(Err(RunError::User(_))) => return Err(Fault::Lost),
            Ok(Err(RunError::TimedOut)) => {
                METERS.pool_timeout();
                self.0.suspicion.notify_one();
                return Err(Error::Unavailable { why: Unavailable::Pool, definite: true }.into());
            }
            Err(_) => {
                METERS.pool_timeout();
                return Err(Fault::Timeout);
            }
        };
        METERS.waited(since.elapsed());
        connection.renew(self.0.schema_epoch.load(Ordering::Relaxed));
        Ok(Tx::new(connection, entry.clone()))
    }
}

fn down() -> Error {
    Error::Unavailable { why: Unavailable::Database, definite: true }
}
