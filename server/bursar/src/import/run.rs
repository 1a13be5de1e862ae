//! The import itself: chunks of lines, several on their way at once.

use super::Refused;
use super::accounts::Accounts;
use super::chunk::{Chunk, address, first_of_its_id, references};
use super::convert::convert;
use super::journal::{Journal, WRITE_INTERVAL};
use super::map::Map;
use super::records::Records;
use super::report::Report;
use super::send::{Sent, send};
use super::window::Window;
use crate::cli::Client;
use bursar_domain::limits::{MAX_BATCH_TRANSFERS, MAX_MESSAGE_BYTES};
use prost::Message;
use std::collections::HashMap;
use std::path::Path;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tonic::Status;
use uuid::Uuid;

/// A batch ends before its message passes this: the rest is for tags and lengths.
const BATCH_BYTES: usize = MAX_MESSAGE_BYTES * 3 / 4;
/// What the two account ids and the framing of a transfer add to its message, in bytes.
const ITEM_EXTRA_BYTES: usize = 2 * 38 + 8;

/// Why an import stopped. What was posted stays posted, and the same import again goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file or the report cannot be used.
    #[error("{0}")]
    File(String),
    /// The mapping names columns that the file does not have.
    #[error("the mapping reads columns that the file does not have: {missing}; it has {columns}")]
    Columns {
        /// Names of the missing ones.
        missing: String,
        /// Names of those it has.
        columns: String,
    },
    /// The server refused a whole call, or was away for too long.
    #[error("{}", .0.message())]
    Call(#[from] Box<Status>),
    /// Accounts appear and disappear under our hands.
    #[error(
        "accounts that the import makes exist and are not found; is another import with the same references under way?"
    )]
    Accounts,
    /// A task of ours ended by itself.
    #[error("a task of the import failed: {0}")]
    Task(String),
}

impl From<Status> for ImportError {
    fn from(status: Status) -> Self {
        Self::Call(Box::new(status))
    }
}

/// What became of the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Posted now.
    pub posted: u64,
    /// Posted by an earlier import.
    pub replayed: u64,
    /// Refused, and in the report.
    pub refused: u64,
}

impl Summary {
    /// All lines dealt with.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.posted + self.replayed + self.refused
    }
}

/// An import of one file.
pub struct Import<'a> {
    /// What becomes of a line.
    pub map: &'a Map,
    /// The server; `None` only checks the file against the mapping.
    pub client: Option<Client>,
    /// Batches on their way at once, 1 or more; 1 keeps the order of the file.
    pub in_flight: usize,
    /// Most transfers of a batch.
    pub batch: usize,
    /// Where refused lines go.
    pub report: Report,
    /// How far an earlier run got, and this one gets; none when nothing is sent.
    pub journal: Option<Journal>,
    /// Told after each batch, with the bytes of the file read so far.
    pub progress: &'a mut (dyn FnMut(&Summary, u64) + Send),
}

impl Import<'_> {
    /// Imports the file.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn run(&mut self, path: &Path) -> Result<Summary, ImportError> {
        let mut records =
            Records::open(path, self.map.format, self.map.delimiter).map_err(ImportError::File)?;
        if let Some(columns) = records.columns() {
            let missing = self.map.missing(columns);
            if !missing.is_empty() {
                return Err(ImportError::Columns {
                    missing: missing.join(", "),
                    columns: columns.join(", "),
                });
            }
        }
        let mut work = Work::default();
        if let Some(journal) = &self.journal {
            work.settled = journal.settled.line;
            work.summary = journal.summary();
            self.report.keep(journal.settled.report_bytes).map_err(ImportError::File)?;
        }
        let done = self.all(&mut records, &mut work).await;
        if let Some(journal) = &mut self.journal {
            journal.close(done.is_ok());
        }
        done.map(|()| work.summary)
    }

    async fn all(&mut self, records: &mut Records, work: &mut Work) -> Result<(), ImportError> {
        let mut accounts = Accounts::default();
        let mut sending: JoinSet<Answer> = JoinSet::new();
        loop {
            let Chunk { planned, last_line, mut refused } = self.chunk(records, work)?;
            if planned.is_empty() && refused.is_empty() {
                break;
            }
            if let Some(client) = self.client.clone() {
                accounts.learn(&client, self.map, references(&planned)).await?;
                let batch = address(planned, &accounts, &mut refused);
                while sending.len() >= self.in_flight.max(1) {
                    let done = self.next(&mut sending).await;
                    self.answer(done, work)?;
                }
                let number = work.window.open(last_line, refused);
                sending.spawn(async move { (number, send(client, batch).await) });
            } else {
                // Only looked at: it would have been sent.
                let number = work.window.open(last_line, refused);
                let posted = planned.len() as u64;
                work.window.answer(number, Sent { posted, ..Sent::default() });
                self.settle(work)?;
            }
            (self.progress)(&work.summary, records.read_bytes());
        }
        while let Some(done) = self.next(&mut sending).await {
            self.answer(Some(done), work)?;
            (self.progress)(&work.summary, records.read_bytes());
        }
        Ok(())
    }

    /// The next answer. While none comes, the journal says all that is known.
    async fn next(&mut self, sending: &mut JoinSet<Answer>) -> Option<Result<Answer, JoinError>> {
        if let Ok(done) = timeout(WRITE_INTERVAL, sending.join_next()).await {
            return done;
        }
        if let Some(journal) = &mut self.journal {
            journal.flush();
        }
        sending.join_next().await
    }

    /// The next lines that make up a batch; empty at the end of the file.
    fn chunk(&mut self, records: &mut Records, work: &mut Work) -> Result<Chunk, ImportError> {
        let most = self.batch.clamp(1, MAX_BATCH_TRANSFERS);
        let (mut chunk, mut bytes) = (Chunk::default(), 0);
        while chunk.planned.len() < most && chunk.refused.len() < most && bytes < BATCH_BYTES {
            let Some(next) = records.next() else { break };
            let row = next.map_err(ImportError::File)?;
            let line = row.as_ref().map_or_else(|(line, _)| *line, |row| row.line);
            let planned = row
                .map_err(|(line, problem)| Refused {
                    line,
                    id: String::new(),
                    reason: "MALFORMED_LINE".into(),
                    problem,
                })
                .and_then(|row| convert(self.map, &row))
                .and_then(|planned| first_of_its_id(planned, &mut work.seen));
            if line <= work.settled {
                // Read for its id only: an earlier run has dealt with it.
                continue;
            }
            chunk.last_line = line;
            match planned {
                Ok(planned) => {
                    bytes += planned.transfer.encoded_len() + ITEM_EXTRA_BYTES;
                    chunk.planned.push(planned);
                }
                Err(refused) => chunk.refused.push(refused),
            }
        }
        Ok(chunk)
    }

    /// Takes in the answer to a batch.
    fn answer(
        &mut self,
        done: Option<Result<Answer, JoinError>>,
        work: &mut Work,
    ) -> Result<(), ImportError> {
        let Some(done) = done else { return Ok(()) };
        let (number, sent) = done.map_err(|e| ImportError::Task(e.to_string()))?;
        let mut sent = sent?;
        if let Some(journal) = &mut self.journal {
            journal.answered(sent.witness.take());
        }
        work.window.answer(number, sent);
        self.settle(work)
    }

    /// Counts and reports what is settled by now, in the order of the file.
    fn settle(&mut self, work: &mut Work) -> Result<(), ImportError> {
        let mut last_line = None;
        while let Some(done) = work.window.settled() {
            work.summary.posted += done.posted;
            work.summary.replayed += done.replayed;
            work.summary.refused += done.refused.len() as u64;
            for refused in &done.refused {
                self.report.add(refused).map_err(ImportError::File)?;
            }
            last_line = Some(done.last_line);
        }
        if let (Some(line), Some(journal)) = (last_line, &mut self.journal) {
            let bytes = self.report.bytes().map_err(ImportError::File)?;
            journal.advance(line, &work.summary, bytes);
        }
        Ok(())
    }
}

/// Number of a part in the window, and what became of it.
type Answer = (u64, Result<Sent, ImportError>);

/// What an import knows while it runs.
#[derive(Default)]
struct Work {
    /// Lines by the ids of their transfers.
    seen: HashMap<Uuid, u64>,
    /// Up to this line an earlier run has dealt with all.
    settled: u64,
    window: Window,
    summary: Summary,
}
