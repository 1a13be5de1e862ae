//! The durable PostgreSQL that Bursar and the baselines share.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bursar::embedded::{Durability, Embedded, EmbeddedConfig};
use bursar_testkit::{migrate, rows, sql};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use crate::{Fault, machine};

/// What is set apart from what the embedded PostgreSQL always has. Checkpoints are rare, so that they meet neither
/// side by chance; everything that makes a commit durable stays on.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "4GB"),
    ("max_connections", "400"),
    ("max_wal_size", "16GB"),
    ("min_wal_size", "2GB"),
    ("checkpoint_timeout", "30min"),
    ("wal_level", "replica"),
];

/// What the report says of the server, as it answers itself.
const TOLD: &[&str] = &[
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "wal_level",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "autovacuum",
    "max_connections",
];

/// A running PostgreSQL with its data on disk. It is gone with this, also when this process is killed.
pub(crate) struct Cluster {
    embedded: Embedded,
    folder: TempDir,
    /// What holds the data.
    pub(crate) disk: String,
}

impl Cluster {
    /// Starts a new one in a folder of its own below `parent`.
    ///
    /// # Errors
    /// When the folder is in memory, or PostgreSQL does not start.
    pub(crate) async fn start(parent: &Path) -> Result<Self, Fault> {
        let folder = tempfile::Builder::new().prefix("bursar-bench-").tempdir_in(parent).map_err(
            |error| {
                format!(
                    "cannot write to {}: {error}; name a folder on disk by --data",
                    parent.display()
                )
            },
        )?;
        let disk = machine::disk(folder.path()).ok_or_else(|| {
            format!(
                "{} is in memory, where a commit costs nothing; name a folder on disk by --data",
                parent.display()
            )
        })?;
        // PostgreSQL runs as another user when we are root, who must reach its data.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let mut config = EmbeddedConfig::for_backend(Durability::Durable);
        config.data_dir = folder.path().join("data");
        config.bin_dir = std::env::var_os("BURSAR_PG_BIN").map(PathBuf::from);
        let settings = SETTINGS.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        config.settings = settings.collect();
        let embedded = Embedded::start(config, |_| {}).await?;
        embedded.watch_parent()?;
        Ok(Self { embedded, folder, disk })
    }

    /// Folder of the data.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its port on this machine.
    pub(crate) fn port(&self) -> u16 {
        self.embedded.port()
    }

    /// The administrator's address of a database.
    pub(crate) fn url(&self, database: &str) -> SecretString {
        let admin = self.embedded.admin_url();
        let text = admin.expose_secret();
        let base = text.rsplit_once('/').map_or(text, |(base, _)| base);
        SecretString::from(format!("{base}/{database}"))
    }

    /// Makes an empty database.
    pub(crate) async fn create(&self, database: &str) {
        sql(&self.url("postgres"), &format!("CREATE DATABASE {database}")).await;
    }

    /// Makes a database with Bursar's schema.
    pub(crate) async fn create_migrated(&self, database: &str) {
        self.create(database).await;
        migrate(&self.url(database)).await;
    }

    /// Fresh statistics and no dead rows.
    pub(crate) async fn vacuum(&self, database: &str) {
        sql(&self.url(database), "VACUUM (ANALYZE)").await;
    }

    /// Writes everything to disk, so that what is measured next does not pay for what was done before.
    pub(crate) async fn checkpoint(&self) {
        sql(&self.url("postgres"), "CHECKPOINT").await;
    }

    /// Settings as the server tells them.
    pub(crate) async fn told(&self) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for name in TOLD {
            let found = rows(&self.url("postgres"), &format!("SHOW {name}")).await;
            told.push(((*name).to_owned(), found[0].get(0)));
        }
        told
    }

    /// Stops it and removes its data.
    ///
    /// # Errors
    /// When it does not stop, or its data cannot be removed.
    pub(crate) async fn stop(self) -> Result<(), Fault> {
        self.embedded.stop().await?;
        Ok(self.folder.close()?)
    }
}
