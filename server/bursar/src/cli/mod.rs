//! The command line. Server and database commands work in this process; all others are clients that
//! speak gRPC.
#![allow(clippy::doc_markdown, reason = "help is shown to people as it is written")]

mod bootstrap;
mod client;
mod config;
mod confirm;
mod db;
mod demo;
mod demo_lines;
mod failure;
mod health;
mod import;
mod json;
mod key;
mod logging;
mod migrate;
mod output;
mod refusal;
mod serve;
mod tenant;
mod tenant_calls;

pub use client::{Auth, Client, Link};
pub use failure::{Exit, Failure};
pub use logging::set_filter;
pub use output::Format;
pub(crate) use refusal::reason_of;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use output::Out;
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed; import transfers: some lines were refused
  2  the command line, the configuration, or a value in it is wrong
  3  the server answered no: not found, not allowed, in the wrong state
  4  the server or the database cannot be reached, or did not answer in time

Results go to stdout, everything else to stderr.

Examples:
  bursar serve --demo
  BURSAR_API_KEY_FILE=platform.key bursar tenant create 'Example Ltd'
  bursar help import transfers";

/// Bursar owns an organisation's money tables in PostgreSQL and serves them over gRPC.
#[derive(Debug, Parser)]
#[command(name = "bursar", version, long_about, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Cli {
    /// How results and errors are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORM")]
    output: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Health(health::Args),
    Bootstrap(bootstrap::Args),
    #[command(subcommand)]
    Config(config::Command),
    #[command(subcommand)]
    Migrate(migrate::Command),
    #[command(subcommand)]
    Db(db::Command),
    #[command(subcommand)]
    Tenant(tenant::Command),
    #[command(subcommand)]
    Key(key::Command),
    #[command(subcommand)]
    Import(import::Command),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  bursar completions bash > /etc/bash_completion.d/bursar")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the command line of this process. The exit code is one of [`Exit`].
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Out::new(cli.output);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            return out.fail(&Failure::new(Exit::Failed, format!("cannot start the runtime: {e}")));
        }
    };
    match runtime.block_on(run(cli.command, out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => out.fail(&failure),
    }
}

async fn run(command: Command, out: Out) -> Result<(), Failure> {
    match command {
        // It holds the whole server, too much for a stack frame of the others.
        Command::Serve(args) => Box::pin(serve::run(args)).await,
        Command::Health(args) => health::run(args, out).await,
        Command::Bootstrap(args) => bootstrap::run(args, out).await,
        Command::Config(command) => config::run(&command, out),
        Command::Migrate(command) => migrate::run(command, out).await,
        Command::Db(command) => db::run(command, out).await,
        Command::Tenant(command) => tenant::run(command, out).await,
        Command::Key(command) => key::run(command, out).await,
        Command::Import(command) => import::run(command, out).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "bursar", &mut script);
            let script = String::from_utf8_lossy(&script);
            out.show(&serde_json::json!({"script": script}), script.trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_documented() {
        let mut cli = Cli::command();
        cli.clone().debug_assert();
        cli.build();
        let mut commands = vec![&cli];
        while let Some(command) = commands.pop() {
            let name = command.get_name();
            assert!(
                command.get_about().is_some() || name == "help",
                "{name} says nothing of itself"
            );
            let leaf = command.get_subcommands().next().is_none();
            let example =
                command.get_after_help().is_some_and(|h| h.to_string().contains("Example"));
            assert!(!leaf || example || name == "help", "{name} has no example");
            commands.extend(command.get_subcommands().filter(|c| c.get_name() != "help"));
        }
    }
}
