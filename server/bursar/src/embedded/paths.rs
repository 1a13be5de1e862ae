//! Where things live, and how small files are written safely.

use super::error::EmbeddedError;
use nix::sys::statvfs::statvfs;
use nix::unistd::{Uid, User};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Free space a RAM disk must have to be used, in bytes: a container's default /dev/shm of 64 MiB
/// would be full before the first test ran.
const RAM_DISK_MIN_FREE_BYTES: u64 = 512 * 1024 * 1024;

/// Default data directory of a durable cluster.
pub(super) fn default_data_dir() -> PathBuf {
    if Uid::effective().is_root() {
        // The user that runs PostgreSQL cannot enter root's home.
        return PathBuf::from("/var/lib/bursar");
    }
    user_dir("XDG_DATA_HOME", ".local/share").join("bursar")
}

/// Directory that caches the fetched programs.
pub(super) fn cache_dir() -> PathBuf {
    if Uid::effective().is_root() {
        return PathBuf::from("/var/cache/bursar");
    }
    user_dir("XDG_CACHE_HOME", ".cache").join("bursar")
}

/// A directory name of its own for one memory cluster; nothing is created.
pub(super) fn fresh_memory_dir() -> PathBuf {
    let shm = Path::new("/dev/shm");
    let roomy = statvfs(shm).is_ok_and(|s| {
        #[allow(clippy::useless_conversion, reason = "the field types differ by platform")]
        let free = u64::from(s.blocks_available()).saturating_mul(u64::from(s.fragment_size()));
        free >= RAM_DISK_MIN_FREE_BYTES
    });
    let base = if roomy { shm.to_path_buf() } else { std::env::temp_dir() };
    // A clock fallback is enough: start refuses a directory that is not empty.
    let tag = random_hex(8).unwrap_or_else(|_| format!("{:?}", std::time::SystemTime::now()));
    let tag: String = tag.chars().filter(char::is_ascii_alphanumeric).collect();
    base.join(format!("bursar-{}-{tag}", std::process::id()))
}

/// `count` random bytes as lower-case hexadecimal digits.
pub(super) fn random_hex(count: usize) -> Result<String, EmbeddedError> {
    let mut bytes = vec![0_u8; count];
    getrandom::fill(&mut bytes).map_err(|e| EmbeddedError::Random(e.to_string()))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

/// Start of the names of unfinished files and directories, which the next start removes.
pub(super) const UNFINISHED: &str = "unfinished-";

/// Writes a whole file or leaves the old one: a crash in the middle is never seen.
pub(super) fn write_atomic(path: &Path, text: &str, mode: u32) -> Result<(), EmbeddedError> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        std::fs::File::open(dir)?.sync_all()
    };
    write().map_err(EmbeddedError::file("write", path))
}

/// Creates a directory and what is missing above it, and sets the mode of what it created whatever
/// the umask; what exists already keeps its mode.
pub(super) fn make_dir(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_dir(parent, mode)?;
    }
    match std::fs::create_dir(path) {
        // Another process was quicker.
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        result => result,
    }
    .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)))
    .map_err(EmbeddedError::file("create", path))
}

/// `$variable` when it is an absolute path, else `below` the home directory.
fn user_dir(variable: &str, below: &str) -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    set(variable).unwrap_or_else(|| {
        set("HOME")
            .or_else(|| User::from_uid(Uid::effective()).ok().flatten().map(|u| u.dir))
            .unwrap_or_else(|| PathBuf::from("/"))
            .join(below)
    })
}
