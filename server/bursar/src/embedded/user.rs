//! The user PostgreSQL runs as: ourselves, or an unprivileged one when we are root.

use super::error::EmbeddedError;
use nix::unistd::{Gid, Uid, User};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// Users that may run PostgreSQL for root, in order of preference.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// Who runs PostgreSQL's programs and owns its files.
#[derive(Debug, Clone)]
pub(super) struct RunAs {
    name: String,
    uid: u32,
    gid: u32,
    /// True when this is not us, so that commands switch user and files change owner.
    switch: bool,
}

impl RunAs {
    /// Picks the user: ourselves, or for root the owner of the existing cluster (so that a user
    /// `postgres` created later does not lock a `nobody` cluster out), else the first of
    /// [`UNPRIVILEGED`].
    ///
    /// # Errors
    /// `NoUser` when root finds no unprivileged user; `Directory` when the cluster is another
    /// user's and we are not root.
    pub(super) fn choose(cluster: &Path) -> Result<Self, EmbeddedError> {
        let me = Uid::effective();
        let owner = std::fs::metadata(cluster).ok();
        if !me.is_root() {
            if let Some(owner) = owner.filter(|o| o.uid() != me.as_raw()) {
                return Err(EmbeddedError::Directory {
                    path: cluster.to_path_buf(),
                    reason: format!(
                        "it belongs to the user {}. Start Bursar as that user (or as root), or \
                         choose another data directory",
                        name_of(Uid::from_raw(owner.uid()))
                    ),
                });
            }
            let gid = Gid::effective().as_raw();
            return Ok(Self { name: name_of(me), uid: me.as_raw(), gid, switch: false });
        }
        if let Some(owner) = owner.filter(|o| o.uid() != 0) {
            let name = name_of(Uid::from_raw(owner.uid()));
            return Ok(Self { name, uid: owner.uid(), gid: owner.gid(), switch: true });
        }
        UNPRIVILEGED
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|u| Self { name: u.name, uid: u.uid.as_raw(), gid: u.gid.as_raw(), switch: true })
            .ok_or(EmbeddedError::NoUser)
    }

    /// Name of the user, or its number when it has none.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Mode of the data directory: others may pass through (not list) only when PostgreSQL runs
    /// as another user than the directory's owner.
    pub(super) fn data_dir_mode(&self) -> u32 {
        if self.switch { 0o711 } else { 0o700 }
    }

    /// A command that runs as this user, with an environment of its own: Bursar's may hold
    /// secrets and `PG…` variables that would change what the programs do.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        for keep in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(keep) {
                command.env(keep, value);
            }
        }
        if self.switch {
            // The standard library drops root's supplementary groups along with the uid.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives a file or directory to this user.
    ///
    /// # Errors
    /// `File` when the owner cannot be changed.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.switch {
            chown(path, Some(self.uid), Some(self.gid))
                .map_err(EmbeddedError::file("change the owner of", path))?;
        }
        Ok(())
    }

    /// Checks that this user may enter a directory and all directories above it.
    ///
    /// # Errors
    /// `Directory` naming the first one that is closed.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.switch {
            return Ok(());
        }
        // Outermost first: that is the one to name.
        let all: Vec<&Path> = path.ancestors().collect();
        for dir in all.into_iter().rev() {
            let Ok(meta) = std::fs::metadata(dir) else {
                continue;
            };
            let bit = if meta.uid() == self.uid {
                0o100
            } else if meta.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if meta.mode() & bit == 0 {
                return Err(EmbeddedError::Directory {
                    path: path.to_path_buf(),
                    reason: format!(
                        "PostgreSQL runs as the user {}, which cannot enter {}. Choose a \
                         directory elsewhere, such as below /var/lib, or start Bursar as an \
                         ordinary user",
                        self.name,
                        dir.display()
                    ),
                });
            }
        }
        Ok(())
    }
}

/// Name of a user, or its number when it has none.
fn name_of(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |u| u.name)
}
