//! `bursar smoke`: the command around [`crate::smoke`].

use super::client::Client;
use super::failure::Failure;
use super::output::Out;
use crate::config::{Config, Purpose};
use crate::smoke::{self, COUNT, Outcome, Taken, Watch, World, Wrong};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::time::Duration;

/// How often the spinner turns.
const TURN: Duration = Duration::from_millis(100);

/// Check a running server from end to end, beside real business
///
/// Makes the calls that a payment service makes, through gRPC like one, and looks at every answer: health,
/// reflection, the key, accounts, a transfer and its replay, refusals, a hold, a reversal, balances, lists, the
/// audit trail, and the wall between tenants. Then it takes everything back.
///
/// With a key of the platform it works in a temporary tenant, which it offboards at the end. With an admin's or an
/// operator's key it works in that key's tenant, in two accounts of its own (code `smoke`), which end empty and,
/// with an admin's key, closed; steps that the key may not take are skipped. Transfers and audit events are
/// append-only and stay. It cleans up after a failed step and after Ctrl-C too.
///
/// Exits with 0 when all is well, with 1 when a step failed, saying what was expected, what came and what to do,
/// and with 4 when the server cannot be reached.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  BURSAR_API_KEY_FILE=platform.key bursar smoke
  BURSAR_URL=https://bursar.example.com BURSAR_API_KEY_FILE=operator.key bursar smoke --output json")]
pub(crate) struct Args {
    /// Leave what it made, to be looked at
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(args: Args, out: Out) -> Result<(), Failure> {
    let client = Client::from_config(&Config::from_env(Purpose::Client)?).await?;
    let mut world = World::new(client);
    let mut teller = Teller::new(out);
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nobody can interrupt it then.
            std::future::pending::<()>().await;
        }
    };
    smoke::run(&mut world, args.keep, interrupted, &mut teller).await;
    teller.bar.finish_and_clear();
    out.whole(&Value::Array(teller.steps))?;
    if args.keep {
        eprintln!("{}", world.left());
    }
    match teller.failed {
        None => {
            out.line(&format!("all is well: {} steps, {} skipped", teller.fine, teller.skipped))
        }
        Some((name, wrong)) => Err(Failure {
            exit: wrong.exit,
            message: format!(
                "step '{name}': expected: {}\n  found: {}\n  {}",
                wrong.expected, wrong.found, wrong.advice
            ),
            details: json!({"step": name, "expected": wrong.expected, "found": wrong.found, "advice": wrong.advice}),
        }),
    }
}

/// Tells of steps: as lines for people, with a spinner at a terminal, and gathered for programs.
struct Teller {
    out: Out,
    bar: ProgressBar,
    steps: Vec<Value>,
    fine: usize,
    skipped: usize,
    failed: Option<(&'static str, Wrong)>,
}

impl Teller {
    fn new(out: Out) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(COUNT as u64)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TURN);
        Self { out, bar, steps: Vec::new(), fine: 0, skipped: 0, failed: None }
    }

    fn line(&self, text: &str) {
        // stdout that is closed is told of at the end.
        self.bar.suspend(|| drop(self.out.line(text)));
    }
}

impl Watch for Teller {
    fn begins(&mut self, name: &'static str) {
        self.bar.set_message(name);
    }

    fn over(&mut self, taken: Taken) {
        self.bar.inc(1);
        let Taken { name, took, result } = taken;
        let milliseconds = took.as_millis();
        let line =
            |word: &str, text: &str| format!("{word:7}  {name:17}  {milliseconds:>5} ms  {text}");
        let mut step = json!({"step": name, "seconds": took.as_secs_f64()});
        match result {
            Ok(Outcome::Fine(seen)) => {
                self.fine += 1;
                step["status"] = "ok".into();
                self.line(&line("ok", &seen));
                step["seen"] = seen.into();
            }
            Ok(Outcome::Skipped(why)) => {
                self.skipped += 1;
                step["status"] = "skipped".into();
                self.line(&line("skipped", &why));
                step["seen"] = why.into();
            }
            Err(wrong) => {
                step["status"] = "failed".into();
                step["expected"] = wrong.expected.clone().into();
                step["found"] = wrong.found.clone().into();
                step["advice"] = wrong.advice.clone().into();
                self.line(&line("failed", &wrong.found.replace('\n', " ")));
                // The first is the cause of the others.
                if self.failed.is_none() {
                    self.failed = Some((name, wrong));
                }
            }
        }
        self.steps.push(step);
    }
}
