//! The program as a process of its own, on a database of its own: for what a process has only one of.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Command;

use crate::caller::Caller;
use crate::database::Database;
use crate::process::{Ended, Process};
use crate::server::{TestTenant, platform_key, variables};
use crate::{binary, http};

/// Longest wait for it to end.
const END: Duration = Duration::from_mins(1);

/// A running `bursar serve` and its platform's key.
pub struct Program {
    /// Calls with the platform's key.
    pub platform: Caller,
    /// The process.
    pub process: Process,
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
        let mut command = Command::new(program);
        command.arg("serve").env_clear().envs(variables);
        let process = Process::start(command).await;
        Self { platform: process.caller(key.expose_secret()), process }
    }

    /// A new tenant with a key of each role.
    pub async fn tenant(&self) -> TestTenant {
        TestTenant::new(&self.platform).await
    }

    /// A page of its operator's port.
    pub async fn page(&self, path: &str) -> String {
        let request = ::http::Request::get(path).header("host", "localhost").body(Vec::new());
        let port = self.process.ops.port();
        let answer = http::send(port, ::http::Version::HTTP_11, request.expect("a path"));
        String::from_utf8(answer.await.body).expect("text")
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) -> Ended {
        self.process.signal(Signal::SIGTERM);
        self.process.ended(END).await
    }
}
