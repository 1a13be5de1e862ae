//! The command line as people and programs use it: the real program against a real server.

mod audit;
mod completions;
mod help;
mod manifest;
mod readme;
mod resume;
mod seed;
mod smoke;
mod statement;

use std::process::{Command, Output, Stdio};

use bursar_testkit::{Server, binary};
use serde_json::Value;

/// The program, to be run with a key against a server, in no environment but what it is given.
fn program(server: Option<&Server>, key: &str) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().stdin(Stdio::null());
    if let Some(server) = server {
        command.env("BURSAR_URL", format!("http://127.0.0.1:{}", server.port()));
    }
    if !key.is_empty() {
        command.env("BURSAR_API_KEY", key);
    }
    command
}

/// Runs it to its end.
async fn run(mut command: Command) -> Ran {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    Ran(output)
}

/// How it ended.
#[derive(Debug)]
struct Ran(Output);

impl Ran {
    fn code(&self) -> i32 {
        self.0.status.code().expect("it was not killed")
    }

    fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// The JSON on stdout of a run that ended with this code.
    #[track_caller]
    fn json(&self, code: i32) -> Value {
        assert_eq!(self.code(), code, "{}{}", self.out(), self.err());
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.out()))
    }

    /// The error as JSON on stderr of a run that ended with this code.
    #[track_caller]
    fn error(&self, code: i32) -> Value {
        assert_eq!(self.code(), code, "{}{}", self.out(), self.err());
        let text = self.err();
        let last = text.lines().last().unwrap_or_default();
        let error: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {text}"));
        error["error"].clone()
    }
}
