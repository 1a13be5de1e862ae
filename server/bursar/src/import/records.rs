//! Rows of a file: CSV or NDJSON, compressed or not.

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest line taken, in bytes: what is longer is no transfer.
const MAX_LINE_BYTES: u64 = 1024 * 1024;

/// Form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileFormat {
    /// Comma separated values with a head line.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// One line's values by column, without white space around them.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Number of the line, the first being 1.
    pub(crate) line: u64,
    values: BTreeMap<String, String>,
}

impl Row {
    /// The value of a column; empty when it is not there.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.values.get(column).map_or("", String::as_str)
    }

    #[cfg(test)]
    pub(crate) fn of(values: &[(&str, &str)]) -> Self {
        let values = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { line: 1, values }
    }
}

/// A row, or the line and what is wrong with it.
pub(crate) type RowResult = Result<Row, (u64, String)>;

/// The rows of a file.
pub(crate) struct Records {
    source: Source,
    read: Arc<AtomicU64>,
}

enum Source {
    Csv { head: Vec<String>, rows: Box<csv::StringRecordsIntoIter<Box<dyn Read + Send>>> },
    Ndjson { lines: Box<dyn BufRead + Send>, line: u64 },
}

impl Records {
    /// Opens a file; `.gz` is unpacked. Without `format` the name tells it.
    pub(crate) fn open(
        path: &Path,
        format: Option<FileFormat>,
        delimiter: u8,
    ) -> Result<Self, String> {
        let file = File::open(path).map_err(|e| format!("cannot open {}: {e}", path.display()))?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { inner: BufReader::new(file), read: read.clone() };
        let packed = path.extension().is_some_and(|e| e == "gz");
        let plain: Box<dyn Read + Send> =
            if packed { Box::new(MultiGzDecoder::new(counted)) } else { Box::new(counted) };
        let name = if packed { path.with_extension("") } else { path.to_owned() };
        let format = format.or_else(|| by_name(&name)).ok_or_else(|| {
            format!("the name {} does not tell its form; put format = \"csv\" or \"ndjson\" into the mapping", path.display())
        })?;
        let source = match format {
            FileFormat::Csv => {
                let mut csv = csv::ReaderBuilder::new()
                    .delimiter(delimiter)
                    .trim(csv::Trim::All)
                    .from_reader(plain);
                let head =
                    csv.headers().map_err(|e| format!("cannot read {}: {e}", path.display()))?;
                // Spreadsheets put a byte order mark before the first name.
                let head = head
                    .iter()
                    .map(|name| name.trim_start_matches('\u{feff}').to_owned())
                    .collect();
                Source::Csv { head, rows: Box::new(csv.into_records()) }
            }
            FileFormat::Ndjson => {
                Source::Ndjson { lines: Box::new(BufReader::new(plain)), line: 0 }
            }
        };
        Ok(Self { source, read })
    }

    /// Names of the columns, where the file tells them.
    pub(crate) fn columns(&self) -> Option<&[String]> {
        match &self.source {
            Source::Csv { head, .. } => Some(head),
            Source::Ndjson { .. } => None,
        }
    }

    /// Bytes of the file read so far, as it is stored.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Iterator for Records {
    /// An error outside ends the file; one inside is of a single line.
    type Item = Result<RowResult, String>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            Source::Csv { head, rows } => {
                let before = rows.reader().position().line();
                let record = match rows.next()? {
                    Ok(record) => record,
                    Err(e) if e.is_io_error() => {
                        return Some(Err(format!("cannot read on after line {before}: {e}")));
                    }
                    Err(e) => {
                        let line = e.position().map_or(before, csv::Position::line);
                        return Some(Ok(Err((line, format!("is no row of this file: {e}")))));
                    }
                };
                let line = record.position().map_or(before, csv::Position::line);
                let values = head.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
                Some(Ok(Ok(Row { line, values })))
            }
            Source::Ndjson { lines, line } => loop {
                *line += 1;
                let mut text = String::new();
                match lines.take(MAX_LINE_BYTES).read_line(&mut text) {
                    Ok(0) => return None,
                    Err(e) => return Some(Err(format!("cannot read line {line}: {e}"))),
                    Ok(_) if text.trim().is_empty() => {}
                    Ok(_) => {
                        return Some(Ok(object(&text)
                            .map(|values| Row { line: *line, values })
                            .map_err(|e| (*line, e))));
                    }
                }
            },
        }
    }
}

fn object(text: &str) -> Result<BTreeMap<String, String>, String> {
    let object: serde_json::Map<String, Value> =
        serde_json::from_str(text).map_err(|e| format!("is not a JSON object: {e}"))?;
    // Numbers keep their digits as written: amounts are not to pass through a double.
    let plain = |value: Value| match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    Ok(object.into_iter().map(|(name, value)| (name, plain(value))).collect())
}

fn by_name(path: &Path) -> Option<FileFormat> {
    match path.extension()?.to_str()? {
        "csv" | "tsv" => Some(FileFormat::Csv),
        "ndjson" | "jsonl" => Some(FileFormat::Ndjson),
        _ => None,
    }
}

/// Counts what is read of a file, for the progress bar.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
