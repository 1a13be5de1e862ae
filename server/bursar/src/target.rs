//! The database that schema commands work on: one that the environment names, or the embedded one,
//! whether its server runs or not.

use crate::config::{Backend, Config, with_database};
use crate::embedded::{Embedded, HOST, SUPERUSER};
use crate::files::read_line;
use crate::local::{self, DATABASE, LocalError};
use secrecy::SecretString;
use std::fs::{File, TryLockError};
use std::path::Path;

/// Why there is no database to work on.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The embedded database cannot be started.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// It lives and dies with its server.
    #[error(
        "a memory database exists only while its server runs, and that migrates it by itself; set STORE_BACKEND to embedded or postgres"
    )]
    Memory,
    /// Its server starts or stops at this moment.
    #[error("the embedded database in {0} is being started or stopped; try again in a moment")]
    Busy(String),
}

/// A database with an administrator's address.
#[derive(Debug)]
pub struct Target {
    /// Address for an administrator.
    pub url: SecretString,
    /// The PostgreSQL that was started for this.
    started: Option<Embedded>,
}

impl Target {
    /// Finds the database, starting the embedded PostgreSQL and making its roles when no server runs it.
    ///
    /// # Errors
    /// See [`TargetError`].
    pub async fn open(config: &Config) -> Result<Self, TargetError> {
        if let Some(url) = &config.owner_url {
            return Ok(Self { url: url.clone(), started: None });
        }
        if config.backend == Backend::Memory {
            return Err(TargetError::Memory);
        }
        let dir = local::data_dir(config);
        if in_use(&dir) {
            let url =
                running_url(&dir).ok_or_else(|| TargetError::Busy(dir.display().to_string()))?;
            return Ok(Self { url, started: None });
        }
        let embedded = local::start_cluster(config).await.map_err(LocalError::from)?;
        match local::make_roles(&embedded).await {
            Ok((url, _)) => Ok(Self { url, started: Some(embedded) }),
            Err(error) => {
                local::stop_after_failure(embedded).await;
                Err(error.into())
            }
        }
    }

    /// Stops what was started for this.
    ///
    /// # Errors
    /// When PostgreSQL does not stop.
    pub async fn close(self) -> Result<(), TargetError> {
        match self.started {
            Some(embedded) => Ok(embedded.stop().await.map_err(LocalError::from)?),
            None => Ok(()),
        }
    }
}

/// Whether a running Bursar has this data directory.
#[must_use]
pub fn in_use(dir: &Path) -> bool {
    // The lock goes with its process, so it tells more than any file's contents.
    File::open(dir.join("lock"))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The administrator's address of the embedded database that a running Bursar keeps in this directory.
#[must_use]
pub fn running_url(dir: &Path) -> Option<SecretString> {
    let read = |name| read_line(&dir.join(name)).ok().flatten();
    let (port, password) = (read("port")?.parse::<u16>().ok()?, read("superuser-password")?);
    let url = format!("postgres://{SUPERUSER}:{password}@{HOST}:{port}/postgres");
    Some(with_database(&url.into(), DATABASE))
}
