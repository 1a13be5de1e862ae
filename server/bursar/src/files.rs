//! Small files that only their owner may read.

use secrecy::SecretString;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {source}; check its permissions and the free space")]
pub struct FileError {
    /// What was tried, as a verb.
    pub action: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: std::io::Error,
}

/// Writes a line with mode 0600, wholly or not at all, making the directories above it.
///
/// # Errors
/// When the file cannot be written.
pub fn write_private(path: &Path, line: &str) -> Result<(), FileError> {
    let failed = |source| FileError { action: "write", path: path.to_owned(), source };
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !dir.is_dir() {
        std::fs::create_dir_all(dir)
            .and_then(|()| std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)))
            .map_err(failed)?;
    }
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o600))
            .tempfile_in(dir)?;
        writeln!(file, "{line}")?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        std::fs::File::open(dir)?.sync_all()
    };
    write().map_err(failed)
}

/// Reads a file without the line's end; `None` when there is none.
///
/// # Errors
/// When there is one and it cannot be read.
pub fn read_line(path: &Path) -> Result<Option<String>, FileError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim_end().to_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError { action: "read", path: path.to_owned(), source }),
    }
}

/// Random bytes.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn random<const N: usize>() -> Result<[u8; N], FileError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| FileError {
        action: "read",
        path: "the random source".into(),
        source: std::io::Error::other(e),
    })?;
    Ok(bytes)
}

/// 32 random bytes as hexadecimal digits: a password or a pepper.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn random_secret() -> Result<SecretString, FileError> {
    Ok(data_encoding::HEXLOWER.encode(&random::<32>()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_files_are_whole_and_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/key");
        assert_eq!(read_line(&path).unwrap(), None);
        write_private(&path, "one").unwrap();
        write_private(&path, "two").unwrap();
        assert_eq!(read_line(&path).unwrap().as_deref(), Some("two"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(read_line(dir.path()).is_err());
    }
}
