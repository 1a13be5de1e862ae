//! PostgreSQL's programs: which ones, and what they are.

use super::error::EmbeddedError;
use super::fetch::cached;
use super::paths::cache_dir;
use super::user::RunAs;
use std::path::{Path, PathBuf};

/// Oldest major version accepted in `BURSAR_PG_BIN`.
pub const PG_MAJOR_MIN: u32 = 15;

/// The programs without which nothing works.
pub(super) const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// A directory of usable PostgreSQL programs.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    /// Directory with `initdb`, `pg_ctl` and `postgres`.
    pub(super) dir: PathBuf,
    /// Version as the programs say it, such as "18.6".
    pub(super) version: String,
    /// Major version.
    pub(super) major: u32,
}

impl Binaries {
    /// Takes the configured directory, else the cached programs, else fetches them.
    ///
    /// # Errors
    /// `Fetch`, `Programs`, `Directory` or `File`.
    pub(super) async fn obtain(
        configured: Option<&Path>,
        user: &RunAs,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, EmbeddedError> {
        let dir = match configured {
            // The programs are run from another working directory.
            Some(dir) => std::path::absolute(dir).map_err(EmbeddedError::file("find", dir))?,
            None => cached(&cache_dir(), progress).await?.join("bin"),
        };
        let bad = |reason: String| EmbeddedError::Programs { dir: dir.clone(), reason };
        if let Some(missing) = PROGRAMS.iter().find(|p| !dir.join(p).is_file()) {
            return Err(bad(format!("there is no {missing}")));
        }
        user.check_reach(&dir)?;
        let output = user.command(&dir.join("pg_ctl")).arg("--version").output().await;
        let output = output
            .map_err(|e| bad(format!("pg_ctl cannot be run as the user {}: {e}", user.name())))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let (version, major) = parse_version(&printed).ok_or_else(|| {
            bad(format!(
                "pg_ctl --version said {printed:?} {}",
                String::from_utf8_lossy(&output.stderr)
            ))
        })?;
        if major < PG_MAJOR_MIN {
            return Err(bad(format!("they are version {version}, older than {PG_MAJOR_MIN}")));
        }
        Ok(Self { dir, version, major })
    }

    /// Path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Whether a preloadable library is installed beside these programs.
    pub(super) fn has_library(&self, name: &str) -> bool {
        // Distributions link /usr/bin to the real place; the libraries stand beside that.
        let real = std::fs::canonicalize(self.program("postgres")).ok();
        let Some(root) = real.as_deref().and_then(Path::parent).and_then(Path::parent) else {
            return false;
        };
        ["lib", "lib/postgresql", "lib64", "lib64/pgsql"].iter().any(|lib| {
            ["so", "dylib"].iter().any(|ext| root.join(lib).join(format!("{name}.{ext}")).is_file())
        })
    }
}

/// Reads "18.6" and 18 out of "`pg_ctl` (PostgreSQL) 18.6 (Debian …)".
pub(super) fn parse_version(printed: &str) -> Option<(String, u32)> {
    let version = printed.split("(PostgreSQL)").nth(1)?.split_whitespace().next()?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((version.to_owned(), digits.parse().ok()?))
}
