//! The data directory: its files, its lock, and the making of the cluster in it.

use super::Durability;
use super::binaries::Binaries;
use super::error::EmbeddedError;
use super::paths::{UNFINISHED, make_dir, random_hex, write_atomic};
use super::pidfile::is_alive;
use super::user::RunAs;
use secrecy::SecretString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Random bytes in the superuser's password.
const PASSWORD_BYTES: usize = 32;

/// How long to wait for the lock of a process that is gone but whose watcher still cleans up.
const LOCK_WAIT: Duration = Duration::from_secs(15);

/// Paths below one data directory.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The data directory itself, free of symbolic links.
    pub(super) dir: PathBuf,
    /// PostgreSQL's own directory (PGDATA).
    pub(super) cluster: PathBuf,
    /// Settings, included by `postgresql.conf`.
    pub(super) conf: PathBuf,
    /// PostgreSQL's log.
    pub(super) log: PathBuf,
    /// The port of the last start.
    pub(super) port: PathBuf,
    /// The superuser's password, readable by Bursar's user only.
    password: PathBuf,
    /// Locked while a Bursar uses this directory.
    lock: PathBuf,
}

impl Layout {
    /// Names the files of a data directory.
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            cluster: dir.join("cluster"),
            conf: dir.join("bursar.conf"),
            log: dir.join("postgresql.log"),
            port: dir.join("port"),
            password: dir.join("superuser-password"),
            lock: dir.join("lock"),
        }
    }

    /// Creates the data directory and checks that PostgreSQL can use it.
    ///
    /// # Errors
    /// `File` or `Directory`.
    pub(super) fn prepare(
        dir: &Path,
        durability: Durability,
    ) -> Result<(Self, RunAs), EmbeddedError> {
        let refuse =
            |reason: &str| EmbeddedError::Directory { path: dir.into(), reason: reason.into() };
        if !dir.is_absolute() {
            return Err(refuse("it is not an absolute path; give the whole path"));
        }
        // pg_ctl puts these paths between double quotes in a shell command.
        if dir.to_str().is_none_or(|d| d.contains(['"', '$', '`', '\\', '\n', '\''])) {
            return Err(refuse(
                "its name has quotes, '$', '\\' or a line break; choose another name",
            ));
        }
        // Memory data is removed at stop, so it must never be somebody's directory.
        if durability == Durability::Memory
            && std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some())
        {
            return Err(refuse(
                "it is not empty and a memory store removes its directory; choose a new one",
            ));
        }
        let user = RunAs::choose(&dir.join("cluster"))?;
        // Looked at before anything is created, and again once links are resolved.
        user.check_reach(dir)?;
        make_dir(dir, user.data_dir_mode())?;
        // /proc shows real paths, and PostgreSQL's working directory is compared with ours.
        let real = std::fs::canonicalize(dir).map_err(EmbeddedError::file("open", dir))?;
        user.check_reach(&real)?;
        Ok((Self::new(&real), user))
    }

    /// Takes the directory for this process, until the file is dropped.
    ///
    /// # Errors
    /// `InUse` when another live process has it; `File` when the lock cannot be written.
    pub(super) async fn take_lock(&self) -> Result<File, EmbeddedError> {
        let failed = || EmbeddedError::file("lock", &self.lock);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&self.lock).map_err(failed())?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::Error(e)) => return Err(failed()(e)),
                Err(std::fs::TryLockError::WouldBlock) => {}
            }
            let mut text = String::new();
            file.rewind().and_then(|()| file.read_to_string(&mut text)).map_err(failed())?;
            let pid = text.trim().parse::<i32>().ok();
            if pid.is_some_and(is_alive) || since.elapsed() > LOCK_WAIT {
                let pid = pid.map_or_else(|| "unknown".to_owned(), |p| p.to_string());
                return Err(EmbeddedError::InUse { dir: self.dir.clone(), pid });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(failed())?;
        Ok(file)
    }

    /// Makes the cluster unless there is one, and returns the superuser's password.
    ///
    /// # Errors
    /// `OtherMajor`, `Directory` (the password is lost), `File`, or `Initdb`.
    pub(super) async fn ensure_cluster(
        &self,
        bins: &Binaries,
        user: &RunAs,
        durability: Durability,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<SecretString, EmbeddedError> {
        self.remove_unfinished();
        if self.cluster.exists() {
            self.check_major(bins.major)?;
            return self.read_password();
        }
        progress("making a new PostgreSQL cluster");
        let password = random_hex(PASSWORD_BYTES)?;
        write_atomic(&self.password, &password, 0o600)?;
        let password = SecretString::from(password);
        // An interrupted initdb may still run, so each try has a directory of its own.
        let fresh = self.dir.join(format!("{UNFINISHED}cluster-{}", random_hex(4)?));
        make_dir(&fresh, 0o700)?;
        user.own(&fresh)?;
        self.initdb(&fresh, bins, user, durability, &password).await?;
        std::fs::rename(&fresh, &self.cluster)
            .and_then(|()| File::open(&self.dir)?.sync_all())
            .map_err(EmbeddedError::file("create", &self.cluster))?;
        Ok(password)
    }

    /// Removes what an interrupted initdb or write left. What cannot be removed is tried again next time.
    fn remove_unfinished(&self) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else {
            return;
        };
        for path in entries.flatten().map(|e| e.path()) {
            if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(UNFINISHED)) {
                let _ = if path.is_dir() {
                    std::fs::remove_dir_all(&path)
                } else {
                    std::fs::remove_file(&path)
                };
            }
        }
    }

    /// Refuses a cluster of another major version.
    pub(super) fn check_major(&self, have: u32) -> Result<(), EmbeddedError> {
        let path = self.cluster.join("PG_VERSION");
        let found = std::fs::read_to_string(&path).map_err(EmbeddedError::file("read", &path))?;
        let found = found.trim().to_owned();
        if found == have.to_string() {
            return Ok(());
        }
        Err(EmbeddedError::OtherMajor { dir: self.dir.clone(), found, have })
    }

    /// Reads the superuser's password of an existing cluster.
    fn read_password(&self) -> Result<SecretString, EmbeddedError> {
        let text = std::fs::read_to_string(&self.password)
            .map_err(EmbeddedError::file("read the superuser's password from", &self.password))?;
        let text = text.trim();
        if text.len() == PASSWORD_BYTES * 2 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(SecretString::from(text));
        }
        Err(EmbeddedError::Directory {
            path: self.dir.clone(),
            reason: "its superuser-password file is damaged. Put it back from a backup, or move \
                     the directory away to start empty"
                .into(),
        })
    }
}
