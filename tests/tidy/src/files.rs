//! The files of the repository: all that git would not ignore, read once.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ignore::WalkBuilder;

/// A text file.
#[derive(Debug)]
pub struct File {
    /// Where it is, from the root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// Whether its owner may run it.
    pub executable: bool,
}

impl File {
    /// Whether it lies in that folder, at any depth.
    pub fn under(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether its name ends with a dot and that.
    pub fn ext(&self, ext: &str) -> bool {
        self.path.strip_suffix(ext).is_some_and(|stem| stem.ends_with('.'))
    }

    /// Its name without the folder.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The folder it lies in; empty for the root.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether a program wrote it, or somebody else's lawyer: house rules do not reach it.
    fn is_foreign(&self) -> bool {
        const LOCKS: &[&str] = &["Cargo.lock", "go.sum", "package-lock.json", "uv.lock", "LICENSE"];
        LOCKS.contains(&self.name())
            || self.path == "migrations/schema.sql"
            || ["/src/gen/", "/generated/"].iter().any(|part| self.path.contains(part))
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// All files that people wrote.
pub fn hand_written() -> impl Iterator<Item = &'static File> {
    all().iter().filter(|file| !file.is_foreign())
}

/// The hand-written files of a folder with that extension.
///
/// # Panics
/// When there is none: then the rule looks at nothing, and its path is out of date.
pub fn some(folder: &str, ext: &str) -> Vec<&'static File> {
    let found: Vec<_> = hand_written().filter(|file| file.under(folder) && file.ext(ext)).collect();
    assert!(!found.is_empty(), "no .{ext} file under {folder}: correct the path in this rule");
    found
}

/// The file of that path.
pub fn find(path: &str) -> Option<&'static File> {
    all().iter().find(|file| file.path == path)
}

/// The line, from 1, of a byte of a text.
pub fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// What lies in the root itself, by name.
pub fn top() -> Vec<String> {
    let entries = walker().max_depth(Some(1)).build().flatten().filter(|entry| entry.depth() == 1);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Through all that this repository's own .gitignore files let through.
fn walker() -> WalkBuilder {
    let mut walker = WalkBuilder::new(root());
    walker
        .hidden(false)
        .ignore(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false);
    walker.filter_entry(|entry| entry.file_name() != ".git");
    walker
}

fn all() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        // Files come and go while somebody works: what cannot be read is not there.
        let entries = walker().build().flatten();
        let entries = entries.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        let mut files: Vec<File> = entries
            .filter_map(|entry| {
                let path = entry.path().strip_prefix(root()).ok()?;
                read(entry.path(), path.to_string_lossy().into_owned()).ok()
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    })
}

/// Reads a file; an error when it is not text.
fn read(from: &Path, path: String) -> io::Result<File> {
    let executable = fs::metadata(from)?.permissions().mode() & 0o100 != 0;
    Ok(File { path, text: fs::read_to_string(from)?, executable })
}
