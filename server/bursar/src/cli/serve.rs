//! `bursar serve`: the server as a process, with its signals.

use super::failure::{Exit, Failure};
use super::output::Out;
use super::{demo, logging};
use crate::config::{Backend, Config, Purpose, table};
use crate::redact::redact;
use crate::serve::{self, Reloaded, Running, StartError};
use crate::telemetry;
use secrecy::ExposeSecret;
use serde_json::json;
use std::convert::Infallible;
use std::pin::pin;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit code of a process that was told twice to stop, as shells have it.
const EXIT_INTERRUPTED: i32 = 130;

/// Serve gRPC, gRPC-Web, health and reflection
///
/// With nothing configured it starts a private PostgreSQL and serves from it. SIGTERM and Ctrl-C say NOT_SERVING,
/// serve on until load balancers have heard it (BURSAR_DRAIN_WAIT_SECONDS), and let calls under way end
/// (BURSAR_DRAIN_SECONDS); a second one exits at once.
/// SIGHUP reads the configuration file and the files of secrets again: see `bursar config`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("Examples:\n  bursar serve --demo\n  STORE_BACKEND=postgres DATABASE_URL_FILE=database_url BURSAR_PEPPER_FILE=pepper bursar serve\n\n{}", table()))]
pub(crate) struct Args {
    /// Make a demo tenant with accounts, and print calls to try
    #[arg(long)]
    demo: bool,
}

pub(crate) async fn run(args: Args, out: Out) -> Result<(), Failure> {
    let config = Config::from_env(Purpose::Serve)?;
    telemetry::install(&config.telemetry).map_err(Failure::failed)?;
    logging::init(&config);
    let mut signals = Signals::new()?;
    // From the start on: unwatched, the signal would end the process.
    let mut hangup = watch(SignalKind::hangup())?;
    tell_backend(&config);
    let mut starting = pin!(serve::start(&config));
    let started = tokio::select! {
        started = starting.as_mut() => started,
        () = signals.next() => {
            // Dropped half-way it could leave a PostgreSQL behind.
            tracing::info!("stopping as soon as the start-up is done; once more exits at once");
            let started = signals.or_exit(starting).await;
            if let Ok(running) = started {
                signals.or_exit(running.stop()).await;
            }
            return Ok(());
        }
    };
    let running = started?;
    tracing::info!(grpc = %running.grpc_addr, ops = %running.ops_addr, "serving");
    let ended = tokio::select! {
        ended = serving(&config, &running, args.demo, out) => Err(ended),
        never = reloading(&running, &mut hangup) => match never {},
        () = signals.next() => Ok(()),
    };
    tracing::info!("stopping; once more exits at once");
    signals.or_exit(running.stop()).await;
    signals.or_exit(telemetry::shutdown()).await;
    tracing::info!("stopped");
    ended
}

/// Takes over a changed configuration at each SIGHUP: all of it, or none.
async fn reloading(running: &Running, hangup: &mut Signal) -> Infallible {
    loop {
        hangup.recv().await;
        let config = match Config::from_env(Purpose::Serve) {
            Ok(config) => config,
            Err(error) => {
                tracing::error!("the configuration was read again and stays as it was: {error}");
                continue;
            }
        };
        let filter = config.log_filter.clone();
        match running.reload(config).await {
            Ok(Reloaded { applied, waiting }) => {
                if let Err(problem) = logging::set_filter(&filter) {
                    tracing::error!("{problem}");
                }
                tracing::info!(applied = applied.join(","), "the configuration was read again");
                if !waiting.is_empty() {
                    tracing::warn!(
                        variables = waiting.join(","),
                        "what changed takes effect at the next start"
                    );
                }
            }
            Err(error) => {
                tracing::error!("the configuration was read again and stays as it was: {error}");
            }
        }
    }
}

/// Serves until it makes no sense any more.
async fn serving(config: &Config, running: &Running, with_demo: bool, out: Out) -> Failure {
    let failed = async { Failure::failed(running.failed().await) };
    let demo = async {
        if with_demo {
            match demo::prepare(config, running).await {
                // Nobody reads it when stdout is closed.
                Ok(lines) => drop(out.show(&json!({"demo": lines}), &format!("\n{lines}"))),
                Err(failure) => tracing::warn!("there is no demo tenant: {}", failure.message),
            }
        }
        std::future::pending::<Failure>().await
    };
    tokio::select! { failure = failed => failure, failure = demo => failure }
}

fn tell_backend(config: &Config) {
    match config.backend {
        Backend::Embedded => tracing::warn!(
            "the data lives in an embedded database, which is for development, tests and small single-machine use; \
             set STORE_BACKEND=postgres and DATABASE_URL for more"
        ),
        Backend::Memory => {
            tracing::warn!("the data lives in memory and is gone when the server stops");
        }
        Backend::Postgres => {
            let url = config.database_url.as_ref().map(|url| redact(url.expose_secret()));
            tracing::info!(
                database = url.unwrap_or_default(),
                "the data lives in a database of yours"
            );
        }
    }
}

/// What tells the process to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

fn watch(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|e| Failure::failed(format!("cannot watch for signals: {e}")))
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: watch(SignalKind::interrupt())?,
            terminate: watch(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Does the work, unless told again to stop.
    async fn or_exit<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            () = self.next() => std::process::exit(EXIT_INTERRUPTED),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let exit = match error {
            StartError::Listen { .. } | StartError::Tls(_) | StartError::Missing(_) => Exit::Usage,
            _ => Exit::Failed,
        };
        Self::new(exit, error)
    }
}
