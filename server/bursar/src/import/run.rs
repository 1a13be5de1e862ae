//! The import itself: chunks of lines, several on their way at once.

use super::Refused;
use super::accounts::Accounts;
use super::convert::{Planned, convert};
use super::map::Map;
use super::records::Records;
use super::report::Report;
use super::send::{Sent, send};
use crate::cli::Client;
use bursar_domain::limits::{MAX_BATCH_TRANSFERS, MAX_MESSAGE_BYTES};
use bursar_proto::ledger::v1::NewTransfer;
use prost::Message;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use tokio::task::{JoinError, JoinSet};
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
        let mut accounts = Accounts::default();
        let mut seen = HashMap::new();
        let mut summary = Summary::default();
        let mut sending: JoinSet<Result<Sent, ImportError>> = JoinSet::new();
        loop {
            let chunk = self.chunk(&mut records, &mut seen, &mut summary)?;
            if chunk.is_empty() {
                break;
            }
            if let Some(client) = self.client.clone() {
                accounts.learn(&client, self.map, references(&chunk)).await?;
                let batch = self.address(chunk, &accounts, &mut summary)?;
                while sending.len() >= self.in_flight.max(1) {
                    self.settle(sending.join_next().await, &mut summary)?;
                }
                sending.spawn(send(client, batch));
            } else {
                // Only looked at: it would have been sent.
                summary.posted += chunk.len() as u64;
            }
            (self.progress)(&summary, records.position());
        }
        while let Some(done) = sending.join_next().await {
            self.settle(Some(done), &mut summary)?;
            (self.progress)(&summary, records.position());
        }
        Ok(summary)
    }

    /// The next lines that make up a batch; empty at the end of the file.
    fn chunk(
        &mut self,
        records: &mut Records,
        seen: &mut HashMap<Uuid, u64>,
        summary: &mut Summary,
    ) -> Result<Vec<Planned>, ImportError> {
        let most = self.batch.clamp(1, MAX_BATCH_TRANSFERS);
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        while chunk.len() < most && bytes < BATCH_BYTES {
            let Some(next) = records.next() else { break };
            let row = next.map_err(ImportError::File)?;
            let planned = row
                .map_err(|(line, problem)| Refused {
                    line,
                    id: String::new(),
                    reason: "MALFORMED_LINE".into(),
                    problem,
                })
                .and_then(|row| convert(self.map, &row))
                .and_then(|planned| first_of_its_id(planned, seen));
            match planned {
                Ok(planned) => {
                    bytes += planned.transfer.encoded_len() + ITEM_EXTRA_BYTES;
                    chunk.push(planned);
                }
                Err(refused) => self.refuse(&refused, summary)?,
            }
        }
        Ok(chunk)
    }

    /// Puts the accounts' ids into the transfers.
    fn address(
        &mut self,
        chunk: Vec<Planned>,
        accounts: &Accounts,
        summary: &mut Summary,
    ) -> Result<Vec<(u64, NewTransfer)>, ImportError> {
        let mut batch = Vec::with_capacity(chunk.len());
        for Planned { line, debit, credit, mut transfer } in chunk {
            if let (Some(from), Some(to)) = (accounts.id(&debit), accounts.id(&credit)) {
                from.clone_into(&mut transfer.debit_account_id);
                to.clone_into(&mut transfer.credit_account_id);
                batch.push((line, transfer));
                continue;
            }
            let absent = if accounts.id(&debit).is_none() { debit } else { credit };
            let problem = format!(
                "there is no account with the external reference {absent}; make it, or set create_accounts = true in the mapping"
            );
            self.refuse(
                &Refused { line, id: transfer.id, reason: "ACCOUNT_NOT_FOUND".into(), problem },
                summary,
            )?;
        }
        Ok(batch)
    }

    fn settle(
        &mut self,
        done: Option<Result<Result<Sent, ImportError>, JoinError>>,
        summary: &mut Summary,
    ) -> Result<(), ImportError> {
        let Some(done) = done else { return Ok(()) };
        let sent = done.map_err(|e| ImportError::Task(e.to_string()))??;
        summary.posted += sent.posted;
        summary.replayed += sent.replayed;
        sent.refused.iter().try_for_each(|refused| self.refuse(refused, summary))
    }

    fn refuse(&mut self, refused: &Refused, summary: &mut Summary) -> Result<(), ImportError> {
        summary.refused += 1;
        self.report.add(refused).map_err(ImportError::File)
    }
}

/// Refuses a second line with the same id: the server would take it for a replay.
fn first_of_its_id(planned: Planned, seen: &mut HashMap<Uuid, u64>) -> Result<Planned, Refused> {
    let id = planned.transfer.id.parse().unwrap_or_default();
    match seen.entry(id) {
        Entry::Vacant(free) => {
            free.insert(planned.line);
            Ok(planned)
        }
        Entry::Occupied(first) => Err(Refused {
            line: planned.line,
            id: planned.transfer.id,
            reason: "DUPLICATE_ID".into(),
            problem: format!(
                "has the same id as line {}; name columns in the mapping's id that tell lines apart",
                first.get()
            ),
        }),
    }
}

/// External reference and asset of every account of these transfers.
fn references(chunk: &[Planned]) -> impl Iterator<Item = (String, String)> {
    chunk.iter().flat_map(|planned| {
        let asset =
            planned.transfer.amount.as_ref().map(|money| money.asset.clone()).unwrap_or_default();
        [(planned.debit.clone(), asset.clone()), (planned.credit.clone(), asset)]
    })
}
