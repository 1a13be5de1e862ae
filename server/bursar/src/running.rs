//! A running server, and how it stops.

use crate::config::{Backend, Config, DATABASE, Setting, changes};
use crate::local::Local;
use crate::ops::Readiness;
use crate::serve::rates;
use crate::transport::{Handle, TlsError};
use bursar_api::{Api, Phase};
use bursar_store::{Store, StoreError};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// How long calls are still served after GOAWAY: those that were on their way when it was sent.
const CROSSING: Duration = Duration::from_secs(1);
/// Longest wait for the jobs to end the transaction they are in.
const JOBS_GRACE: Duration = Duration::from_secs(5);

/// A running server.
pub struct Running {
    /// Address of gRPC, with the port that was taken.
    pub grpc_addr: SocketAddr,
    /// Address of /livez and /readyz, with the port that was taken.
    pub ops_addr: SocketAddr,
    pub(crate) api: Api,
    pub(crate) store: Store,
    /// Tells readiness.
    pub(crate) leaving: watch::Sender<bool>,
    /// Tells connections and jobs, after the wait.
    pub(crate) closing: watch::Sender<bool>,
    pub(crate) handle: Handle,
    pub(crate) transport: JoinHandle<()>,
    pub(crate) ops: JoinHandle<()>,
    pub(crate) reporter: JoinHandle<()>,
    pub(crate) jobs: JoinSet<()>,
    pub(crate) local: Option<Local>,
    pub(crate) backend: Backend,
    /// The variables that it runs with, to tell what a reload changes.
    pub(crate) settings: Mutex<Vec<Setting>>,
}

/// What came of a new configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Variables whose new value is in use.
    pub applied: Vec<&'static str>,
    /// Variables whose new value waits for a restart.
    pub waiting: Vec<&'static str>,
}

/// Why a new configuration was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The new database is not one to serve with.
    #[error("the new database cannot be served with: {0}")]
    Store(#[from] StoreError),
    /// The files of TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Running {
    /// Where the embedded database and the key files are; `None` with a database of somebody else's.
    #[must_use]
    pub fn data_dir(&self) -> Option<&Path> {
        self.local.as_ref().map(|local| local.data_dir.as_path())
    }

    /// Takes over what a new configuration changes, without a call that fails for it: all of it, or nothing.
    ///
    /// # Errors
    /// See [`ReloadError`]; everything stays as it was.
    pub async fn reload(&self, new: Config) -> Result<Reloaded, ReloadError> {
        let old = self.settings().clone();
        let (mut applied, mut waiting) = changes(&old, &new.settings);
        let of_database = |name: &str| {
            name == "BURSAR_MAX_CONNECTIONS" || DATABASE.iter().any(|v| v.name == name)
        };
        let mut link = None;
        if applied.iter().any(|name| of_database(name)) {
            match &new.database_url {
                Some(url) if self.backend == Backend::Postgres => {
                    link = Some(self.store.try_link(url, new.max_connections).await?);
                }
                // A database of one's own is started with its size and its address.
                _ => waiting.extend(applied.extract_if(.., |name| of_database(name))),
            }
        }
        let refused = self.handle.reload(&new)?;
        waiting.extend(applied.extract_if(.., |name| refused.contains(name)));
        self.api.set_rates(rates(&new));
        if let Some(link) = link {
            self.store.take_over(link);
        }
        // What waits for a restart is told of again until that has happened.
        *self.settings() = old
            .into_iter()
            .zip(new.settings)
            .map(|(old, new)| if waiting.contains(&new.variable.name) { old } else { new })
            .collect();
        Ok(Reloaded { applied, waiting })
    }

    fn settings(&self) -> MutexGuard<'_, Vec<Setting>> {
        // It is whole even if a thread panicked while it held the lock.
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until serving on makes no sense: the database turned out to be one that must not be
    /// served with.
    pub async fn failed(&self) -> StoreError {
        self.store.unsafe_database().await
    }

    /// Stops: says NOT_SERVING and serves on until load balancers have heard it, sends GOAWAY, lets calls under way end
    /// within the drain, then stops the jobs and the embedded database.
    pub async fn stop(mut self) {
        self.api.set_phase(Phase::Leaving);
        if let Some(local) = &self.local {
            local.leaving();
        }
        self.leaving.send_replace(true);
        sleep(self.handle.drain_wait()).await;
        self.closing.send_replace(true);
        // A panic of the task has been logged, and there is nothing left to stop then.
        tokio::select! {
            _ = &mut self.transport => {}
            () = sleep(CROSSING) => {
                self.api.set_phase(Phase::Refusing);
                let _ = self.transport.await;
            }
        }
        let jobs = async { while self.jobs.join_next().await.is_some() {} };
        if timeout(JOBS_GRACE, jobs).await.is_err() {
            tracing::warn!("a job did not end in time and is cut off");
        }
        self.jobs.abort_all();
        // It holds the store, whose probe would go on and miss the database.
        self.reporter.abort();
        let _ = self.reporter.await;
        drop((self.api, self.store));
        stop_local(self.local).await;
        self.ops.abort();
    }
}

/// Keeps /readyz in step with the database and the drain.
pub(crate) async fn report_readiness(
    mut database: watch::Receiver<bool>,
    mut stopping: watch::Receiver<bool>,
    readiness: watch::Sender<Readiness>,
) {
    loop {
        let (up, stop) = (*database.borrow_and_update(), *stopping.borrow_and_update());
        readiness.send_replace(match (stop, up) {
            (true, _) => Readiness::NotReady("the server is stopping"),
            (false, false) => Readiness::NotReady("the database does not answer"),
            (false, true) => Readiness::Ready,
        });
        // Whoever held the other end is gone, and the server with it.
        let gone = tokio::select! {
            changed = database.changed() => changed.is_err(),
            changed = stopping.changed() => changed.is_err(),
        };
        if gone {
            return;
        }
    }
}

pub(crate) async fn stop_local(local: Option<Local>) {
    if let Some(local) = local
        && let Err(error) = local.stop().await
    {
        tracing::error!(%error, "the embedded PostgreSQL did not stop");
    }
}
