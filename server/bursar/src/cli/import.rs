//! `bursar import`: the command around [`crate::import`].

use super::client::Client;
use super::failure::{Exit, Failure};
use super::output::Out;
use crate::config::{Config, Purpose};
use crate::import::{Import, ImportError, Journal, Map, MapError, Report, Summary};
use bursar_proto::admin::v1::WhoAmIRequest;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Deadline of one batch: it may wait behind others of the same accounts.
const BATCH_DEADLINE: Duration = Duration::from_mins(2);
/// How often progress is told where there is no terminal.
const TELL_INTERVAL: Duration = Duration::from_secs(5);

const HELP: &str = r#"Mapping:
  A TOML file. Texts take columns in braces; rules are tried in order:

  name = "bank-2026"            # ids are derived from it: the same import again is a replay
  id = "{trans_id}"             # tells lines apart
  asset = "EUR"
  amount = "{amount}"
  date = { column = "date", format = "%Y-%m-%d" }
  external_reference = "{trans_id}"
  create_accounts = true
  [metadata]
  text = "{text}"
  [[rule]]
  when = { type = "IN" }        # a value or a list of values; no `when` fits every line
  debit = "bank:cash"           # accounts by their external reference
  credit = "customer:{customer}"
  code = "deposit"
  [[account]]                   # what new accounts are like
  prefix = "customer:"
  limit = "debits_must_not_exceed_credits"
  overdraft_limit = "100"

  More fields: format = "csv" or "ndjson", delimiter = ";", code.

Examples:
  bursar import transfers bank.csv.gz --map bank.toml --check
  bursar import transfers bank.csv.gz --map bank.toml --report refused.csv"#;

/// Import data from files
///
/// Over gRPC, with a tenant's key, so that limits, idempotency and the audit trail hold as for any other caller.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Post the transfers of a CSV or NDJSON file, packed with gzip or not
    ///
    /// Needs a key of role operator or admin. Accounts are found by their external reference, and made when the
    /// mapping says so. Lines that cannot be posted go to a report, and the others are posted all the same: correct
    /// the cause and run the command again, which posts what is missing and nothing twice, because ids are derived
    /// from the data.
    ///
    /// A run that was cut, by kill -9 too, is gone on with by the same command: `<file>.progress` beside the file says
    /// up to which line everything is settled, and goes away with the end of the import. It is used only for the same
    /// file, mapping, tenant and report, and only when the server has what it calls settled. Start with --check,
    /// which needs no server.
    #[command(after_help = HELP)]
    Transfers {
        /// The file: .csv, .tsv, .ndjson or .jsonl, also with .gz
        file: PathBuf,
        /// The mapping
        #[arg(long, value_name = "FILE")]
        map: PathBuf,
        /// Where refused lines go; `<file>.refused.csv` in the current directory when not given
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Only check the file against the mapping; needs no server
        #[arg(long)]
        check: bool,
        /// Batches on their way at once; 1 keeps the file's order, which limits of accounts may ask for
        #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
        in_flight: u8,
        /// Most transfers of a batch
        #[arg(long, value_name = "NUMBER", default_value_t = 8190, value_parser = clap::value_parser!(u16).range(1..=8190))]
        batch: u16,
        /// Begin with the first line, whatever an earlier run that was cut has left beside the file
        #[arg(long, conflicts_with = "check")]
        restart: bool,
    },
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let Command::Transfers { file, map, report, check, in_flight, batch, restart } = command;
    let config = Config::from_env(if check { Purpose::Other } else { Purpose::Client })?;
    let map = Map::read(&map)?;
    let client = if check {
        None
    } else {
        Some(Client::from_config(&config).await?.with_deadline(BATCH_DEADLINE))
    };
    let report = report.unwrap_or_else(|| beside(&file));
    let journal = match &client {
        // What comes through a pipe cannot be read twice.
        Some(client) if file.is_file() => {
            Some(journal(&file, &map, &report, client, restart).await?)
        }
        _ => None,
    };
    let resumed = journal.as_ref().and_then(Journal::resumed);
    let progress = Progress::new(&file);
    let started = Instant::now();
    let mut tell = |summary: &Summary, position| progress.tell(summary, position);
    let mut import = Import {
        map: &map,
        client,
        in_flight: in_flight.into(),
        batch: batch.into(),
        report: Report::new(report),
        journal,
        progress: &mut tell,
    };
    let done = import.run(&file).await;
    progress.bar.finish_and_clear();
    let summary = done?;
    let seconds = started.elapsed().as_secs_f64();
    let report = (summary.refused > 0).then(|| import.report.path().display().to_string());
    let (verb, again) = if check {
        ("would be sent", String::new())
    } else {
        ("posted", format!(", {} were there already", summary.replayed))
    };
    out.show(
        &json!({"lines": summary.lines(), "posted": summary.posted, "replayed": summary.replayed, "refused": summary.refused, "report": report, "seconds": seconds, "resumed_after_line": resumed}),
        &format!("{} lines in {seconds:.1} s: {} {verb}{again}, {} refused", summary.lines(), summary.posted, summary.refused),
    )?;
    match report {
        None => Ok(()),
        Some(report) => Err(Failure::failed(format!(
            "{} lines were refused; {report} tells which and why",
            summary.refused
        ))),
    }
}

/// How far an earlier run got; tells when that changes where this one begins.
async fn journal(
    file: &Path,
    map: &Map,
    report: &Path,
    client: &Client,
    restart: bool,
) -> Result<Journal, Failure> {
    let who = client.server().who_am_i(WhoAmIRequest {}).await?.into_inner();
    let (journal, why) = Journal::open(file, map, &who.tenant_id, report, client, restart).await?;
    if let Some(why) = why {
        eprintln!("begins with the first line: an earlier import was cut, but {why}");
    }
    if let Some(line) = journal.resumed() {
        eprintln!(
            "goes on after line {line}, up to which an earlier import settled all; --restart begins anew"
        );
    }
    Ok(journal)
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".refused.csv");
    name.into()
}

/// A bar at a terminal, lines elsewhere.
struct Progress {
    bar: ProgressBar,
    /// The first position says where it begins, and nothing of how fast it goes.
    began: std::sync::Once,
    last: std::sync::Mutex<Instant>,
}

impl Progress {
    fn new(file: &Path) -> Self {
        let bytes = std::fs::metadata(file).map_or(0, |meta| meta.len());
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(bytes)
        } else {
            ProgressBar::hidden()
        };
        bar.set_length(bytes);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40} {percent:>3}% {elapsed} (left {eta}) {msg}")
        {
            bar.set_style(style);
        }
        Self { bar, began: std::sync::Once::new(), last: Instant::now().into() }
    }

    fn tell(&self, summary: &Summary, position: u64) {
        let text = format!(
            "{} posted, {} there already, {} refused",
            summary.posted, summary.replayed, summary.refused
        );
        self.bar.set_position(position);
        self.began.call_once(|| self.bar.reset_eta());
        self.bar.set_message(text.clone());
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.bar.is_hidden() && last.elapsed() >= TELL_INTERVAL {
            *last = Instant::now();
            let percent = position * 100 / self.bar.length().unwrap_or(0).max(1);
            eprintln!("{percent}%: {text}");
        }
    }
}

impl From<MapError> for Failure {
    fn from(error: MapError) -> Self {
        Self::usage(error)
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let mut failure = match error {
            ImportError::Call(status) => Self::from(*status),
            ImportError::File(_) | ImportError::Columns { .. } => {
                return Self::new(Exit::Usage, error);
            }
            other => Self::failed(other),
        };
        failure.message.push_str("\n  what was posted stays posted; the same command again goes on where this one stopped");
        failure
    }
}
