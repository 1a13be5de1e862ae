//! Running initdb.

use super::binaries::Binaries;
use super::cluster::Layout;
use super::error::EmbeddedError;
use super::paths::UNFINISHED;
use super::user::RunAs;
use super::{Durability, SUPERUSER};
use secrecy::{ExposeSecret, SecretString};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// First major version with the builtin locale provider.
const BUILTIN_LOCALE_MAJOR: u32 = 17;

/// First major version whose initdb takes settings.
const SET_MAJOR: u32 = 16;

impl Layout {
    /// Runs initdb on an empty directory and adds the include of our settings.
    pub(super) async fn initdb(
        &self,
        fresh: &Path,
        bins: &Binaries,
        user: &RunAs,
        durability: Durability,
        password: &SecretString,
    ) -> Result<(), EmbeddedError> {
        // The file is gone when it is dropped, or after a kill with the next start.
        let mut pwfile = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(&self.dir)
            .map_err(EmbeddedError::file("create a file in", &self.dir))?;
        pwfile
            .write_all(password.expose_secret().as_bytes())
            .map_err(EmbeddedError::file("write", pwfile.path()))?;
        user.own(pwfile.path())?;
        let mut command = user.command(&bins.program("initdb"));
        command.arg("-D").arg(fresh).arg("--pwfile").arg(pwfile.path());
        command.arg(format!("--username={SUPERUSER}"));
        command.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
        command.args(["--data-checksums", "--no-instructions"]);
        if bins.major >= BUILTIN_LOCALE_MAJOR {
            command.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
        }
        if bins.major >= SET_MAJOR {
            // Shared memory of a killed initdb then goes away with its directory; bursar.conf says
            // what the server uses.
            command.args(["--set", "dynamic_shared_memory_type=mmap"]);
        }
        if durability == Durability::Memory {
            command.arg("--no-sync");
        }
        let output = command.kill_on_drop(true).output().await;
        let failed = |reason: String| {
            // What cannot be removed now is removed by the next start.
            let _ = std::fs::remove_dir_all(fresh);
            EmbeddedError::Initdb { dir: self.dir.clone(), reason }
        };
        let output =
            output.map_err(|e| failed(format!("it cannot be run as {}: {e}", user.name())))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(format!("{}, it said: {}", output.status, said.trim())));
        }
        let conf = fresh.join("postgresql.conf");
        OpenOptions::new()
            .append(true)
            .open(&conf)
            .and_then(|mut f| {
                f.write_all(b"\ninclude '../bursar.conf'\n").and_then(|()| f.sync_all())
            })
            .map_err(EmbeddedError::file("write", &conf))
    }
}
