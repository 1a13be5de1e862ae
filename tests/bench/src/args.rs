//! The command line.

use std::path::PathBuf;

/// Measure Bursar beside what one would write by hand
///
/// Starts a durable PostgreSQL of its own, a server and load generators, and pgbench for the baselines, in turns on the
/// same machine. Prints one table with ratios, and writes report.json, report.md and plots into the output folder. Ends
/// with 1 when a call failed; a target that is not reached is told in the table and is no failure.
#[derive(Debug, clap::Parser)]
#[command(
    name = "bench",
    after_help = "\
Examples:
  bench --server target/release/bursar
  bench --server target/release/bursar --quick
  bench --server target/release/bursar --only unary_uniform_c64,unary_hot_c64 --seconds 5 --rounds 1"
)]
pub(crate) struct Args {
    /// The release build of `bursar`; the one beside this program when not given
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// Smaller sizes and shorter runs: under three minutes
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these workloads, and those that they are compared with
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Measured seconds of each run
    #[arg(long, value_name = "N")]
    pub(crate) seconds: Option<u64>,
    /// Runs of each side, in turns; the medians are told
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<u32>,
    /// Accounts of the single tenant
    #[arg(long, value_name = "N")]
    pub(crate) accounts: Option<u32>,
    /// Do not measure the baselines: for a quick look at the server alone
    #[arg(long)]
    pub(crate) no_baseline: bool,
    /// Where the reports go
    #[arg(long, value_name = "FOLDER", default_value = "target/bench")]
    pub(crate) output: PathBuf,
    /// Folder on disk, reachable by every user, below which the database lives while it is measured
    #[arg(long, value_name = "FOLDER", default_value = "/var/tmp")]
    pub(crate) data: PathBuf,
    /// The pgbench to use; the one that tests/setup/pgbench.sh installs when not given
    #[arg(long, value_name = "PATH")]
    pub(crate) pgbench: Option<PathBuf>,
    /// Folder of the documentation: writes its plots, and the table into performance.md, also
    #[arg(long, value_name = "FOLDER")]
    pub(crate) docs: Option<PathBuf>,
    /// Seed of all choices
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What this program runs itself for.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Generate load by the plan on standard input
    #[command(hide = true)]
    Load,
}
