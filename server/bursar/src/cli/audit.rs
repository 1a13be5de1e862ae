//! `bursar audit`: the seals over the audit trail and the transfers.

use super::client::Client;
use super::failure::{Exit, Failure};
use super::json::json;
use super::output::Out;
use crate::config::{Config, Purpose};
use bursar_proto::audit::v1::verify_response::Result as Told;
use bursar_proto::audit::v1::{
    Checkpoint, ExportCheckpointRequest, VerifyFinding, VerifyProgress, VerifyRequest,
    VerifySummary,
};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest verification.
const DEADLINE: Duration = Duration::from_hours(24);
/// How often progress is told where there is no terminal.
const TELL_INTERVAL: Duration = Duration::from_secs(5);
const FINDING: &str = "bursar.audit.v1.VerifyFinding";

/// Check the seals over the audit trail and the transfers
///
/// The server seals what was committed, within seconds, in a chain of hashes. A row that is changed, deleted or slipped in
/// afterwards, by whomever, does not fit it any more.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check every sealed row, and name those that are not as they were
    ///
    /// Needs a key of an admin or an auditor. Whoever can write to the database's files can also make a whole chain anew:
    /// keep checkpoints elsewhere, and give one with --checkpoint. Exit code 1 says that something was found.
    #[command(
        after_help = "Examples:\n  bursar audit verify\n  bursar audit verify --checkpoint 2026-01.json --output json"
    )]
    Verify {
        /// A file that `bursar audit checkpoint` wrote
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print a point of the chain as JSON, to be kept outside of the database
    ///
    /// Needs a key of an admin or an auditor. It is JSON in every form of output, and stands for all that was sealed
    /// through it.
    #[command(after_help = "Example:\n  bursar audit checkpoint > 2026-01.json")]
    Checkpoint {
        /// Which seal, from 1; the last when not given
        #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
        position: i64,
    },
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let kept = match &command {
        Command::Verify { checkpoint } => checkpoint.as_deref().map(read).transpose()?,
        Command::Checkpoint { .. } => None,
    };
    let config = Config::from_env(Purpose::Client)?;
    let client = Client::from_config(&config).await?;
    match command {
        Command::Verify { .. } => verify(&client.with_deadline(DEADLINE), kept, out).await,
        Command::Checkpoint { position } => {
            let mut audit = client.audit();
            let reply = audit.export_checkpoint(ExportCheckpointRequest { position }).await?;
            out.raw(&reply.into_inner().json)
        }
    }
}

async fn verify(client: &Client, checkpoint: Option<Checkpoint>, out: Out) -> Result<(), Failure> {
    let mut told = client.audit().verify(VerifyRequest { checkpoint }).await?.into_inner();
    let progress = Progress::new();
    let (mut findings, mut end) = (Vec::new(), None);
    while let Some(message) = told.message().await? {
        match message.result {
            Some(Told::Progress(at)) => progress.tell(&at),
            Some(Told::Finding(finding)) => {
                let text = sentence(&finding);
                progress.bar.suspend(|| out.line(&text))?;
                findings.push(json(FINDING, &finding)?);
            }
            Some(Told::Summary(summary)) => end = Some(summary),
            None => {}
        }
    }
    progress.bar.finish_and_clear();
    let end = end.ok_or_else(|| {
        Failure::new(Exit::Unavailable, "the server ended before all was checked; run it again")
    })?;
    tell(out, &findings, &end)
}

fn tell(out: Out, findings: &[Value], end: &VerifySummary) -> Result<(), Failure> {
    let count = findings.len();
    let point = end.checkpoint.as_ref();
    let checkpoint = point.map(|point| json("bursar.audit.v1.Checkpoint", point)).transpose()?;
    out.whole(&json!({"findings": findings, "checkpoint": checkpoint}))?;
    out.line(&point.map_or_else(
        || "Nothing was sealed yet.".to_owned(),
        |p| {
            let Checkpoint { position, events, transfers, hash, .. } = p;
            format!("{position} seals, {events} events, {transfers} transfers; hash {hash}")
        },
    ))?;
    match count {
        0 => Ok(()),
        _ => Err(Failure::failed(format!(
            "{count} faults found; compare the rows with a backup from before, and keep this database as it is"
        ))),
    }
}

/// A finding for people.
fn sentence(finding: &VerifyFinding) -> String {
    let fault = finding.fault().as_str_name().trim_start_matches("VERIFY_FAULT_");
    let fault = fault.to_lowercase().replace('_', " ");
    let VerifyFinding { resource_type, resource_id, position, .. } = finding;
    if resource_id.is_empty() {
        format!("{fault}  at {position}")
    } else {
        format!("{fault}  {resource_type} {resource_id}  seal {position}")
    }
}

/// A checkpoint that was kept.
fn read(path: &Path) -> Result<Checkpoint, Failure> {
    let failed = |problem: &dyn std::fmt::Display| {
        let path = path.display();
        Failure::usage(format!(
            "{path}: {problem}; give a file that `bursar audit checkpoint` wrote"
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|e| failed(&e))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| failed(&e))?;
    let text = |name: &str| {
        let text = value[name].as_str().map(str::to_owned);
        text.ok_or_else(|| failed(&format!("has no {name}")))
    };
    let number = |name: &str| value[name].as_i64().ok_or_else(|| failed(&format!("has no {name}")));
    let at: jiff::Timestamp = text("sealed_at")?.parse().map_err(|e: jiff::Error| failed(&e))?;
    Ok(Checkpoint {
        tenant_id: text("tenant_id")?,
        position: number("position")?,
        events: number("events")?,
        transfers: number("transfers")?,
        hash: text("hash")?,
        sealed_at: Some(prost_types::Timestamp {
            seconds: at.as_second(),
            nanos: at.subsec_nanosecond(),
        }),
    })
}

/// A bar at a terminal, lines elsewhere.
struct Progress {
    bar: ProgressBar,
    last: std::sync::Mutex<Instant>,
}

impl Progress {
    fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(0)
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} rows {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar, last: Instant::now().into() }
    }

    fn tell(&self, at: &VerifyProgress) {
        self.bar.set_length(at.rows_total.unsigned_abs());
        self.bar.set_position(at.rows_read.unsigned_abs());
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.bar.is_hidden() && last.elapsed() >= TELL_INTERVAL {
            *last = Instant::now();
            eprintln!("{} of {} rows", at.rows_read, at.rows_total);
        }
    }
}
