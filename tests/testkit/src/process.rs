//! `bursar serve` as a process: its ports, its log, and its end.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::log::keep;

/// Longest wait for it to serve: a first start makes a cluster, on a busy machine.
const START: Duration = Duration::from_mins(1);

/// A running `bursar serve`. Dropped, it is killed.
pub struct Process {
    /// Address of gRPC.
    pub grpc: SocketAddr,
    /// Address of /livez, /readyz and /metrics.
    pub ops: SocketAddr,
    /// From the start of the process until it served.
    pub took: Duration,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// The whole log.
    pub log: String,
}

impl Process {
    /// Starts a command that serves, and waits until it does.
    pub async fn start(command: Command) -> Self {
        match Self::try_start(command).await {
            Ok(process) => process,
            Err(ended) => panic!("it does not start: {}\n{}", ended.status, ended.log),
        }
    }

    /// The same, or how it ended.
    pub async fn try_start(mut command: Command) -> Result<Self, Ended> {
        let since = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped")).lines();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (tell, mut told) = watch::channel(None);
        let kept = lines.clone();
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = stderr.next_line().await {
                if let (Some(grpc), Some(ops)) = (address(&line, "grpc"), address(&line, "ops")) {
                    tell.send_replace(Some((grpc, ops)));
                }
                keep(&line);
                kept.lock().expect("no panic").push(line);
            }
        });
        let served = tokio::time::timeout(START, told.wait_for(Option::is_some)).await;
        let served = served.expect("it serves in time, or says why not");
        if let Some((grpc, ops)) = served.ok().and_then(|addresses| *addresses) {
            return Ok(Self { grpc, ops, took: since.elapsed(), child, lines, reader });
        }
        let status = child.wait().await.expect("an exit status");
        reader.await.expect("the log");
        let log = lines.lock().expect("no panic").join("\n");
        Err(Ended { status, log })
    }

    /// Calls with a key.
    pub fn caller(&self, key: &str) -> Caller {
        Caller::new(self.grpc.port(), key)
    }

    /// Process id.
    pub fn pid(&self) -> Pid {
        let id = self.child.id().expect("it was not waited for");
        Pid::from_raw(i32::try_from(id).expect("a process id"))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it runs");
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.lines.lock().expect("no panic").join("\n")
    }

    /// Waits until it has ended.
    pub async fn ended(mut self, limit: Duration) -> Ended {
        let status = tokio::time::timeout(limit, self.child.wait()).await;
        let status = status
            .unwrap_or_else(|_| panic!("it still runs\n{}", self.log()))
            .expect("an exit status");
        // A child of its own that was left behind, such as PostgreSQL, may hold the pipe open.
        let _ = tokio::time::timeout(Duration::from_millis(200), &mut self.reader).await;
        Ended { status, log: self.log() }
    }

    /// Kills it without warning.
    pub async fn kill(self) {
        self.signal(Signal::SIGKILL);
        self.ended(Duration::from_secs(5)).await;
    }
}

/// The address in `name=address` or `"name":"address"`.
fn address(line: &str, name: &str) -> Option<SocketAddr> {
    let line = line.replace("\":\"", "=").replace('"', " ");
    let found = line.split_whitespace().find_map(|word| word.strip_prefix(&format!("{name}=")))?;
    found.parse().ok()
}
