//! The program as a process of its own, on a database of its own: for what a process has only one of.

use std::collections::HashMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::database::Database;
use crate::log::keep;
use crate::server::{TestTenant, platform_key, variables};
use crate::{binary, http};

/// Longest wait for it to serve, on a busy machine.
const START: Duration = Duration::from_mins(1);

/// A running `bursar serve`. Dropped, it is killed.
pub struct Program {
    /// Calls with the platform's key.
    pub platform: Caller,
    /// Port of gRPC.
    pub port: u16,
    /// Port of /livez, /readyz and /metrics.
    pub ops_port: u16,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Program {
    /// Starts it on a fresh database with further variables set.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let database = Database::migrated().await;
        let key = platform_key(&database).await;
        let settings: Vec<_> =
            settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self::run(&binary(), variables(&database, &settings), &key).await
    }

    /// Runs a program with these variables and no others; `key` is the platform's in its database.
    pub async fn run(
        program: &Path,
        variables: HashMap<String, String>,
        key: &SecretString,
    ) -> Self {
        let mut child = Command::new(program)
            .arg("serve")
            .env_clear()
            .envs(variables)
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
                if let (Some(grpc), Some(ops)) = (port(&line, "grpc"), port(&line, "ops")) {
                    tell.send_replace(Some((grpc, ops)));
                }
                keep(&line);
                kept.lock().expect("no panic").push(line);
            }
        });
        let ports = tokio::time::timeout(START, told.wait_for(Option::is_some)).await;
        let ports = ports.ok().and_then(Result::ok).and_then(|ports| *ports);
        let (port, ops_port) = ports.unwrap_or_else(|| {
            panic!("it does not serve:\n{}", lines.lock().expect("no panic").join("\n"))
        });
        let platform = Caller::new(port, key.expose_secret());
        Self { platform, port, ops_port, child, lines, reader }
    }

    /// A new tenant with a key of each role.
    pub async fn tenant(&self) -> TestTenant {
        TestTenant::new(&self.platform).await
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.lines.lock().expect("no panic").join("\n")
    }

    /// A page of its operator's port.
    pub async fn page(&self, path: &str) -> String {
        let request = ::http::Request::get(path).header("host", "localhost").body(Vec::new());
        let answer = http::send(self.ops_port, ::http::Version::HTTP_11, request.expect("a path"));
        String::from_utf8(answer.await.body).expect("text")
    }

    /// Tells it to stop, and waits until it has; how it ended, and the whole log.
    pub async fn stop(mut self) -> (ExitStatus, String) {
        let pid = i32::try_from(self.pid()).expect("a process id");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("a signal");
        let status = self.child.wait().await.expect("an exit status");
        (&mut self.reader).await.expect("the log");
        (status, self.log())
    }
}

/// The port in `name=address` or `"name":"address"`.
fn port(line: &str, name: &str) -> Option<u16> {
    let line = line.replace("\":\"", "=").replace('"', " ");
    let address =
        line.split_whitespace().find_map(|word| word.strip_prefix(&format!("{name}=")))?;
    address.parse::<std::net::SocketAddr>().ok().map(|address| address.port())
}
