//! Measures a Bursar server beside plain PostgreSQL, on one durable database, in turns.

// A tool for developers: figures go to stdout, and a broken set-up should say so at once.
#![allow(clippy::expect_used, clippy::print_stdout)]

mod args;
mod baseline;
mod cluster;
mod load;
mod machine;
mod progress;
mod report;
mod run;
mod server;
mod session;
mod sizes;
mod statements;
mod workloads;
mod world;

use std::process::ExitCode;

use clap::Parser as _;

/// Why a run cannot go on, for a person to read.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The program.
pub fn main() -> ExitCode {
    let args = args::Args::parse();
    let outcome = match args.command {
        Some(args::Command::Load) => load::main().map(|()| true),
        None => run::main(&args),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}
