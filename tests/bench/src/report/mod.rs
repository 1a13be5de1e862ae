//! What a run leaves: report.json, report.md and plots.

mod docs;
mod plots;
pub(crate) mod row;
mod text;

use std::path::Path;

use crate::Fault;
use crate::machine::Machine;
use crate::sizes::Sizes;
use row::Row;

pub(crate) use docs::write as write_docs;
pub(crate) use text::{about, notes, short, table};

/// What a report says beside its figures.
pub(crate) struct About {
    /// The machine.
    pub(crate) machine: Machine,
    /// Where the data was.
    pub(crate) data: String,
    /// Settings of PostgreSQL.
    pub(crate) settings: Vec<(String, String)>,
    /// How large and how long everything was.
    pub(crate) sizes: Sizes,
    /// Seed of all choices.
    pub(crate) seed: u64,
}

/// Writes the reports into a folder.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn write(folder: &Path, about: &About, rows: &[Row]) -> Result<(), Fault> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("report.json"), serde_json::to_string_pretty(rows)? + "\n")?;
    std::fs::write(folder.join("report.md"), text::page(about, rows))?;
    plots::write(folder, rows)
}
