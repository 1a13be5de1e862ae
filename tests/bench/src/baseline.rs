//! The baselines: plain SQL, run by pgbench.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use bursar_testkit::{app_password, sql};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Command;
use uuid::Uuid;

use crate::Fault;
use crate::cluster::Cluster;
use crate::load::zipf::Zipf;
use crate::sizes::Sizes;

/// Database of the baselines, and their login, in the cluster that Bursar's is in.
const DATABASE: &str = "baseline";
/// Threads of pgbench at most: as many as the machine that the targets are for has processors.
const THREADS: u32 = 2;
/// Connections that are made in a second, at least: more of them get more time before what counts.
const CONNECTS: u32 = 128;
/// Transfers of one `raw_batch`.
pub(crate) const BATCH: u32 = 8_000;

/// A script of pgbench, with the name that the report gives its baseline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    /// Name of the baseline.
    pub(crate) name: &'static str,
    file: &'static str,
    text: &'static str,
}

macro_rules! scripts {
    ($($id:ident: $name:literal, $file:literal;)*) => {$(
        pub(crate) const $id: Script = Script {
            name: $name, file: $file, text: include_str!(concat!("../sql/", $file, ".sql")),
        };
    )*};
}

scripts! {
    UNIFORM: "stored_function", "stored_function_uniform";
    ZIPF: "stored_function", "stored_function_zipf";
    HOT: "stored_function", "stored_function_hot";
    TENANTS: "stored_function", "stored_function_tenants";
    RAW_BATCH: "raw_batch", "raw_batch";
    BALANCE: "raw_select", "raw_select_balance";
    PAGE: "raw_select", "raw_select_page";
}

/// pgbench and what it needs to reach the baselines' database.
pub(crate) struct Baseline {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    password: SecretString,
    variables: Vec<String>,
}

/// A script on Bursar's own tables, as Bursar's own login.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    /// Name of the baseline, and of its file.
    pub(crate) name: &'static str,
    /// Database of Bursar's.
    pub(crate) database: &'static str,
    /// The script itself.
    pub(crate) text: String,
    /// Settings of its connections.
    pub(crate) options: String,
}

/// Where pgbench runs a script, and as whom.
struct Place<'a> {
    database: &'a str,
    user: &'a str,
    password: SecretString,
    options: &'a str,
}

/// How long a script runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    /// Seconds that do not count, then seconds that do.
    Seconds(u64, u64),
    /// Transactions of each client.
    Transactions(u64),
}

impl Baseline {
    /// Makes the plain layout and fills its accounts.
    pub(crate) async fn make(
        cluster: &Cluster,
        program: PathBuf,
        sizes: &Sizes,
    ) -> Result<Self, Fault> {
        cluster.create(DATABASE).await;
        let url = cluster.url(DATABASE);
        sql(&url, include_str!("../sql/schema.sql")).await;
        let accounts = include_str!("../sql/accounts.sql")
            .replace("$accounts", &sizes.accounts.to_string())
            .replace("$tenants", &sizes.tenants.to_string())
            .replace("$each", &sizes.each().to_string());
        sql(&url, &accounts).await;
        cluster.vacuum(DATABASE).await;
        let password = SecretString::from(Uuid::new_v4().simple().to_string());
        let login = include_str!("../sql/login.sql").replace("$password", password.expose_secret());
        sql(&url, &login).await;
        let variables = [
            ("accounts", sizes.accounts.to_string()),
            ("tenants", sizes.tenants.to_string()),
            ("each", sizes.each().to_string()),
            ("paged", sizes.paged.to_string()),
            ("head", Zipf::over(sizes.accounts).head().to_string()),
        ];
        let variables = variables.map(|(name, value)| format!("{name}={value}")).to_vec();
        let folder = cluster.folder().to_owned();
        Ok(Self { program, folder, port: cluster.port(), password, variables })
    }

    /// Transactions a second that a script reaches with so many clients. `more` variables win.
    pub(crate) async fn run(
        &self,
        script: Script,
        clients: u32,
        length: Length,
        more: &[(&str, u32)],
    ) -> Result<f64, Fault> {
        let password = self.password.clone();
        let place = Place { database: DATABASE, user: DATABASE, password, options: "" };
        self.pgbench((script.file, script.text), &place, clients, length, more).await
    }

    /// The same of a script on Bursar's own tables.
    pub(crate) async fn run_own(
        &self,
        own: &Own,
        clients: u32,
        length: Length,
    ) -> Result<f64, Fault> {
        let Own { database, options, .. } = own;
        let place = Place { database, user: "bursar_app", password: app_password(), options };
        self.pgbench((own.name, &own.text), &place, clients, length, &[]).await
    }

    async fn pgbench(
        &self,
        (name, text): (&str, &str),
        place: &Place<'_>,
        clients: u32,
        length: Length,
        more: &[(&str, u32)],
    ) -> Result<f64, Fault> {
        let file = self.folder.join(format!("{name}.sql"));
        std::fs::write(&file, text)?;
        let mut command = Command::new(&self.program);
        // Two batches at once may want each other's accounts: the one that PostgreSQL ends is run again.
        command
            .args(["--no-vacuum", "--protocol=prepared", "--progress=1", "--max-tries=100"])
            .args([format!("--client={clients}"), format!("--jobs={}", clients.min(THREADS))])
            .arg(format!("--file={}", file.display()))
            .args([format!("--host={}", bursar::embedded::HOST), format!("--port={}", self.port)])
            .arg(format!("--username={}", place.user))
            .env("PGPASSWORD", place.password.expose_secret())
            .env("PGOPTIONS", place.options)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match length {
            Length::Seconds(warm, run) => {
                let connects = u64::from(clients / CONNECTS);
                command.arg(format!("--time={}", connects + warm + run))
            }
            Length::Transactions(each) => command.arg(format!("--transactions={each}")),
        };
        for variable in &self.variables {
            command.args(["-D", variable]);
        }
        for (name, value) in more {
            command.args(["-D", &format!("{name}={value}")]);
        }
        let output = command.arg(place.database).output().await?;
        let (said, log) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let counted = match length {
            Length::Seconds(_, run) => usize::try_from(run).ok(),
            Length::Transactions(_) => None,
        };
        match rate(&said, &log, counted) {
            Some(rate) if output.status.success() => Ok(rate),
            _ => Err(format!("pgbench failed on {name}: {said}\n{log}").into()),
        }
    }
}

/// Mean rate of the last seconds, or of all transactions. `None` when a transaction failed, or none was made.
fn rate(said: &str, log: &str, seconds: Option<usize>) -> Option<f64> {
    let failed =
        said.lines().find_map(|line| line.strip_prefix("number of failed transactions: "))?;
    if !failed.starts_with("0 ") {
        return None;
    }
    let Some(seconds) = seconds else {
        let total = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
        return total.split_whitespace().next()?.parse().ok();
    };
    // progress: 5.0 s, 2345.6 tps, lat 0.4 ms stddev 0.1, 0 failed
    let told = log.lines().filter_map(|line| {
        let (at, rest) = line.strip_prefix("progress: ")?.split_once(" s, ")?;
        Some((at.parse().ok()?, rest.split_once(" tps")?.0.parse().ok()?))
    });
    // Each rate is of the time since the line before, which on a busy machine is more than a second.
    let mut since = 0.0;
    let spans: Vec<(f64, f64)> =
        told.map(|(at, rate): (f64, f64)| (at - std::mem::replace(&mut since, at), rate)).collect();
    let counted = &spans[spans.len().saturating_sub(seconds)..];
    let made: f64 = counted.iter().map(|(span, rate)| span * rate).sum();
    let took: f64 = counted.iter().map(|(span, _)| span).sum();
    (made > 0.0).then(|| made / took)
}

/// The pgbench to use.
///
/// # Errors
/// When there is none.
pub(crate) fn find_pgbench(given: Option<&Path>) -> Result<PathBuf, Fault> {
    if let Some(path) = given {
        let found = path.exists().then(|| path.to_owned());
        return found.ok_or_else(|| format!("there is no {}", path.display()).into());
    }
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let tools = variable("BURSAR_TOOLS").or_else(|| Some(cache?.join("bursar/tools")));
    tools.map(|tools| tools.join("bin/pgbench")).filter(|path| path.exists()).ok_or_else(|| {
        "pgbench is not installed: run tests/setup/pgbench.sh, or name one by --pgbench".into()
    })
}

#[cfg(test)]
mod tests {
    use super::rate;

    const SAID: &str = "number of transactions actually processed: 30\n\
        number of failed transactions: 0 (0.000%)\ntps = 10.500000 (without initial connection time)\n";
    const LOG: &str = "progress: 1.0 s, 4.0 tps, lat 0.4 ms stddev 0.1, 0 failed\n\
        progress: 2.0 s, 12.0 tps, lat 0.4 ms stddev 0.1, 0 failed\n\
        progress: 4.0 s, 15.0 tps, lat 0.4 ms stddev 0.1, 0 failed\n";

    #[test]
    fn the_warm_up_does_not_count() {
        assert_eq!(rate(SAID, LOG, Some(2)), Some(14.0));
        assert_eq!(rate(SAID, LOG, Some(9)), Some(11.5));
        assert_eq!(rate(SAID, LOG, None), Some(10.5));
    }

    #[test]
    fn a_failed_transaction_fails_it() {
        assert_eq!(rate(&SAID.replace(": 0 (", ": 2 ("), LOG, Some(1)), None);
        assert_eq!(rate("", LOG, Some(1)), None);
        assert_eq!(rate(SAID, "", Some(1)), None);
    }
}
