//! How far an import got: a small file beside the data, so that one that was cut goes on where it stopped.
//!
//! It only ever says less than is true: what it calls settled was answered by the server and is in the report. What
//! it does not know of is sent again, and is a replay.

use super::map::Map;
use super::run::{ImportError, Summary};
use super::send::patiently;
use crate::cli::Client;
use bursar_proto::ledger::v1::BatchGetTransfersRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tonic::Code;

/// Form of the file; another one is not read.
const VERSION: u32 = 1;
/// Shortest time between two writes: small batches would spend more on the journal than on the transfers.
pub(crate) const WRITE_INTERVAL: Duration = Duration::from_millis(100);
/// How many of the latest batches leave a transfer to be asked for: as many as can be on their way at once, so that
/// the one that committed last is among them.
const WITNESSES: usize = 32;
/// Bytes read at a time for the fingerprint.
const READ_BYTES: usize = 64 * 1024;

/// What is settled: every line up to `line` was posted, was there already, or is in the report.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Settled {
    version: u32,
    /// Of the file, the mapping and the tenant.
    fingerprint: String,
    /// Number of the last settled line.
    pub(crate) line: u64,
    posted: u64,
    replayed: u64,
    refused: u64,
    /// The report, and how much of it is about settled lines.
    report: PathBuf,
    pub(crate) report_bytes: u64,
    /// A transfer of each of the latest batches, in the order of their answers.
    witnesses: VecDeque<String>,
}

/// The file of one import.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    pub(crate) settled: Settled,
    written: Option<Instant>,
    /// Whether the file says less than is known.
    dirty: bool,
    /// Whether it cannot be written, which was told once.
    broken: bool,
}

impl Journal {
    /// The journal beside `file`: what an earlier run left there, when it is of the same file, mapping, tenant and
    /// report, and the server still has what it calls settled. Otherwise an empty one, and why.
    ///
    /// # Errors
    /// When the file cannot be read, or the server cannot be asked.
    pub async fn open(
        file: &Path,
        map: &Map,
        tenant_id: &str,
        report: &Path,
        client: &Client,
        restart: bool,
    ) -> Result<(Self, Option<&'static str>), ImportError> {
        let report = std::path::absolute(report).unwrap_or_else(|_| report.to_owned());
        let fingerprint = fingerprint(file, map.text.as_bytes(), tenant_id)
            .map_err(|e| ImportError::File(format!("cannot read {}: {e}", file.display())))?;
        let mut path = file.as_os_str().to_owned();
        path.push(".progress");
        let path = PathBuf::from(path);
        let found = if restart { None } else { read(&path) };
        let fresh = Settled { version: VERSION, fingerprint, report, ..Settled::default() };
        let (settled, why) = match found {
            None => (fresh, None),
            Some(old) => match objection(&old, &fresh, client).await? {
                None => (old, None),
                why => (fresh, why),
            },
        };
        Ok((Self { path, settled, written: None, dirty: false, broken: false }, why))
    }

    /// Number of the last line that an earlier run settled; none when it starts at the beginning.
    #[must_use]
    pub fn resumed(&self) -> Option<u64> {
        (self.settled.line > 0).then_some(self.settled.line)
    }

    /// What became of the settled lines.
    pub(crate) fn summary(&self) -> Summary {
        let Settled { posted, replayed, refused, .. } = self.settled;
        Summary { posted, replayed, refused }
    }

    /// The answer to a batch came: one of its transfers is remembered.
    pub(crate) fn answered(&mut self, transfer: Option<String>) {
        self.settled.witnesses.extend(transfer);
        while self.settled.witnesses.len() > WITNESSES {
            self.settled.witnesses.pop_front();
        }
    }

    /// All lines up to this one are settled, and the report tells of those that were refused.
    pub(crate) fn advance(&mut self, line: u64, summary: &Summary, report_bytes: u64) {
        self.settled.line = line;
        self.settled.posted = summary.posted;
        self.settled.replayed = summary.replayed;
        self.settled.refused = summary.refused;
        self.settled.report_bytes = report_bytes;
        self.dirty = true;
        if self.written.is_none_or(|written| written.elapsed() >= WRITE_INTERVAL) {
            self.write();
        }
    }

    /// Writes what was kept back, when there is something: nothing new came in the meantime.
    pub(crate) fn flush(&mut self) {
        if self.dirty {
            self.write();
        }
    }

    /// Writes it, wholly or not at all. An import goes on without one: it is only slower after a cut.
    fn write(&mut self) {
        self.written = Some(Instant::now());
        self.dirty = false;
        let write = || -> std::io::Result<()> {
            let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty());
            let mut file = tempfile::NamedTempFile::new_in(dir.unwrap_or(Path::new(".")))?;
            file.write_all(&serde_json::to_vec(&self.settled)?)?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map(drop).map_err(|e| e.error)
        };
        if let Err(e) = write()
            && !self.broken
        {
            self.broken = true;
            eprintln!(
                "warning: cannot write {}: {e}; if this import is cut, the next one sends everything again",
                self.path.display()
            );
        }
    }

    /// The import is over, or was cut where it may know more than it wrote.
    pub(crate) fn close(&mut self, done: bool) {
        if !done {
            self.flush();
        } else if let Err(e) = std::fs::remove_file(&self.path)
            && e.kind() != std::io::ErrorKind::NotFound
        {
            eprintln!("warning: cannot remove {}: {e}", self.path.display());
        }
    }
}

fn read(path: &Path) -> Option<Settled> {
    let text = std::fs::read(path).ok()?;
    serde_json::from_slice(&text).ok().filter(|settled: &Settled| settled.version == VERSION)
}

/// Why what an earlier run left cannot be gone on with.
async fn objection(
    old: &Settled,
    fresh: &Settled,
    client: &Client,
) -> Result<Option<&'static str>, ImportError> {
    if old.fingerprint != fresh.fingerprint {
        return Ok(Some("it is of another file, mapping or tenant"));
    }
    let length = std::fs::metadata(&old.report).map_or(0, |meta| meta.len());
    if old.report != fresh.report || length < old.report_bytes {
        return Ok(Some("its report of refused lines is not there"));
    }
    if old.witnesses.is_empty() {
        return Ok(None);
    }
    let request = BatchGetTransfersRequest { ids: old.witnesses.iter().cloned().collect() };
    let reply = patiently(|| {
        let (mut service, request) = (client.transfers(), request.clone());
        async move { service.batch_get_transfers(request).await }
    })
    .await;
    match reply {
        Ok(_) => Ok(None),
        Err(status) if status.code() == Code::NotFound => {
            Ok(Some("the server does not have what was posted: was it restored from a backup?"))
        }
        Err(status) => Err(status.into()),
    }
}

/// SHA-256 of all that decides what is sent where.
fn fingerprint(file: &Path, mapping: &[u8], tenant_id: &str) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    for part in [mapping, tenant_id.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut file = File::open(file)?;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(data_encoding::HEXLOWER.encode(&hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}
