//! A database of one's own: starts the embedded PostgreSQL, brings roles and schema up to date, and
//! keeps it running until it is stopped.

use crate::config::{Backend, Config, with_database};
use crate::embedded::{Durability, Embedded, EmbeddedConfig, EmbeddedError};
use crate::files::{FileError, random_secret, read_line, write_private};
use crate::first_key::{self, FirstKey};
use bursar_domain::key::Pepper;
use bursar_migrations::Runner;
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Name of the database in the embedded cluster.
pub const DATABASE: &str = "bursar";
/// File of the first platform key in the data directory.
pub const PLATFORM_KEY_FILE: &str = "platform.key";
/// File of the pepper in the data directory.
pub(crate) const PEPPER_FILE: &str = "pepper";
/// How often the process of PostgreSQL is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Longest wait between two tries to start it again.
const MAX_RESTART_WAIT: Duration = Duration::from_secs(30);
/// Connections that PostgreSQL keeps for others than the service: migrations, psql, its own superuser.
const SPARE_CONNECTIONS: u32 = 20;

/// Why there is no database of one's own.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// PostgreSQL could not be obtained or started.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// Roles or schema could not be made.
    #[error(transparent)]
    Schema(#[from] bursar_migrations::Error),
    /// A key file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The pepper's file holds something else.
    #[error(
        "the file {0} holds no pepper of 32 bytes or more; put it back from a backup, or remove it to make a new one (every API key is invalid then)"
    )]
    Pepper(PathBuf),
}

/// A running embedded PostgreSQL, ready to serve from.
#[derive(Debug)]
pub struct Local {
    /// Address for the service's login.
    pub database_url: SecretString,
    /// What API keys are hashed with.
    pub pepper: SecretString,
    /// Directory of the data and the key files.
    pub data_dir: PathBuf,
    leaving: Arc<Notify>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), EmbeddedError>>,
}

/// Starts PostgreSQL as the configuration says, provisions it, and looks after it.
///
/// # Errors
/// See [`LocalError`]; PostgreSQL is stopped then.
pub async fn start(config: &Config) -> Result<Local, LocalError> {
    let embedded = start_cluster(config).await?;
    let data_dir = embedded.data_dir().to_owned();
    match provision(config, &embedded).await {
        Ok((database_url, pepper)) => {
            let (stop, stopped) = oneshot::channel();
            let leaving = Arc::new(Notify::new());
            let task = tokio::spawn(supervise(embedded, leaving.clone(), stopped));
            Ok(Local { database_url, pepper, data_dir, leaving, stop, task })
        }
        Err(error) => {
            stop_after_failure(embedded).await;
            Err(error)
        }
    }
}

/// Stops PostgreSQL where another error is the one to tell.
pub(crate) async fn stop_after_failure(embedded: Embedded) {
    if let Err(error) = embedded.stop().await {
        tracing::warn!(%error, "the embedded PostgreSQL did not stop");
    }
}

impl Local {
    /// From now on PostgreSQL ends with this process even when nobody waits for [`Local::stop`]: whoever wants to stop,
    /// and then exits at once, leaves nothing running.
    pub fn leaving(&self) {
        self.leaving.notify_one();
    }

    /// Stops PostgreSQL and waits until it is gone; a memory database is gone with it.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        // Only a supervisor that has ended already does not hear it.
        let _ = self.stop.send(());
        self.task.await.unwrap_or(Ok(()))
    }
}

/// Starts PostgreSQL as the configuration says, and nothing else.
///
/// # Errors
/// See [`EmbeddedError`].
pub async fn start_cluster(config: &Config) -> Result<Embedded, EmbeddedError> {
    let wanted = EmbeddedConfig {
        bin_dir: config.pg_bin.clone(),
        settings: vec![(
            "max_connections".into(),
            (config.max_connections + SPARE_CONNECTIONS).to_string(),
        )],
        ..EmbeddedConfig::for_backend(durability(config))
    };
    let data_dir = config.data_dir.clone().unwrap_or(wanted.data_dir);
    Embedded::start(EmbeddedConfig { data_dir, ..wanted }, |line| tracing::info!("{line}")).await
}

/// The directory of the embedded database and of the key files, whatever the backend.
#[must_use]
pub fn data_dir(config: &Config) -> PathBuf {
    config
        .data_dir
        .clone()
        .unwrap_or_else(|| EmbeddedConfig::for_backend(Durability::Durable).data_dir)
}

fn durability(config: &Config) -> Durability {
    if config.backend == Backend::Memory { Durability::Memory } else { Durability::Durable }
}

/// Makes the database, roles, schema and the first platform key, whatever is missing of them. Returns
/// the service's address and the pepper.
async fn provision(
    config: &Config,
    embedded: &Embedded,
) -> Result<(SecretString, SecretString), LocalError> {
    let (owner_url, password) = make_roles(embedded).await?;
    migrate(&owner_url).await?;

    let key_file = embedded.data_dir().join(PLATFORM_KEY_FILE);
    let pepper = pepper(config, embedded.data_dir(), key_file.exists())?;
    let hasher = Pepper::new(&pepper)
        .ok_or_else(|| LocalError::Pepper(embedded.data_dir().join(PEPPER_FILE)))?;
    match first_key::ensure(&owner_url, &hasher, &config.env, &key_file).await {
        Ok(FirstKey::Made(path)) => {
            tracing::info!(file = %path.display(), "wrote the first platform key");
        }
        Ok(FirstKey::Kept(_)) => {}
        Ok(FirstKey::Elsewhere) => tracing::info!("the platform's key is kept elsewhere"),
        // It serves without that file too.
        Err(error) => tracing::warn!(%error, "there is no file with a platform key"),
    }
    let (host, port) = (embedded.host(), embedded.port());
    let url =
        format!("postgres://bursar_app:{}@{host}:{port}/{DATABASE}", password.expose_secret());
    Ok((url.into(), pepper))
}

/// Makes the database and the roles, whatever is missing of them. Returns the administrator's address
/// of that database, and the password of the service's login.
///
/// # Errors
/// See [`LocalError`].
pub(crate) async fn make_roles(
    embedded: &Embedded,
) -> Result<(SecretString, SecretString), LocalError> {
    let owner_url = with_database(&embedded.admin_url(), DATABASE);
    bursar_migrations::create_database(&owner_url).await?;
    // Nobody needs to know this password, so each start sets a new one.
    let password = random_secret()?;
    bursar_migrations::bootstrap(&owner_url, &password).await?;
    Ok((owner_url, password))
}

async fn migrate(owner_url: &SecretString) -> Result<(), bursar_migrations::Error> {
    let mut runner = Runner::connect(owner_url).await?;
    let applied = runner.up(None, &mut |_| {}).await;
    runner.close().await;
    let applied = applied?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.len(), "brought the schema up to date");
    }
    Ok(())
}

/// The configured pepper, else the one that the data directory keeps, made at the first start.
fn pepper(config: &Config, dir: &Path, has_keys: bool) -> Result<SecretString, FileError> {
    if let Some(pepper) = &config.pepper {
        return Ok(pepper.clone());
    }
    let file = dir.join(PEPPER_FILE);
    if let Some(kept) = read_line(&file)? {
        return Ok(kept.into());
    }
    if has_keys {
        tracing::warn!(file = %file.display(), "the pepper is gone: the API keys made with it are invalid");
    }
    let pepper = random_secret()?;
    write_private(&file, pepper.expose_secret())?;
    Ok(pepper)
}

/// Starts PostgreSQL again whenever its process dies, until told to stop.
async fn supervise(
    embedded: Embedded,
    leaving: Arc<Notify>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), EmbeddedError> {
    let mut tick = interval(LOOK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut wait = LOOK;
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => return embedded.stop().await,
            () = leaving.notified() => {
                if let Err(error) = embedded.watch_parent() {
                    tracing::warn!(%error, "PostgreSQL is left running should this process be killed now");
                }
                continue;
            }
            _ = tick.tick() => {}
        }
        match embedded.ensure_running().await {
            Ok(restarted) => {
                wait = LOOK;
                if restarted {
                    tracing::warn!("the embedded PostgreSQL had died and was started again");
                }
            }
            Err(error) => {
                tracing::error!(%error, "the embedded PostgreSQL died and does not start");
                tokio::select! {
                    biased;
                    _ = &mut stopped => return embedded.stop().await,
                    () = sleep(wait) => {}
                }
                wait = (wait * 2).min(MAX_RESTART_WAIT);
            }
        }
    }
}
