//! `bursar statement`: an account's statement, page by page, to stdout or into a file.

use super::client::Client;
use super::failure::Failure;
use super::output::{Format, Out};
use super::statement_form::{Form, Heading, Stopped};
use crate::config::{Config, Purpose};
use crate::import::patiently;
use bursar_proto::ledger::v1::{GetStatementRequest, GetStatementResponse};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use std::fs::{File, Permissions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;
use uuid::Uuid;

/// Lines of a page: the most a server gives.
const PAGE_SIZE: i32 = 1_000;
/// How often progress is told where there is no terminal.
const TELL_INTERVAL: Duration = Duration::from_secs(5);
/// How often the bar of a terminal turns.
const TURN: Duration = Duration::from_millis(100);

/// Print the statement of an account, or write it to a file
///
/// Needs any key of the tenant. It has the balance before the first day, each transfer that moved posted money, by value
/// date, with the balance after it, and the balance at the end of the last day. Amounts are exact decimals. Of days in
/// closed periods it is the same whenever it is asked for; of open days it may miss what is backdated while it is read.
///
/// --output csv has a row for each line between a row `opening` and a row `closing`, whose `debit` and `credit` are
/// empty, so that the columns add up to what moved. A file appears when it is whole, readable by its owner only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bursar statement --account 01890a5d-ac96-774b-bcce-b302099a8057 --from 2026-01-01 --to 2026-01-31
  bursar statement --account 01890a5d-ac96-774b-bcce-b302099a8057 --from 2026-01-01 --to 2026-12-31 \\
    --output csv -o 2026.csv")]
pub(crate) struct Args {
    /// Id of the account
    #[arg(long, value_name = "UUID")]
    account: Uuid,
    /// The first day, in UTC
    #[arg(long, value_name = "DAY")]
    from: Date,
    /// The last day
    #[arg(long, value_name = "DAY")]
    to: Date,
    /// Write to this file instead of stdout
    #[arg(short = 'o', long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, out: Out) -> Result<(), Failure> {
    let config = Config::from_env(Purpose::Client)?;
    let client = Client::from_config(&config).await?;
    let heading = Heading {
        account: args.account.to_string(),
        from: args.from.to_string(),
        to: args.to.to_string(),
    };
    let Some(path) = args.file else {
        let written =
            write(&client, heading, out.format(), BufWriter::new(io::stdout()), None).await;
        return match written {
            // `bursar statement … | head` has seen enough.
            Err(Stopped::Write(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(Stopped::Write(e)) => Err(Failure::failed(format!("cannot write to stdout: {e}"))),
            Err(Stopped::Call(failure)) => Err(failure),
            Ok(_) => Ok(()),
        };
    };
    let failed = |e: io::Error| {
        let path = path.display();
        Failure::failed(format!("cannot write {path}: {e}; check the folder and the free space"))
    };
    let file = beside(&path).map_err(failed)?;
    let progress = Progress::new();
    let written =
        write(&client, heading, out.format(), BufWriter::new(file), Some(&progress)).await;
    progress.bar.finish_and_clear();
    let file = written.map_err(|stopped| match stopped {
        Stopped::Call(failure) => failure,
        Stopped::Write(e) => failed(e),
    })?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&path).map(drop).map_err(|e| failed(e.error))?;
    File::open(folder(&path)).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Reads all pages and writes each as it comes; returns what was written to.
async fn write<W: Write>(
    client: &Client,
    heading: Heading,
    format: Format,
    to: BufWriter<W>,
    progress: Option<&Progress>,
) -> Result<W, Stopped> {
    let mut request = GetStatementRequest {
        account_id: heading.account.clone(),
        from: heading.from.clone(),
        to: heading.to.clone(),
        page_size: PAGE_SIZE,
        page_token: String::new(),
    };
    let mut page = read(client, &request).await?;
    let mut form = Form::begin(format, heading, &page, to)?;
    let mut lines = 0;
    loop {
        form.page(&page)?;
        lines += page.lines.len();
        if let Some(progress) = progress {
            progress.tell(lines);
        }
        if page.next_page_token.is_empty() {
            return form.end(&page);
        }
        request.page_token = page.next_page_token;
        page = read(client, &request).await?;
    }
}

async fn read(
    client: &Client,
    request: &GetStatementRequest,
) -> Result<GetStatementResponse, Failure> {
    let reply = patiently(|| {
        let (mut accounts, request) = (client.accounts(), request.clone());
        async move { accounts.get_statement(request).await }
    });
    Ok(reply.await?.into_inner())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that takes the place of `path` when it is whole.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mode = Permissions::from_mode(0o600);
    tempfile::Builder::new().permissions(mode).tempfile_in(folder(path))
}

/// A counter at a terminal, lines elsewhere: nobody knows how many there will be.
struct Progress {
    bar: ProgressBar,
    last: std::sync::Mutex<Instant>,
}

impl Progress {
    fn new() -> Self {
        let bar = if io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {human_pos} lines {elapsed} ({per_sec})")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TURN);
        Self { bar, last: Instant::now().into() }
    }

    fn tell(&self, lines: usize) {
        self.bar.set_position(lines as u64);
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.bar.is_hidden() && last.elapsed() >= TELL_INTERVAL {
            *last = Instant::now();
            eprintln!("{lines} lines");
        }
    }
}
