//! The file of refused lines. It comes to be with the first of them.

use super::Refused;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Writes refused lines as CSV: line, id, reason, problem.
#[derive(Debug)]
pub struct Report {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
    /// What it holds of an earlier run, in bytes.
    kept: u64,
}

impl Report {
    /// A report at this path; nothing is written yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, writer: None, kept: 0 }
    }

    /// Goes on with the report of an earlier run after so many bytes of it; what follows them is dropped.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep(&mut self, bytes: u64) -> Result<(), String> {
        self.kept = bytes;
        if bytes > 0 {
            self.writer = Some(self.open().map_err(|e| self.failed(&e))?);
        }
        Ok(())
    }

    /// How long it is, all of it on the disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn bytes(&self) -> Result<u64, String> {
        let Some(writer) = &self.writer else { return Ok(self.kept) };
        let file = writer.get_ref();
        let length = || {
            let meta = file.metadata()?;
            // /dev/null and pipes hold nothing that could be gone on with.
            if !meta.is_file() {
                return Ok(0);
            }
            file.sync_data()?;
            Ok(meta.len())
        };
        length().map_err(|e: std::io::Error| self.failed(&e))
    }

    fn failed(&self, e: &dyn std::fmt::Display) -> String {
        format!(
            "cannot write the report {}: {e}; choose another place with --report",
            self.path.display()
        )
    }

    fn open(&self) -> std::io::Result<csv::Writer<File>> {
        if self.kept == 0 {
            let mut writer = csv::Writer::from_path(&self.path)?;
            writer.write_record(["line", "id", "reason", "problem"])?;
            return Ok(writer);
        }
        let mut file = File::options().write(true).open(&self.path)?;
        file.set_len(self.kept)?;
        file.seek(SeekFrom::End(0))?;
        Ok(csv::Writer::from_writer(file))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, refused: &Refused) -> Result<(), String> {
        if self.writer.is_none() {
            self.writer = Some(self.open().map_err(|e| self.failed(&e))?);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let line = refused.line.to_string();
        let written = writer
            .write_record([line.as_str(), &refused.id, &refused.reason, &refused.problem])
            .and_then(|()| Ok(writer.flush()?));
        written.map_err(|e| self.failed(&e))
    }
}
