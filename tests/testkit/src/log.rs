//! The log of the tests. `tests/run.sh` keeps it as a whole and then looks for secrets in it: everything that Bursar
//! says, at every level, before any redaction.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Names the folder of the log; unset when a test is run by itself.
const FOLDER: &str = "BURSAR_TEST_LOG";

/// The file of this process with that name, in the folder of the log.
fn file(name: &str) -> Option<File> {
    let folder = PathBuf::from(std::env::var_os(FOLDER)?);
    let path = folder.join(format!("{}.{name}", std::process::id()));
    Some(append(&path))
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).expect("the folder of the log is there")
}

/// Shows the server's log in the output of a failed test: errors, or what `RUST_LOG` asks for. Keeps all of it for
/// the search afterwards.
pub(crate) fn init() {
    let shown = EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into());
    let shown = fmt::layer().with_test_writer().with_filter(shown);
    // What other crates print below info is not Bursar's, which keeps them quiet.
    let all =
        Targets::new().with_default(LevelFilter::INFO).with_target("bursar", LevelFilter::TRACE);
    let kept =
        file("log").map(|file| fmt::layer().json().with_writer(Arc::new(file)).with_filter(all));
    // The first test of the process wins.
    let _ = tracing_subscriber::registry().with(shown).with(kept).try_init();
}

/// Keeps a line that a process of the tests said.
pub fn keep(line: &str) {
    static KEPT: OnceLock<Option<File>> = OnceLock::new();
    if let Some(mut file) = KEPT.get_or_init(|| file("processes.log")).as_ref() {
        writeln!(file, "{line}").expect("room for the log");
    }
}

/// Remembers a secret that no log may hold.
pub fn plant(secret: &str) {
    static PLANTED: OnceLock<Option<File>> = OnceLock::new();
    if let Some(mut file) = PLANTED.get_or_init(|| file("secrets")).as_ref() {
        // One write a line, so that tests beside each other do not mix theirs.
        file.write_all(format!("{secret}\n").as_bytes()).expect("room for the list");
    }
}
