//! `bursar db`: the database itself, for developers and operators.

use super::confirm::confirm;
use super::failure::Failure;
use super::output::Out;
use super::{logging, migrate};
use crate::config::{Backend, Config, Purpose, database_of};
use crate::embedded::EmbeddedError;
use crate::first_key;
use crate::local;
use crate::target::{in_use, running_url};
use bursar_domain::key::Pepper;
use bursar_migrations::Runner;
use clap::Subcommand;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::path::Path;

/// What belongs to one embedded database and goes with it.
const FILES: [&str; 3] = [local::PLATFORM_KEY_FILE, super::demo::KEY_FILE, local::PEPPER_FILE];

/// Work on the database itself
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the address of the database, with its password
    ///
    /// Of the embedded database while its server runs, else of what the environment names. For psql and the like;
    /// the output holds a password, so that it belongs into no log.
    #[command(after_help = "Example:\n  psql \"$(bursar db url --admin)\"")]
    Url {
        /// The administrator's address (BURSAR_OWNER_URL) instead of the service's (DATABASE_URL)
        #[arg(long)]
        admin: bool,
    },
    /// Throw the database away, with all that is in it, and make a new one
    ///
    /// For development. Of the embedded database it removes the cluster, the key files and the pepper; of a database
    /// of yours (BURSAR_OWNER_URL) it takes Bursar's tables down and up again. It asks first, and cannot be undone.
    #[command(after_help = "Stop the server first. Example:\n  bursar db reset --yes")]
    Reset {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let config = match command {
        Command::Url { .. } => Config::from_env(Purpose::Show)?,
        Command::Reset { .. } => Config::from_env(Purpose::Schema)?,
    };
    match command {
        Command::Url { admin } => {
            let url = url(&config, admin)?;
            out.show(&json!({"url": url.expose_secret()}), url.expose_secret())
        }
        Command::Reset { yes } => {
            logging::init(&config);
            match (&config.owner_url, config.backend) {
                (Some(url), _) => reset_external(&config, url, yes, out).await,
                (None, Backend::Embedded) => reset_embedded(&config, yes, out).await,
                (None, _) => Err(Failure::usage(
                    "a memory database is gone when its server stops; there is nothing to reset",
                )),
            }
        }
    }
}

fn url(config: &Config, admin: bool) -> Result<SecretString, Failure> {
    let (configured, variable) = if admin {
        (&config.owner_url, "BURSAR_OWNER_URL")
    } else {
        (&config.database_url, "DATABASE_URL")
    };
    if let Some(url) = configured {
        return Ok(url.clone());
    }
    if config.backend == Backend::Postgres {
        return Err(Failure::usage(format!(
            "{variable} is not set; give the address of the database"
        )));
    }
    if !admin {
        return Err(Failure::usage(
            "only its server knows the service's password of the embedded database; use --admin",
        ));
    }
    let dir = local::data_dir(config);
    if config.backend == Backend::Embedded && in_use(&dir) {
        running_url(&dir).ok_or_else(|| {
            Failure::failed("the embedded database is being started; try again in a moment")
        })
    } else {
        Err(Failure::failed(format!(
            "no server runs the embedded database in {}; start it with `bursar serve` (make run)",
            dir.display()
        )))
    }
}

async fn reset_embedded(config: &Config, yes: bool, out: Out) -> Result<(), Failure> {
    let dir = local::data_dir(config);
    if in_use(&dir) {
        return Err(Failure::failed(format!(
            "a server runs the embedded database in {}; stop it first",
            dir.display()
        )));
    }
    confirm(
        yes,
        &format!("this throws away the database in {} and all that is in it", dir.display()),
        "yes",
    )?;
    if dir.join("cluster").exists() {
        // A PostgreSQL that a killed server left must be stopped before its files go.
        match local::start_cluster(config).await {
            Ok(embedded) => embedded.stop().await.map_err(Failure::failed)?,
            // Only of these it is certain that nothing runs in the directory.
            Err(e @ (EmbeddedError::OtherMajor { .. } | EmbeddedError::Directory { .. })) => {
                tracing::warn!(error = %e, "the old database does not start, and goes all the same");
            }
            Err(e) => return Err(Failure::failed(e)),
        }
        remove(&dir.join("cluster"))?;
    }
    for name in FILES {
        remove(&dir.join(name))?;
    }
    let local = local::start(config).await.map_err(Failure::failed)?;
    local.stop().await.map_err(Failure::failed)?;
    let key = dir.join(local::PLATFORM_KEY_FILE).display().to_string();
    out.show(
        &json!({"platform_key_file": key}),
        &format!("made a new database in {}; the platform's key is in {key}", dir.display()),
    )
}

async fn reset_external(
    config: &Config,
    url: &SecretString,
    yes: bool,
    out: Out,
) -> Result<(), Failure> {
    let database = database_of(url).unwrap_or_default();
    confirm(
        yes,
        &format!(
            "this throws away Bursar's tables in the database {database} and all that is in them"
        ),
        &database,
    )?;
    let mut runner = Runner::connect(url).await?;
    let done = async {
        runner.down(0, &mut migrate::tell).await?;
        runner.up(None, &mut migrate::tell).await
    }
    .await;
    runner.close().await;
    done?;
    let file = local::data_dir(config).join(local::PLATFORM_KEY_FILE);
    let note = match config.pepper.as_ref().and_then(Pepper::new) {
        Some(pepper) => {
            first_key::ensure(url, &pepper, &config.env, &file).await.map_err(Failure::failed)?;
            format!("the platform's key is in {}", file.display())
        }
        None => "run `bursar bootstrap` for the platform's first key".to_owned(),
    };
    out.show(
        &json!({"database": database, "note": note}),
        &format!("made the tables in {database} anew; {note}"),
    )
}

fn remove(path: &Path) -> Result<(), Failure> {
    let removed =
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => {
            other.map_err(|e| Failure::failed(format!("cannot remove {}: {e}", path.display())))
        }
    }
}
