//! The file of refused lines. It comes to be with the first of them.

use super::Refused;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Writes refused lines as CSV: line, id, reason, problem.
#[derive(Debug)]
pub struct Report {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
}

impl Report {
    /// A report at this path; nothing is written yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, writer: None }
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
        let failed = |path: &Path, e: &dyn std::fmt::Display| {
            format!(
                "cannot write the report {}: {e}; choose another place with --report",
                path.display()
            )
        };
        let writer = if let Some(writer) = &mut self.writer {
            writer
        } else {
            let mut writer =
                csv::Writer::from_path(&self.path).map_err(|e| failed(&self.path, &e))?;
            writer
                .write_record(["line", "id", "reason", "problem"])
                .map_err(|e| failed(&self.path, &e))?;
            self.writer.insert(writer)
        };
        let line = refused.line.to_string();
        writer
            .write_record([line.as_str(), &refused.id, &refused.reason, &refused.problem])
            .and_then(|()| Ok(writer.flush()?))
            .map_err(|e| failed(&self.path, &e))
    }
}
