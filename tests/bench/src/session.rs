//! One run of the bench: what all workloads measure with.

use std::path::PathBuf;
use std::process::Stdio;

use bursar_testkit::Program;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::Fault;
use crate::baseline::{Baseline, Length, Script};
use crate::cluster::Cluster;
use crate::load::plan::{Call, Choice, Estate, Outcome, Pace, Plan, Tenant};
use crate::progress::Progress;
use crate::report::row::median;
use crate::server::Home;
use crate::sizes::Sizes;

/// Callers that share one HTTP/2 connection; the server takes up to 256.
const CALLERS_PER_CONNECTION: u32 = 128;

/// The figures of one side of a comparison: medians over the rounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    /// Transfers or reads a second.
    pub(crate) rate: f64,
    /// Latency that half of the calls stayed below.
    pub(crate) p50_us: f64,
    /// Latency that 99 of 100 calls stayed below.
    pub(crate) p99_us: f64,
    /// Processor time of the load generator for a call.
    pub(crate) cpu_us: f64,
    /// Calls that failed in any round.
    pub(crate) failed: u64,
    /// What the first of them said.
    pub(crate) failure: Option<String>,
    /// Calls refused with `RESOURCE_EXHAUSTED`, where that is allowed.
    pub(crate) exhausted: u64,
}

impl Series {
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let of = |figure: fn(&Outcome) -> f64| median(outcomes.iter().map(figure)).unwrap_or(0.0);
        Self {
            rate: of(|outcome| outcome.rate),
            p50_us: of(|outcome| outcome.p50_us),
            p99_us: of(|outcome| outcome.p99_us),
            cpu_us: of(|outcome| outcome.cpu_us),
            failed: outcomes.iter().map(|outcome| outcome.failed).sum(),
            failure: outcomes.iter().find_map(|outcome| outcome.failure.clone()),
            exhausted: outcomes.iter().map(|outcome| outcome.exhausted).sum(),
        }
    }
}

/// What a workload asks of the load generator.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) callers: u32,
    pub(crate) call: Call,
    pub(crate) choice: Choice,
    pub(crate) estate: Estate,
    pub(crate) pace: Pace,
    pub(crate) may_be_exhausted: bool,
    /// How many times as long it runs: few calls in a run would make a coarse figure.
    pub(crate) times: u64,
}

impl Load {
    /// Closed loop.
    pub(crate) fn closed(callers: u32, call: Call, choice: Choice) -> Self {
        let (estate, pace) = (Estate::default(), Pace::Closed);
        Self { callers, call, choice, estate, pace, may_be_exhausted: false, times: 1 }
    }

    /// The same calls on what escrow and trading have.
    pub(crate) fn on(self, estate: Estate) -> Self {
        Self { estate, ..self }
    }

    /// The same calls at another pace.
    pub(crate) fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }
}

/// A baseline to compare with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Against {
    pub(crate) script: Script,
    /// Its connections.
    pub(crate) clients: u32,
    /// Transfers or reads of one of its transactions.
    pub(crate) units: u32,
}

impl Against {
    /// One transfer or read a transaction.
    pub(crate) fn one(script: Script, clients: u32) -> Self {
        Self { script, clients, units: 1 }
    }
}

/// The parts that run while figures are taken.
pub(crate) struct Session<'a> {
    pub(crate) sizes: Sizes,
    pub(crate) seed: u64,
    pub(crate) cluster: &'a Cluster,
    pub(crate) program: PathBuf,
    pub(crate) home: Home,
    pub(crate) server: Program,
    /// The single tenant.
    pub(crate) tenant: Tenant,
    /// The many tenants.
    pub(crate) many: Vec<Tenant>,
    pub(crate) baseline: Option<Baseline>,
    pub(crate) progress: &'a Progress,
}

impl Session<'_> {
    /// Runs a load generator against the session's server.
    pub(crate) async fn load(&self, tenants: &[Tenant], load: &Load) -> Result<Outcome, Fault> {
        self.load_on(&self.server, tenants, load, &|_| {}).await
    }

    /// Runs a load generator against a server; `told` gets how many calls of a counted load are done.
    pub(crate) async fn load_on(
        &self,
        server: &Program,
        tenants: &[Tenant],
        load: &Load,
        told: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, Fault> {
        let plan = Plan {
            port: server.process.grpc.port(),
            tenants: tenants.to_vec(),
            call: load.call,
            choice: load.choice,
            estate: load.estate.clone(),
            callers: load.callers,
            connections: load.callers.div_ceil(CALLERS_PER_CONNECTION),
            pace: load.pace,
            warm_ms: self.sizes.warm * 1_000,
            run_ms: self.sizes.run * load.times * 1_000,
            may_be_exhausted: load.may_be_exhausted,
            world_seed: self.seed,
            seed: self.seed,
        };
        generate(&plan, told).await
    }

    /// Ours and the baseline in turns, the baseline first.
    pub(crate) async fn in_turns(
        &self,
        name: &str,
        tenants: &[Tenant],
        load: &Load,
        against: Option<Against>,
    ) -> Result<(Series, Option<f64>), Fault> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let length = Length::Seconds(self.sizes.warm, self.sizes.run * load.times);
        for round in 1..=self.sizes.rounds {
            if let (Some(baseline), Some(against)) = (&self.baseline, against) {
                self.progress.say(&format!("{name}: {}, round {round}", against.script.name));
                let rate = baseline.run(against.script, against.clients, length, &[]).await?;
                theirs.push(rate * f64::from(against.units));
            }
            self.progress.say(&format!("{name}: bursar, round {round}"));
            ours.push(self.load(tenants, load).await?);
        }
        Ok((Series::of(&ours), median(theirs.iter().copied())))
    }

    /// The single tenant.
    pub(crate) fn one(&self) -> &[Tenant] {
        std::slice::from_ref(&self.tenant)
    }
}

/// Runs a load generator as a process of its own. Dropped, it is killed.
async fn generate(plan: &Plan, told: &(dyn Fn(u64) + Sync)) -> Result<Outcome, Fault> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("load")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(mut stdin), Some(mut stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err("a load generator has no pipes".into());
    };
    // By a pipe and not as an argument, because it holds keys.
    stdin.write_all(&serde_json::to_vec(plan)?).await?;
    drop(stdin);
    let mut lines = BufReader::new(stderr).lines();
    let mut said = Vec::new();
    while let Some(line) = lines.next_line().await? {
        match line.parse() {
            Ok(done) => told(done),
            Err(_) => said.push(line),
        }
    }
    let mut text = String::new();
    stdout.read_to_string(&mut text).await?;
    let status = child.wait().await?;
    if !status.success() {
        return Err(format!("a load generator failed ({status}): {}", said.join("\n")).into());
    }
    Ok(serde_json::from_str(&text)?)
}
