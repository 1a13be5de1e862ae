//! The command line. Server and database commands work in this process; all others are clients that
//! speak gRPC.
#![allow(clippy::doc_markdown, reason = "help is shown to people as it is written")]

mod audit;
mod bootstrap;
mod check;
mod client;
mod config;
mod confirm;
mod db;
mod demo;
mod demo_lines;
mod doctor;
mod doctor_facts;
mod doctor_here;
mod failure;
mod hand_over;
mod health;
mod help;
mod import;
mod json;
mod key;
mod logging;
mod man;
mod manifest;
mod migrate;
mod migrate_diff;
mod migrate_new;
mod output;
mod period;
mod refusal;
mod seed;
mod serve;
mod smoke;
mod statement;
mod statement_form;
mod tenant;
mod tenant_calls;
mod usage;

pub use client::{Auth, Client, Link};
pub use failure::{Exit, Failure};
pub use output::Format;
pub(crate) use refusal::{is_lost, reason_of};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use output::Out;
use std::process::ExitCode;

/// What the help of the program itself ends with.
const AFTER_HELP: &str = "\
Results go to stdout, everything else to stderr; with --output json both are JSON.

Examples:
  bursar serve --demo
  BURSAR_API_KEY_FILE=platform.key bursar tenant create 'Example Ltd'
  BURSAR_API_KEY_FILE=platform.key bursar smoke
  bursar help import transfers";

/// Bursar owns an organisation's money tables in PostgreSQL and serves them over gRPC.
#[derive(Debug, Parser)]
#[command(name = "bursar", version, long_about, after_help = AFTER_HELP, arg_required_else_help = true)]
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
    Doctor(doctor::Args),
    #[command(subcommand)]
    Tenant(tenant::Command),
    #[command(subcommand)]
    Key(key::Command),
    Statement(statement::Args),
    #[command(subcommand)]
    Period(period::Command),
    #[command(subcommand)]
    Audit(audit::Command),
    #[command(subcommand)]
    Check(check::Command),
    #[command(subcommand)]
    Import(import::Command),
    Smoke(smoke::Args),
    #[command(subcommand)]
    Demo(seed::Command),
    /// Print a completion script for a shell
    ///
    /// Put it where the shell looks for such scripts, and open a new shell: commands, options and their values are
    /// then completed by the tab key. It needs no server and changes nothing.
    #[command(after_help = "\
Examples:
  bursar completions bash > /etc/bash_completion.d/bursar
  bursar completions zsh > /usr/local/share/zsh/site-functions/_bursar
  bursar completions fish > ~/.config/fish/completions/bursar.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    Man(man::Args),
}

/// Runs the command line of this process. The exit code is one of [`Exit`].
#[must_use]
pub fn main() -> ExitCode {
    let read = command().try_get_matches().and_then(|found| Cli::from_arg_matches(&found));
    let cli = match read {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error, std::env::args_os()),
    };
    let out = Out::new(cli.output);
    if cli.output == Format::Csv && !matches!(cli.command, Command::Statement(_)) {
        return out
            .fail(&Failure::usage("--output csv is for `bursar statement`; give text or json"));
    }
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

/// The command line with the long help of every command.
fn command() -> clap::Command {
    help::whole(Cli::command())
}

async fn run(command: Command, out: Out) -> Result<(), Failure> {
    match command {
        // It holds the whole server, too much for a stack frame of the others.
        Command::Serve(args) => Box::pin(serve::run(args, out)).await,
        Command::Health(args) => health::run(args, out).await,
        Command::Bootstrap(args) => bootstrap::run(args, out).await,
        Command::Config(command) => config::run(&command, out),
        Command::Migrate(command) => migrate::run(command, out).await,
        Command::Db(command) => db::run(command, out).await,
        Command::Doctor(args) => doctor::run(args, out).await,
        Command::Tenant(command) => tenant::run(command, out).await,
        Command::Key(command) => key::run(command, out).await,
        Command::Statement(args) => statement::run(args, out).await,
        Command::Period(command) => period::run(command, out).await,
        Command::Audit(command) => audit::run(command, out).await,
        Command::Check(command) => check::run(command, out).await,
        Command::Import(command) => import::run(command, out).await,
        Command::Demo(command) => seed::run(command, out).await,
        Command::Smoke(args) => smoke::run(args, out).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "bursar", &mut script);
            let script = String::from_utf8_lossy(&script);
            out.show(&serde_json::json!({"script": script}), script.trim_end())
        }
        Command::Man(args) => man::run(&args, Cli::command(), out),
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
