//! What tracing costs: two servers on one durable database, one that traces a tenth of its calls to a receiver of OTLP
//! and one that traces none, under the same load in turns.
//!
//! `bench-tracing <path of the bursar program>`. Variables: `BENCH_SECONDS` of a run, `BENCH_PAIRS` of runs.

// A tool for developers: what fails should say so at once, and figures go to stdout.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bursar::config::{Config, Purpose};
use bursar::local;
use bursar_proto::ledger::v1::{Account, BalanceRule};
use bursar_testkit::{Caller, Program, Receiver, TestTenant, make, new_account, new_transfer, sql};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::JoinSet;

const ACCOUNTS: usize = 256;
const CALLERS: [usize; 2] = [8, 64];
/// Ticks of the processor time that Linux tells, a second.
const TICKS: f64 = 100.0;

/// A server under test.
struct Side {
    program: Program,
    callers: Vec<Caller>,
}

/// One run: calls a second, and microseconds of the server's processor time for a call.
#[derive(Clone, Copy)]
struct Run {
    rate: f64,
    cpu_us: f64,
}

#[tokio::main]
async fn main() {
    let program = PathBuf::from(std::env::args().nth(1).expect("the path of the bursar program"));
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let seconds = Duration::from_secs(number("BENCH_SECONDS", 5));
    let pairs = number("BENCH_PAIRS", 6);

    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    // The embedded PostgreSQL runs as another user, who must reach its data.
    open_folder(folder.path());
    let settings = HashMap::from([("BURSAR_DATA_DIR".to_owned(), data.display().to_string())]);
    let lookup = |name: &str| settings.get(name).map(OsString::from);
    let config = Config::from_lookup(Purpose::Serve, &lookup).expect("a configuration");
    let database = local::start(&config).await.expect("the embedded database starts");
    let key = std::fs::read_to_string(database.data_dir.join(local::PLATFORM_KEY_FILE));
    let key = SecretString::from(key.expect("the first key").trim().to_owned());
    let receiver = Receiver::counting().await;

    let serve = async |more: &[(&str, &str)]| {
        let mut variables: HashMap<String, String> = [
            ("STORE_BACKEND", "postgres"),
            ("DATABASE_URL", database.database_url.expose_secret()),
            ("BURSAR_PEPPER", database.pepper.expose_secret()),
            ("BURSAR_LISTEN", "127.0.0.1:0"),
            ("BURSAR_OPS_LISTEN", "127.0.0.1:0"),
            ("BURSAR_DRAIN_SECONDS", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        variables.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        Program::run(&program, variables, &key).await
    };
    let off = serve(&[]).await;
    let on = serve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint.as_str()),
        ("BURSAR_TRACE_SAMPLING", "0.1"),
    ])
    .await;
    let tenant = TestTenant::new(&off.platform).await;
    let mut accounts = Vec::with_capacity(ACCOUNTS);
    for _ in 0..ACCOUNTS {
        accounts.push(new_account(&tenant.operator, "EUR", BalanceRule::Unspecified).await);
    }
    let accounts = Arc::new(accounts);
    let side = |program: Program| {
        let connect = |_| Caller::new(program.process.grpc.port(), &tenant.operator.key_text);
        let callers = (0..4).map(connect).collect();
        Side { program, callers }
    };
    let (off, on) = (side(off), side(on));

    for callers in CALLERS {
        for side in [&off, &on] {
            load(side, &accounts, callers, seconds).await;
        }
        analyze(&database.data_dir).await;
        let mut runs = Vec::new();
        for pair in 0..pairs {
            // Each goes first as often as the other.
            let (a, b) = if pair % 2 == 0 { (&off, &on) } else { (&on, &off) };
            let first = load(a, &accounts, callers, seconds).await;
            let second = load(b, &accounts, callers, seconds).await;
            runs.push(if pair % 2 == 0 { (first, second) } else { (second, first) });
        }
        tell(callers, &runs);
    }
    println!("spans received: {}", receiver.count());
    off.program.stop().await;
    on.program.stop().await;
    database.stop().await.expect("the database stops");
}

fn tell(callers: usize, runs: &[(Run, Run)]) {
    let median = |of: &dyn Fn(&(Run, Run)) -> f64| {
        let mut all: Vec<f64> = runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        let middle = all.len() / 2;
        if all.len().is_multiple_of(2) {
            f64::midpoint(all[middle - 1], all[middle])
        } else {
            all[middle]
        }
    };
    let (off, on) = (median(&|run| run.0.rate), median(&|run| run.1.rate));
    let rate = median(&|run| run.1.rate / run.0.rate);
    let (cpu_off, cpu_on) = (median(&|run| run.0.cpu_us), median(&|run| run.1.cpu_us));
    let cpu = median(&|run| run.1.cpu_us / run.0.cpu_us);
    println!(
        "{callers} callers: {off:.0} calls/s without, {on:.0} with: median ratio {rate:.3}; \
         the server's processor time for a call {cpu_off:.0} µs and {cpu_on:.0} µs: median ratio {cpu:.3}"
    );
}

/// Moves money between random accounts for that long.
async fn load(side: &Side, accounts: &Arc<Vec<Account>>, callers: usize, time: Duration) -> Run {
    static SEED: AtomicUsize = AtomicUsize::new(1);
    let done = Arc::new(AtomicU64::new(0));
    let (cpu, since) = (cpu_seconds(side.program.process.pid()), Instant::now());
    let mut tasks = JoinSet::new();
    for number in 0..callers {
        let (caller, accounts) =
            (side.callers[number % side.callers.len()].clone(), accounts.clone());
        let done = done.clone();
        tasks.spawn(async move {
            while since.elapsed() < time {
                let at = SEED.fetch_add(7, Ordering::Relaxed) % (accounts.len() - 1);
                let transfer = new_transfer(&accounts[at], &accounts[at + 1], "1");
                make(&caller, transfer).await.expect("a transfer");
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("no caller fails");
    }
    let took = since.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "counts of some thousands")]
    let done = done.load(Ordering::Relaxed) as f64;
    let cpu_us = (cpu_seconds(side.program.process.pid()) - cpu) * 1e6 / done;
    Run { rate: done / took, cpu_us }
}

/// Processor time that a process has used.
fn cpu_seconds(pid: nix::unistd::Pid) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("Linux");
    // What follows the name, which may hold anything, in parentheses.
    let (_, rest) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / TICKS
}

/// Fresh statistics, with which PostgreSQL plans anew: the server that met empty tables may hold plans made for them.
async fn analyze(data: &Path) {
    let line = |file: &str| std::fs::read_to_string(data.join(file)).expect("a file of Bursar's");
    let (password, port) = (line("superuser-password"), line("port"));
    let (password, port) = (password.trim(), port.trim());
    let url = format!("postgres://bursar_admin:{password}@127.0.0.1:{port}/bursar");
    sql(&SecretString::from(url), "ANALYZE").await;
}

fn open_folder(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).expect("permissions");
}
