//! A small shell process that outlives us to stop PostgreSQL when we are killed.

use super::Durability;
use super::cluster::Layout;
use super::error::EmbeddedError;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Its standard input is a pipe that only we hold: a line on it is a dismissal, its end without
/// one means that we are gone. That needs no polling and cannot mistake another process for us.
/// `$1` is the cluster, `$2` the signal, `$3` the directory to remove or nothing.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r dismissed && exit 0
pid=
[ -f "$1/postmaster.pid" ] && read -r pid < "$1/postmaster.pid"
case $pid in *[!0-9]*) pid= ;; esac
here() {
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
  [ ! -d /proc/self ] || [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$1" ]
}
if here "$1"; then
  kill -s "$2" "$pid" 2>/dev/null
  tries=0
  while here "$1" && [ "$tries" -lt 100 ]; do sleep 0.1 >/dev/null; tries=$((tries + 1)); done
  here "$1" && kill -s QUIT "$pid" 2>/dev/null && sleep 1 >/dev/null
fi
[ -n "$3" ] || exit 0
for again in 1 2 3 4 5; do
  rm -rf -- "$3" >/dev/null 2>&1 && exit 0
  sleep 1 >/dev/null
done
"#;

/// The running watcher. Dropping it without [`Watcher::dismiss`] sets it off.
#[derive(Debug)]
pub(super) struct Watcher(Child);

impl Watcher {
    /// Starts a watcher. It shares the directory's lock, so that the next Bursar waits for it.
    ///
    /// # Errors
    /// `File` when `sh` cannot be started.
    pub(super) fn start(
        layout: &Layout,
        durability: Durability,
        lock: &File,
    ) -> Result<Self, EmbeddedError> {
        let failed = || EmbeddedError::file("start a watcher (sh) for", &layout.dir);
        let lock = lock.try_clone().map_err(failed())?;
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "bursar-watcher"]).arg(&layout.cluster);
        match durability {
            Durability::Durable => command.args(["INT", ""]),
            // Nothing is kept, so the immediate stop will do.
            Durability::Memory => command.arg("QUIT").arg(&layout.dir),
        };
        let child = command
            .stdin(Stdio::piped())
            .stdout(lock)
            .stderr(Stdio::null())
            .current_dir("/")
            // Our environment may hold secrets that need not outlive us.
            .env_clear()
            .env(
                "PATH",
                std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()),
            )
            // Out of our process group, so that Ctrl-C does not reach it.
            .process_group(0)
            .spawn()
            .map_err(failed())?;
        Ok(Self(child))
    }

    /// Sends the watcher away: PostgreSQL is stopped, or shall stay.
    pub(super) fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            // A watcher that is gone already needs no dismissal.
            let _ = pipe.write_all(b"dismissed\n");
        }
        let _ = self.0.wait();
    }
}
