//! The platform's first API key: registered in the database, written to a file only its owner reads.

use crate::files::{FileError, random, read_line, write_private};
use bursar_domain::ids::KeyId;
use bursar_domain::key::{ApiKeyText, Pepper};
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};

const LABEL: &str = "first platform key";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstKey {
    /// The key in this file is the first one, from now on.
    Made(PathBuf),
    /// The platform has a live key already, and this file holds a key.
    Kept(PathBuf),
    /// The platform has a live key already, kept somewhere else.
    Elsewhere,
}

/// Why there is no first key.
#[derive(Debug, thiserror::Error)]
pub enum FirstKeyError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key in the file was not accepted.
    #[error(
        "cannot register the key of {path}: {source}; if that key was revoked, move the file away and try again"
    )]
    Register {
        /// The file.
        path: PathBuf,
        /// What the database said.
        source: bursar_migrations::Error,
    },
}

/// Makes sure that the platform has a key, kept in `path` when it had none. The schema must be there.
///
/// The file is written before the key is registered, and a key found in it is registered, so that
/// a crash in between loses nothing.
///
/// # Errors
/// See [`FirstKeyError`].
pub async fn ensure(
    owner_url: &SecretString,
    pepper: &Pepper,
    env: &str,
    path: &Path,
) -> Result<FirstKey, FirstKeyError> {
    let register = async |key: &ApiKeyText| {
        bursar_migrations::first_platform_key(owner_url, key.id.0, LABEL, &key.hash(pepper))
            .await
            .map_err(|source| FirstKeyError::Register { path: path.to_owned(), source })
    };
    if let Some(key) = read_line(path)?.and_then(|text| ApiKeyText::parse(&text, env)) {
        let made = register(&key).await?;
        return Ok(if made {
            FirstKey::Made(path.to_owned())
        } else {
            FirstKey::Kept(path.to_owned())
        });
    }
    // Where another environment's key stands, it is replaced only by one that was accepted.
    let file = if path.exists() { path.with_added_extension("new") } else { path.to_owned() };
    let key = ApiKeyText::new(KeyId::generate(), random()?);
    write_private(&file, key.text(env).expose_secret())?;
    let (made, last) = if register(&key).await? {
        (FirstKey::Made(path.to_owned()), std::fs::rename(&file, path))
    } else {
        (FirstKey::Elsewhere, std::fs::remove_file(&file))
    };
    last.map_err(|source| FileError { action: "put into place", path: file, source })?;
    Ok(made)
}
