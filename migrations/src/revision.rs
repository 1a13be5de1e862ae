//! A new migration's two files, with the rules where they are needed.

use crate::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

const UP: &str = include_str!("template/up.sql");
const DOWN: &str = include_str!("template/down.sql");

/// Longest name made of a message: with version and ending it still fits on a line of `ls`.
const MAX_NAME_BYTES: usize = 60;

/// Files that were written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revision {
    /// `YYYYMMDDhhmmss`.
    pub version: i64,
    /// What its files are called after the version.
    pub name: String,
    /// To be filled with what it does.
    pub up: PathBuf,
    /// To be filled with how that is reverted.
    pub down: PathBuf,
}

/// Writes the two files of a migration into a checkout's `migrations/sql`; `version` is the time in UTC.
///
/// Refuses, and writes nothing, when the message makes no name or a migration there is as new or newer.
pub fn revision(folder: &Path, version: i64, message: &str) -> Result<Revision, Error> {
    let name = name_of(message)?;
    if let Some(newest) = newest(folder)?.filter(|newest| *newest >= version) {
        let folder = folder.display().to_string();
        return Err(Error::NotNewest { version, newest, folder });
    }
    let path = |way: &str| folder.join(format!("{version}_{name}.{way}.sql"));
    let made = Revision { version, up: path("up"), down: path("down"), name };
    for (path, template) in [(&made.up, UP), (&made.down, DOWN)] {
        let text = template.replacen("<message>", message.trim(), 1);
        let written = OpenOptions::new().write(true).create_new(true).open(path);
        let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|e| refused(path, &e))?;
    }
    Ok(made)
}

/// `Add escrow positions` is `add_escrow_positions`.
fn name_of(message: &str) -> Result<String, Error> {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    if name.is_empty() || name.len() > MAX_NAME_BYTES || message.contains(char::is_control) {
        return Err(Error::Message(message.to_owned(), MAX_NAME_BYTES));
    }
    Ok(name)
}

/// The newest version among the files.
fn newest(folder: &Path) -> Result<Option<i64>, Error> {
    let mut newest = None;
    for entry in fs::read_dir(folder).map_err(|e| refused(folder, &e))? {
        let name = entry.map_err(|e| refused(folder, &e))?.file_name();
        let version = name.to_str().and_then(|name| name.split_once('_')?.0.parse().ok());
        newest = newest.max(version);
    }
    Ok(newest)
}

fn refused(path: &Path, error: &std::io::Error) -> Error {
    Error::Folder { path: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_name() {
        assert_eq!(name_of("Add escrow positions").unwrap(), "add_escrow_positions");
        assert_eq!(name_of(" Fix: `ledger_hold` (2nd try) ").unwrap(), "fix_ledger_hold_2nd_try");
        assert_eq!(name_of(&"x".repeat(MAX_NAME_BYTES)).unwrap().len(), MAX_NAME_BYTES);
        for bad in ["", " -- ", "účet\nDROP", &"x".repeat(MAX_NAME_BYTES + 1)] {
            assert!(matches!(name_of(bad), Err(Error::Message(..))), "{bad}");
        }
    }
}
