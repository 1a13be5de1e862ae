//! The program itself, as a process with a data directory of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bursar_testkit::{Database, Ended, Process, plant};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

/// Files that hold no secret; a key is planted by its caller, for its id may be shown.
const SHOWN: [&str; 2] = ["port", "platform.key"];

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A data directory of a test's own. Dropped, it takes its PostgreSQL with it.
pub(crate) struct DataDir(pub(crate) PathBuf);

impl DataDir {
    /// A name; Bursar makes the directory, for the user that runs PostgreSQL.
    pub(crate) fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bursar-faults-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// Process id of the postmaster, while its process lives.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.0.join("cluster/postmaster.pid")).ok()?;
        let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?);
        // A process id may have been given to somebody else since.
        let here = std::fs::read_link(format!("/proc/{pid}/cwd"))
            .is_ok_and(|cwd| cwd == self.0.join("cluster"));
        here.then_some(pid)
    }

    /// Whether any process of this PostgreSQL lives.
    pub(crate) fn has_processes(&self) -> bool {
        let cluster = self.0.join("cluster");
        let mut all = std::fs::read_dir("/proc").expect("Linux").flatten();
        all.any(|process| {
            std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == cluster)
        })
    }

    /// One line of a file that Bursar wrote.
    pub(crate) fn line(&self, file: &str) -> String {
        let path = self.0.join(file);
        let line = std::fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
            .trim()
            .to_owned();
        if !SHOWN.contains(&file) {
            plant(&line);
        }
        line
    }

    /// A connection of the administrator's, with what the directory says.
    pub(crate) async fn connect(&self) -> Client {
        self.try_connect().await.expect("connects")
    }

    /// The same, or why not.
    pub(crate) async fn try_connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (password, port) = (self.line("superuser-password"), self.line("port"));
        let url = format!("postgres://bursar_admin:{password}@127.0.0.1:{port}/bursar");
        // Outside of everything that Bursar does.
        #[allow(clippy::disallowed_methods)]
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Ends a PostgreSQL that is left, and waits until it is gone.
    pub(crate) fn stop_postgresql(&self) {
        if let Some(pid) = self.postmaster() {
            let _ = kill(pid, Signal::SIGQUIT);
        }
        let since = Instant::now();
        while self.has_processes() && since.elapsed() < Duration::from_secs(10) {
            // Called from Drop, which cannot await, when the test is over.
            #[allow(clippy::disallowed_methods)]
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        self.stop_postgresql();
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts on that directory and waits until it serves.
pub(crate) async fn start(dir: &Path) -> Process {
    Process::start(command(dir)).await
}

/// The same, or how it ended.
pub(crate) async fn try_start(dir: &Path) -> Result<Process, Ended> {
    Process::try_start(command(dir)).await
}

/// Starts another replica on a database of the tests' own.
pub(crate) async fn replica(database: &Database) -> Process {
    let mut command = command(Path::new("/nonexistent"));
    command.env_remove("BURSAR_DATA_DIR").envs(bursar_testkit::variables(database, &[]));
    Process::start(command).await
}

/// Starts on a database of the tests' own, with these variables.
pub(crate) async fn start_on(settings: &[(&str, &str)]) -> Process {
    let mut command = command(Path::new("/nonexistent"));
    command.env("STORE_BACKEND", "postgres").envs(settings.iter().copied());
    Process::start(command).await
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bursar-under-test"));
    for variable in bursar::config::VARIABLES {
        // Whoever runs the tests may choose their PostgreSQL, and nothing else.
        if variable.name != "BURSAR_PG_BIN" {
            command.env_remove(variable.name).env_remove(format!("{}_FILE", variable.name));
        }
    }
    command
        .arg("serve")
        .env("STORE_BACKEND", "embedded")
        .env("BURSAR_DATA_DIR", dir)
        .env("BURSAR_LISTEN", "127.0.0.1:0")
        .env("BURSAR_OPS_LISTEN", "127.0.0.1:0")
        .env("BURSAR_DRAIN_SECONDS", "2")
        .env("BURSAR_DRAIN_WAIT_SECONDS", "1")
        .env("BURSAR_LOG", "json")
        .env("RUST_LOG", "info,bursar=debug");
    command
}
