//! A private PostgreSQL that Bursar obtains, starts, keeps and stops.
//!
//! It listens on 127.0.0.1 only, has no TLS and no client programs, and is meant for development,
//! tests and small single-machine use. One data directory belongs to one Bursar at a time.
//!
//! ```text
//! <data dir>/cluster/            PostgreSQL's own files, owned by the user that runs it
//! <data dir>/bursar.conf         settings, written at every start
//! <data dir>/superuser-password  0600
//! <data dir>/port                the port of the last start
//! <data dir>/postgresql.log      set aside as postgresql.log.1 above 10 MB
//! <data dir>/lock                held while a Bursar uses the directory
//! ```

mod binaries;
mod cluster;
mod config;
mod error;
mod fetch;
mod initdb;
mod paths;
mod pidfile;
mod postmaster;
mod settings;
mod takeover;
#[cfg(test)]
mod tests;
mod user;
mod watcher;

pub use binaries::PG_MAJOR_MIN;
pub use config::{Durability, EmbeddedConfig};
pub use error::EmbeddedError;
pub use fetch::PG_VERSION;

use binaries::Binaries;
use cluster::Layout;
use postmaster::Postmaster;
use secrecy::SecretString;
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use watcher::Watcher;

/// Address PostgreSQL listens on: this machine only, because it has no TLS.
pub const HOST: &str = "127.0.0.1";

/// Name of the cluster's superuser.
pub const SUPERUSER: &str = "bursar_admin";

/// A running PostgreSQL.
///
/// Dropping it without [`Embedded::stop`] leaves a durable server running for the next start to
/// take over, unless it is watched; a memory server is always watched.
#[derive(Debug)]
pub struct Embedded {
    postmaster: Postmaster,
    cfg: EmbeddedConfig,
    port: u16,
    watcher: Mutex<Option<Watcher>>,
    lock: File,
}

impl Embedded {
    /// Obtains the programs, makes the cluster if there is none, and starts PostgreSQL or takes
    /// over the one that a killed Bursar left. Returns when it accepts connections. `progress`
    /// gets short lines for a person to read.
    ///
    /// # Errors
    /// Any [`EmbeddedError`]; nothing is left running then.
    pub async fn start(
        cfg: EmbeddedConfig,
        progress: impl Fn(&str) + Send + Sync,
    ) -> Result<Self, EmbeddedError> {
        let (layout, user) = Layout::prepare(&cfg.data_dir, cfg.durability)?;
        let lock = layout.take_lock().await?;
        // From here on a failure or a kill must not leave a directory on the RAM disk.
        let watcher = match cfg.durability {
            Durability::Memory => Some(Watcher::start(&layout, cfg.durability, &lock)?),
            Durability::Durable => None,
        };
        let bins = Binaries::obtain(cfg.bin_dir.as_deref(), &user, &progress).await?;
        let password = layout.ensure_cluster(&bins, &user, cfg.durability, &progress).await?;
        let postmaster = Postmaster { layout, bins, user, password };
        let port = postmaster.run(&cfg, &progress).await?;
        Ok(Self { postmaster, cfg, port, watcher: Mutex::new(watcher), lock })
    }

    /// The superuser's connection string,
    /// `postgres://bursar_admin:<password>@127.0.0.1:<port>/postgres`.
    #[must_use]
    pub fn admin_url(&self) -> SecretString {
        self.postmaster.admin_url(self.port)
    }

    /// Port on [`HOST`].
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Address PostgreSQL listens on, always [`HOST`].
    #[must_use]
    pub fn host(&self) -> &'static str {
        HOST
    }

    /// The data directory, free of symbolic links.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.postmaster.layout.dir
    }

    /// Version of PostgreSQL, such as "18.6".
    #[must_use]
    pub fn version(&self) -> &str {
        &self.postmaster.bins.version
    }

    /// Name of the operating system's user that runs PostgreSQL.
    #[must_use]
    pub fn runs_as(&self) -> &str {
        self.postmaster.user.name()
    }

    /// Whether the server's process is alive; a cheap look, not a connection.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.postmaster.is_running()
    }

    /// Starts PostgreSQL again on the same port when its process died (killed for want of memory,
    /// say); returns whether it had to. Call it from one task at a time.
    ///
    /// # Errors
    /// `PortTaken`, `File` or `Program`.
    pub async fn ensure_running(&self) -> Result<bool, EmbeddedError> {
        if self.is_running() {
            return Ok(false);
        }
        let cfg = EmbeddedConfig { port: Some(self.port), ..self.cfg.clone() };
        self.postmaster.run(&cfg, &|_| {}).await.map(|_| true)
    }

    /// Stops PostgreSQL (open transactions are rolled back) and waits until it is gone; in memory
    /// mode removes the directory.
    ///
    /// # Errors
    /// `Program` when it does not stop, `File` when the directory cannot be removed.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        let dir = &self.postmaster.layout.dir;
        match self.cfg.durability {
            Durability::Durable => self.postmaster.stop("fast").await?,
            Durability::Memory => {
                // Nothing is kept, so there is nothing to write down first.
                self.postmaster.stop("immediate").await?;
                let path = dir.clone();
                tokio::task::spawn_blocking(move || std::fs::remove_dir_all(path))
                    .await
                    .unwrap_or_else(|panic| Err(std::io::Error::other(panic)))
                    .map_err(EmbeddedError::file("remove", dir))?;
            }
        }
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watcher) = watcher {
            watcher.dismiss();
        }
        Ok(())
    }

    /// Starts a small detached `sh` that stops this PostgreSQL (and removes a memory directory)
    /// once our process is gone or this handle is dropped, so that a killed test run leaves
    /// nothing behind. A memory server has one from the start; a second call does nothing.
    ///
    /// # Errors
    /// `File` when `sh` cannot be started.
    pub fn watch_parent(&self) -> Result<(), EmbeddedError> {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if watcher.is_none() {
            *watcher =
                Some(Watcher::start(&self.postmaster.layout, self.cfg.durability, &self.lock)?);
        }
        Ok(())
    }
}
