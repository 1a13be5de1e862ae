//! Starting and stopping PostgreSQL.

use super::EmbeddedConfig;
use super::binaries::Binaries;
use super::cluster::Layout;
use super::error::EmbeddedError;
use super::paths::write_atomic;
use super::pidfile::{PidFile, runs_here};
use super::settings::{choose_port, parse_port, render};
use super::user::RunAs;
use super::{HOST, SUPERUSER};
use secrecy::{ExposeSecret, SecretString};
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// Longest time for a start, in seconds: it may have to replay `max_wal_size` after a crash.
const START_TIMEOUT_SECS: &str = "300";
/// Longest time for an orderly stop, in seconds, before an immediate one.
const STOP_TIMEOUT_SECS: &str = "60";
/// Starts that are tried when the port is snatched or dead processes still hold memory.
const START_TRIES: u32 = 20;
/// Pause between tries.
pub(super) const POLL: Duration = Duration::from_millis(100);
/// A log above this size is set aside at start, in bytes.
const LOG_MAX_BYTES: u64 = 10 * 1024 * 1024;
/// How much of the log's end an error shows, in bytes and lines.
const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 15;

/// Everything that is needed to run one cluster.
#[derive(Debug)]
pub(super) struct Postmaster {
    pub(super) layout: Layout,
    pub(super) bins: Binaries,
    pub(super) user: RunAs,
    pub(super) password: SecretString,
}

impl Postmaster {
    /// Address of the administrator when the server listens on that port.
    pub(super) fn admin_url(&self, port: u16) -> SecretString {
        // The password is hexadecimal, so nothing needs escaping.
        let password = self.password.expose_secret();
        format!("postgres://{SUPERUSER}:{password}@{HOST}:{port}/postgres").into()
    }

    /// Takes over the PostgreSQL that runs on this cluster, or starts one; returns its port.
    ///
    /// # Errors
    /// `Setting`, `PortTaken`, `File` or `Program`.
    pub(super) async fn run(
        &self,
        cfg: &EmbeddedConfig,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<u16, EmbeddedError> {
        // Settings are checked before anything that runs is touched.
        self.conf(cfg, 1)?;
        if let Some(port) = self.settle_running(cfg, progress).await? {
            return Ok(port);
        }
        self.prepare_log()?;
        for attempt in 1.. {
            let kept = std::fs::read_to_string(&self.layout.port).ok();
            let port = choose_port(cfg.port, kept.as_deref().and_then(parse_port))?;
            write_atomic(&self.layout.conf, &self.conf(cfg, port)?, 0o644)?;
            match self.start_once().await {
                Ok(()) => {
                    write_atomic(&self.layout.port, &format!("{port}\n"), 0o644)?;
                    return Ok(port);
                }
                // Another program may take the port between our look and PostgreSQL's, and
                // processes of a killed postmaster need a moment to notice.
                Err(EmbeddedError::Program { tail, .. })
                    if attempt < START_TRIES
                        && ["could not bind", "still in use", "could not create any TCP"]
                            .iter()
                            .any(|passing| tail.contains(passing)) => {}
                Err(other) => return Err(other),
            }
            tokio::time::sleep(POLL).await;
        }
        Err(EmbeddedError::PortTaken { port: cfg.port.unwrap_or_default() })
    }

    /// Stops PostgreSQL in the given mode (`fast` or `immediate`) and waits until it is gone;
    /// `fast` falls back on `immediate`.
    ///
    /// # Errors
    /// `Program` when it still runs.
    pub(super) async fn stop(&self, mode: &str) -> Result<(), EmbeddedError> {
        for mode in [mode, "immediate"] {
            let mut command = self.user.command(&self.bins.program("pg_ctl"));
            command.args(["stop", "-s", "-w", "-t", STOP_TIMEOUT_SECS, "-m", mode, "-D"]);
            let output = command.arg(&self.layout.cluster).output().await;
            // What counts is not what pg_ctl says (it fails when there is nothing to stop).
            if !self.is_running() {
                return Ok(());
            }
            if mode == "immediate" {
                let reason = match output {
                    Ok(o) => String::from_utf8_lossy(&o.stderr).trim().to_owned(),
                    Err(e) => e.to_string(),
                };
                return Err(self.failed("pg_ctl stop", reason, 0));
            }
        }
        Ok(())
    }

    /// Whether a postmaster runs on this cluster.
    pub(super) fn is_running(&self) -> bool {
        let cluster = &self.layout.cluster;
        PidFile::read(cluster).is_some_and(|p| runs_here(p.pid, cluster))
    }

    /// The settings file for a port.
    pub(super) fn conf(&self, cfg: &EmbeddedConfig, port: u16) -> Result<String, EmbeddedError> {
        let statistics = self.bins.has_library("pg_stat_statements");
        render(port, cfg.durability, statistics, &cfg.settings)
    }

    /// One try of `pg_ctl start`, which returns when connections are accepted. `pg_ctl` gives the
    /// server a session of its own, so Ctrl-C does not reach it.
    async fn start_once(&self) -> Result<(), EmbeddedError> {
        let log = &self.layout.log;
        let before = std::fs::metadata(log).map_or(0, |m| m.len());
        let mut command = self.user.command(&self.bins.program("pg_ctl"));
        command.args(["start", "-s", "-w", "-t", START_TIMEOUT_SECS, "-l"]).arg(log);
        let output = command.arg("-D").arg(&self.layout.cluster).output().await;
        match output {
            Ok(o) if o.status.success() => Ok(()),
            Ok(o) => {
                let said = String::from_utf8_lossy(&o.stderr).trim().to_owned();
                Err(self.failed("pg_ctl start", said, before))
            }
            Err(e) => Err(self.failed("pg_ctl start", e.to_string(), before)),
        }
    }

    /// Sets a big log aside and makes sure that PostgreSQL's user can write it.
    fn prepare_log(&self) -> Result<(), EmbeddedError> {
        let log = &self.layout.log;
        if std::fs::metadata(log).is_ok_and(|m| m.len() > LOG_MAX_BYTES) {
            std::fs::rename(log, log.with_extension("log.1"))
                .map_err(EmbeddedError::file("rename", log))?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        options.open(log).map_err(EmbeddedError::file("write", log))?;
        self.user.own(log)
    }

    /// An error with the end of the log, as far as it was written since `from`.
    fn failed(&self, program: &'static str, reason: String, from: u64) -> EmbeddedError {
        let read = || -> std::io::Result<String> {
            let mut file = std::fs::File::open(&self.layout.log)?;
            let start = from.max(file.metadata()?.len().saturating_sub(TAIL_BYTES));
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail =
            lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default().join("\n");
        EmbeddedError::Program { program, reason, log: self.layout.log.clone(), tail }
    }
}
