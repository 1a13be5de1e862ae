//! `bursar migrate`: the schema of the configured database, by an administrator's address.

use super::confirm::confirm;
use super::failure::Failure;
use super::logging;
use super::migrate_diff;
use super::migrate_new;
use super::output::Out;
use crate::config::{Config, Purpose, database_of};
use crate::target::{Target, TargetError};
use bursar_migrations::{Migration, Progress, Runner, State, Step};
use clap::Subcommand;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Bring the schema up, take it down, compare it, or show it; works on the database itself
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Apply the migrations that are missing
    #[command(after_help = "\
Works on BURSAR_OWNER_URL, else on the embedded database.

Examples:
  bursar migrate up
  bursar migrate up --to 20261121000200 --dry-run")]
    Up {
        /// Stop after this version
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
        /// Print the SQL instead of running it
        #[arg(long)]
        dry_run: bool,
    },
    /// Revert migrations, and lose what they hold
    #[command(after_help = "\
Examples:
  bursar migrate down --to 20261121000200 --dry-run
  bursar migrate down --to 0 --yes")]
    Down {
        /// Keep this version and those before it; 0 keeps none
        #[arg(long, value_name = "VERSION")]
        to: i64,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// Print the SQL instead of running it
        #[arg(long)]
        dry_run: bool,
    },
    /// List the migrations and whether they are applied
    #[command(after_help = "Example:\n  bursar migrate status --output json")]
    Status,
    /// Compare the database with what this program makes: exit code 2 when they differ
    ///
    /// Names each table, column, constraint, index, policy, right, function, trigger, option, comment, owner, role and
    /// tenant's view that is missing, was changed, or was added by hand. Changes nothing.
    #[command(after_help = "\
Examples:
  bursar migrate diff
  bursar migrate diff --output json | jq -r '.[] | [.difference, .kind, .object] | @tsv'")]
    Diff,
    New(migrate_new::Args),
    /// Print the canonical text of the database's schema
    #[command(after_help = "Example:\n  bursar migrate schema | diff - migrations/schema.sql")]
    Schema,
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    if let Command::New(args) = command {
        return migrate_new::run(&args, out);
    }
    let config = Config::from_env(Purpose::Schema)?;
    logging::init(&config);
    let target = Target::open(&config).await?;
    let done = work(command, &target.url, out).await;
    let closed = target.close().await;
    done?;
    Ok(closed?)
}

async fn work(command: Command, url: &SecretString, out: Out) -> Result<(), Failure> {
    match command {
        Command::Schema => {
            let text = bursar_migrations::dump(url).await?;
            return out.show(&json!({"schema": text}), text.trim_end());
        }
        Command::Diff => return migrate_diff::run(url, out).await,
        _ => {}
    }
    let mut runner = Runner::connect(url).await?;
    let done = with_runner(command, &mut runner, &database_of(url).unwrap_or_default(), out).await;
    runner.close().await;
    done
}

async fn with_runner(
    command: Command,
    runner: &mut Runner,
    database: &str,
    out: Out,
) -> Result<(), Failure> {
    match command {
        Command::Up { to, dry_run: true } => {
            planned(out, &runner.plan_up(to).await?, Step::up_text)
        }
        Command::Up { to, dry_run: false } => {
            let steps = runner.up(to, &mut tell).await?;
            changed(out, "applied", &steps)
        }
        Command::Down { to, dry_run: true, .. } => {
            planned(out, &runner.plan_down(to).await?, Step::down_text)
        }
        Command::Down { to, yes, dry_run: false } => {
            let what =
                format!("this drops tables of the database {database} and all that is in them");
            confirm(yes, &what, database)?;
            let steps = runner.down(to, &mut tell).await?;
            changed(out, "reverted", &steps)
        }
        Command::Status => {
            let rows: Vec<Value> = runner.status().await?.iter().map(status_row).collect();
            out.table(&rows, &["version", "name", "state", "applied_at", "message"])
        }
        // These need no runner, so they never come here.
        Command::Schema | Command::Diff | Command::New(_) => Ok(()),
    }
}

fn status_row(migration: &Migration) -> Value {
    let (state, at) = match &migration.state {
        State::Pending => ("pending", None),
        State::Applied(applied) => ("applied", Some(&applied.at)),
        State::Changed(applied) => ("changed", Some(&applied.at)),
        State::Unknown(applied) => ("unknown", Some(&applied.at)),
    };
    json!({
        "version": migration.version,
        "name": migration.name,
        "message": migration.message,
        "state": state,
        "applied_at": at,
    })
}

/// The SQL of a run that does not take place.
fn planned(
    out: Out,
    steps: &[&'static Step],
    text: impl Fn(&Step) -> String,
) -> Result<(), Failure> {
    let texts: Vec<String> = steps.iter().map(|step| text(step)).collect();
    let sql = texts.join("\n");
    let rows: Vec<Value> = steps
        .iter()
        .zip(&texts)
        .map(|(step, sql)| {
            json!({"version": step.version, "name": step.name, "message": step.message(), "sql": sql})
        })
        .collect();
    let shown =
        if steps.is_empty() { "-- nothing to do: the schema is as asked" } else { sql.trim_end() };
    out.show(&json!({"sql": sql, "steps": rows}), shown)
}

fn changed(out: Out, verb: &str, steps: &[&'static Step]) -> Result<(), Failure> {
    let mut text = if steps.is_empty() {
        "nothing to do: the schema is as asked".to_owned()
    } else {
        String::new()
    };
    for step in steps {
        let _ = writeln!(text, "{verb} {} {}", step.version, step.name);
    }
    let versions: Vec<i64> = steps.iter().map(|step| step.version).collect();
    out.show(&json!({verb: versions}), text.trim_end())
}

/// Progress is for people who wait, so it goes to stderr.
pub(super) fn tell(progress: Progress) {
    match progress {
        Progress::Applying(step) => eprintln!("applying {} {}", step.version, step.name),
        Progress::Reverting(step) => eprintln!("reverting {} {}", step.version, step.name),
        Progress::Waiting(step, attempt) => {
            eprintln!(
                "{} waits for locks that other transactions hold (attempt {attempt})",
                step.version
            );
        }
        _ => {}
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Memory => Self::usage(error),
            other => Self::failed(other),
        }
    }
}
