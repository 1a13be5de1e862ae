//! `bursar bootstrap`: makes a database of somebody else's ready to serve from.

use super::failure::Failure;
use super::migrate;
use super::output::Out;
use crate::config::{Config, Purpose, database_of};
use crate::first_key::{self, FirstKey};
use crate::local;
use bursar_domain::key::Pepper;
use bursar_migrations::Runner;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::path::PathBuf;

/// Make roles, schema and the platform's first key in a database of your own
///
/// Works as the administrator of BURSAR_OWNER_URL, who must be a superuser or have CREATEROLE, gives the
/// login bursar_app the password BURSAR_APP_PASSWORD, and hashes the first key with BURSAR_PEPPER. Safe to
/// run again: it makes only what is missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  BURSAR_OWNER_URL_FILE=owner_url BURSAR_APP_PASSWORD_FILE=app_password BURSAR_PEPPER_FILE=pepper \\
    bursar bootstrap --key-file platform.key
  bursar bootstrap --print-sql > roles.sql")]
pub(crate) struct Args {
    /// Print the SQL that makes the roles, for a database administrator, and do nothing
    #[arg(long)]
    print_sql: bool,
    /// File for the platform's first key, readable by its owner only; platform.key in BURSAR_DATA_DIR when not given
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, out: Out) -> Result<(), Failure> {
    if args.print_sql {
        let config = Config::from_env(Purpose::Show)?;
        let database =
            config.owner_url.as_ref().or(config.database_url.as_ref()).and_then(database_of);
        let database = database.unwrap_or_else(|| local::DATABASE.to_owned());
        let sql = bursar_migrations::bootstrap_sql(config.app_password.as_ref(), &database)?;
        return out.show(&json!({"sql": sql.expose_secret()}), sql.expose_secret().trim_end());
    }
    let config = Config::from_env(Purpose::Bootstrap)?;
    let needed = |value: &Option<SecretString>, name| {
        value.clone().ok_or_else(|| Failure::usage(format!("{name} is not set")))
    };
    let url = needed(&config.owner_url, "BURSAR_OWNER_URL")?;
    let password = needed(&config.app_password, "BURSAR_APP_PASSWORD")?;
    let pepper = Pepper::new(&needed(&config.pepper, "BURSAR_PEPPER")?)
        .ok_or_else(|| Failure::usage("BURSAR_PEPPER is too short"))?;

    let made = bursar_migrations::bootstrap(&url, &password).await?;
    for warning in &made.warnings {
        eprintln!("warning: {warning}");
    }
    let mut runner = Runner::connect(&url).await?;
    let applied = runner.up(None, &mut migrate::tell).await;
    runner.close().await;
    let applied = applied?;

    let file =
        args.key_file.unwrap_or_else(|| local::data_dir(&config).join(local::PLATFORM_KEY_FILE));
    let key =
        first_key::ensure(&url, &pepper, &config.env, &file).await.map_err(Failure::failed)?;
    let (key_file, key_text) = match key {
        FirstKey::Made(path) => {
            (Some(path.clone()), format!("wrote the platform's first key to {}", path.display()))
        }
        FirstKey::Kept(path) => (
            Some(path.clone()),
            format!("the platform has a key already; {} holds one", path.display()),
        ),
        FirstKey::Elsewhere => (None, "the platform has a key already, kept elsewhere".to_owned()),
    };
    let roles = if made.changes.is_empty() {
        "all roles were there".to_owned()
    } else {
        made.changes.join("\n")
    };
    let schema = format!(
        "applied {} migrations; the schema is at {}",
        applied.len(),
        bursar_migrations::latest_version()
    );
    out.show(
        &json!({
            "changes": made.changes,
            "warnings": made.warnings,
            "applied": applied.iter().map(|step| step.version).collect::<Vec<_>>(),
            "key_file": key_file,
        }),
        &format!("{roles}\n{schema}\n{key_text}"),
    )
}
