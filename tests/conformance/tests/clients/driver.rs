//! One language's driver: started, heard out, and ended.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bursar_testkit::{binary, keep};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

use crate::board::{Board, Outcome};
use crate::language::Language;
use crate::scenarios::Scenarios;
use crate::world::World;

/// Until its first word it may build itself.
const BUILD: Duration = Duration::from_mins(10);
/// Longest silence of a driver.
const SILENCE: Duration = Duration::from_mins(2);
/// How a script says that something it needs is not on this machine, as those of `tests/setup` do.
const SKIPPED: i32 = 3;
const SKIPPED_LINE: &str = "skipped:";
/// Lines of its log that a failure shows.
const TAIL: usize = 40;

/// Carries the named scenarios out in a language, on a server of its own. What the driver says of a scenario goes to the
/// board; what is left is as the returned outcome says.
pub(crate) async fn run(
    language: &Language,
    scenarios: &Scenarios,
    names: &[String],
    board: &Board,
) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let world = Arc::new(World::new(folder.path()).await);
    for (trial, path) in language.scripts() {
        if names.iter().any(|name| name == trial) {
            board.put(&language.name, trial, script(&path, &world).await);
        }
    }
    let chosen = folder.path().join("scenarios");
    scenarios.write(&chosen, names);
    let setup = folder.path().join("setup.json");
    std::fs::write(&setup, world.setup().to_string()).expect("writes");
    let mut command = Command::new(&language.driver);
    command.arg(&chosen).arg(&setup);
    let end = match Driver::start(command) {
        Ok(driver) => driver.hear_out(&language.name, &world, board).await,
        Err(error) => Outcome::Failed(format!("{}: {error}", language.driver.display())),
    };
    world.end().await;
    end
}

/// A script, as somebody with a server and a key would run it; one that needs a server of its own starts this program.
async fn script(script: &Path, world: &World) -> Outcome {
    let mut command = Command::new(script);
    let setup = world.setup();
    command.env("BURSAR_URL", setup["urls"]["plain"].as_str().expect("a URL"));
    command.env("BURSAR_BINARY", binary());
    command.env("BURSAR_API_KEY", setup["keys"]["admin"].as_str().expect("a key"));
    let ran = command.stdin(Stdio::null()).kill_on_drop(true).process_group(0).output();
    match tokio::time::timeout(BUILD, ran).await {
        Ok(Ok(output)) if output.status.success() => Outcome::Passed,
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            keep(&said);
            match output.status.code() {
                Some(SKIPPED) => {
                    Outcome::Skipped(String::from_utf8_lossy(&output.stdout).trim().to_owned())
                }
                _ => Outcome::Failed(format!("{}: {}\n{said}", script.display(), output.status)),
            }
        }
        Ok(Err(error)) => Outcome::Failed(format!("{}: {error}", script.display())),
        Err(_) => Outcome::Failed(format!("{} does not end", script.display())),
    }
}

struct Driver {
    child: Child,
    group: Pid,
    stdin: ChildStdin,
    tail: Arc<Mutex<VecDeque<String>>>,
    log: JoinHandle<()>,
}

impl Driver {
    fn start(mut command: Command) -> std::io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // What its script starts is ended with it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).expect("it was just started");
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let log = tokio::spawn(follow(child.stderr.take().expect("piped"), tail.clone()));
        let stdin = child.stdin.take().expect("piped");
        Ok(Self { child, group: Pid::from_raw(group), stdin, tail, log })
    }

    /// Takes its lines until it ends, and answers what it asks.
    async fn hear_out(mut self, language: &str, world: &Arc<World>, board: &Board) -> Outcome {
        let mut lines = BufReader::new(self.child.stdout.take().expect("piped")).lines();
        let mut patience = BUILD;
        loop {
            let line = match tokio::time::timeout(patience, lines.next_line()).await {
                Ok(Ok(Some(line))) => line,
                Ok(_) => return self.ended().await,
                Err(_) => return self.failed(&format!("said nothing for {patience:?}")).await,
            };
            patience = SILENCE;
            if let Some(why) = line.strip_prefix(SKIPPED_LINE) {
                let why = why.trim().to_owned();
                self.finish().await;
                return Outcome::Skipped(why);
            }
            keep(&format!("{language}: {line}"));
            let Ok(said) = serde_json::from_str::<Value>(&line) else {
                return self.failed(&format!("said what is no JSON: {line}")).await;
            };
            if let Some(name) = said["scenario"].as_str() {
                board.put(language, name, outcome(&said));
            } else if let Some(asked) = said.get("control") {
                let answer = match world.control(asked).await {
                    Ok(()) => serde_json::json!({"done": true}),
                    Err(why) => serde_json::json!({"failed": why}),
                };
                let line = format!("{answer}\n");
                if self.stdin.write_all(line.as_bytes()).await.is_err() {
                    return self.failed("did not wait for an answer").await;
                }
            } else {
                return self.failed(&format!("said what is no line of a driver: {line}")).await;
            }
        }
    }

    async fn ended(mut self) -> Outcome {
        let status = tokio::time::timeout(SILENCE, self.child.wait()).await;
        match status {
            Ok(Ok(status)) => {
                self.failed(&format!("ended without a word of this ({status})")).await
            }
            _ => self.failed("closed its output and does not end").await,
        }
    }

    async fn failed(self, what: &str) -> Outcome {
        Outcome::Failed(format!("the driver {what}\n{}", self.finish().await))
    }

    /// Ends all that is left of it; the end of its log.
    async fn finish(self) -> String {
        // Nothing is left to be ended when it is gone already.
        let _ = killpg(self.group, Signal::SIGKILL);
        let _ = tokio::time::timeout(Duration::from_secs(1), self.log).await;
        let tail = self.tail.lock().expect("no panic");
        tail.iter().fold(String::new(), |told, line| told + "  " + line + "\n")
    }
}

/// Keeps a log, and its last lines at hand.
async fn follow(log: impl AsyncRead + Unpin, tail: Arc<Mutex<VecDeque<String>>>) {
    let mut lines = BufReader::new(log).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        keep(&line);
        let mut tail = tail.lock().expect("no panic");
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
    }
}

/// What its line says of a scenario.
fn outcome(said: &Value) -> Outcome {
    if said["passed"] == Value::Bool(true) {
        return Outcome::Passed;
    }
    let why = said["why"].as_str().unwrap_or("it does not say why");
    Outcome::Failed(format!("step {}: {why}", said["step"]))
}
