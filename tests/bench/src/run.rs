//! The whole run: set-up, workloads, report, and the end of everything that was started.

use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};

use crate::Fault;
use crate::args::Args;
use crate::baseline::{Baseline, find_pgbench};
use crate::cluster::Cluster;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::report::row::Row;
use crate::report::{self, About};
use crate::server::Home;
use crate::session::Session;
use crate::sizes::Sizes;
use crate::{workloads, world};

/// Database of Bursar's, in the cluster that the baselines are in too.
pub(crate) const DATABASE: &str = "bursar";

/// Runs what the arguments ask for; whether nothing failed.
///
/// # Errors
/// When something that it needs is missing or does not start.
pub(crate) fn main(args: &Args) -> Result<bool, Fault> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let names = workloads::chosen(&args.only)?;
        let program = program(args.server.as_deref())?;
        let pgbench =
            if args.no_baseline { None } else { Some(find_pgbench(args.pgbench.as_deref())?) };
        let progress = Progress::new(names.len() + 1);
        progress.say("starting PostgreSQL");
        let cluster = Cluster::start(&args.data).await?;
        // Whatever is dropped half way kills the processes that it started.
        let outcome = tokio::select! {
            outcome = measure(args, &cluster, program, pgbench, &names, &progress) => outcome,
            name = interrupted() => Err(format!("stopped by {name}").into()),
        };
        progress.finish();
        let stopped = cluster.stop().await;
        let rows = outcome?;
        stopped?;
        println!("{}\n{}", report::table(&rows), report::notes(&rows));
        println!("The report is in {}", args.output.display());
        Ok(rows.iter().all(|row| row.failure.is_none()))
    })
}

async fn measure(
    args: &Args,
    cluster: &Cluster,
    program: PathBuf,
    pgbench: Option<PathBuf>,
    names: &[&'static str],
    progress: &Progress,
) -> Result<Vec<Row>, Fault> {
    let sizes = Sizes::of(args);
    let about = About {
        machine: Machine::here(),
        data: format!("{} ({})", args.data.display(), cluster.disk),
        settings: cluster.told().await,
        sizes: sizes.clone(),
        seed: args.seed,
    };
    progress.line(report::about(&about).trim_end());
    let session = set_up(args.seed, cluster, program, pgbench, sizes, progress).await?;
    progress.done();
    let mut rows: Vec<Row> = Vec::new();
    for name in names {
        match workloads::run(name, &session, &rows).await {
            Ok(more) => {
                for row in &more {
                    progress.line(&report::short(row));
                }
                rows.extend(more);
            }
            Err(fault) => {
                progress.line(&format!("{name} FAILED: {fault}"));
                let failure = Some(fault.to_string());
                rows.push(Row { failure, ..Row::new(name, 0.0, "") });
            }
        }
        progress.done();
        // After each, so that an interrupted run leaves what it has.
        report::write(&args.output, &about, &rows)?;
    }
    if let Some(folder) = &args.docs {
        report::write_docs(folder, &about, &rows)?;
    }
    session.server.stop().await;
    Ok(rows)
}

async fn set_up<'a>(
    seed: u64,
    cluster: &'a Cluster,
    program: PathBuf,
    pgbench: Option<PathBuf>,
    sizes: Sizes,
    progress: &'a Progress,
) -> Result<Session<'a>, Fault> {
    progress.say("making databases");
    let home = Home::make(cluster, DATABASE).await;
    let server = home.serve(&program).await;
    let baseline = match pgbench {
        Some(program) => Some(Baseline::make(cluster, program, &sizes).await?),
        None => None,
    };
    let platform = &server.platform;
    let told = |made: u32| progress.far(&format!("{made} of {} accounts", sizes.accounts));
    let tenant = world::tenant(platform, seed, 0, sizes.accounts, &told).await?;
    let mut many = Vec::new();
    for number in 1..=sizes.tenants {
        progress.far(&format!("{number} of {} tenants", sizes.tenants));
        many.push(world::tenant(platform, seed, number, sizes.each(), &|_| {}).await?);
    }
    cluster.vacuum(DATABASE).await;
    cluster.checkpoint().await;
    Ok(Session { sizes, seed, cluster, program, home, server, tenant, many, baseline, progress })
}

/// The server to measure.
fn program(given: Option<&Path>) -> Result<PathBuf, Fault> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()?.with_file_name("bursar"),
    };
    if path.exists() {
        return Ok(path.canonicalize()?);
    }
    let path = path.display();
    Err(format!(
        "there is no server at {path}: cargo build --release -p bursar, or name one by --server"
    )
    .into())
}

/// Waits for a request to stop, and tells its name.
async fn interrupted() -> &'static str {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
    }
}
