//! Carries the scenarios of `tests/conformance/scenarios` out through the Rust client, as their README says.

// A driver of tests: what it needs and does not have should end it at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod bench;
mod expect;
mod harness;
mod messages;
mod names;
mod paging;
mod scenario;
mod setup;
mod step;
mod streaming;

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use crate::scenario::Scenario;
use crate::setup::Setup;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--bench", setup] => bench::run(&Setup::read(Path::new(setup))).await,
        [scenarios, setup] => run(Path::new(scenarios), &Setup::read(Path::new(setup))).await,
        _ => {
            eprintln!(
                "usage: driver <folder of scenarios> <setup.json> | driver --bench <setup.json>"
            );
            std::process::exit(2);
        }
    }
}

async fn run(folder: &Path, setup: &Setup) {
    for path in files(folder) {
        let text = std::fs::read_to_string(&path).expect("a file that can be read");
        let scenarios: Vec<Scenario> = serde_json::from_str(&text).expect("scenarios");
        for scenario in scenarios {
            let start = Instant::now();
            let outcome = scenario.run(setup).await;
            let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            println!("{}", line(&scenario.name, ms, outcome));
        }
    }
}

fn line(name: &str, ms: u64, outcome: Result<(), (usize, String)>) -> Value {
    match outcome {
        Ok(()) => json!({"scenario": name, "passed": true, "ms": ms}),
        Err((step, why)) => {
            json!({"scenario": name, "passed": false, "ms": ms, "step": step, "why": why})
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of scenarios");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|ext| ext == "json")).collect();
    files.sort();
    files
}
