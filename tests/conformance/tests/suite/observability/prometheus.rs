//! A Prometheus reads /metrics, and what it finds is what docs/observability.md says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bursar_testkit::{fault, http, make, moved, new_transfer, within};
use serde_json::Value;
use tokio::process::Command;

use super::with_accounts;

const DOCS: &str = include_str!("../../../../../docs/observability.md");
/// Longest wait for a first scrape, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_series_are_those_of_the_docs() {
    let Some(prometheus) = tool("prometheus") else {
        // Straight to stderr: the test harness hides what a passing test prints.
        use std::io::Write as _;
        let line = "skipped: no Prometheus is installed (tests/setup/prometheus.sh)";
        writeln!(std::io::stderr(), "{line}").unwrap();
        return;
    };
    // A collector that is away, so that the series of its failures is there.
    let away = format!("http://127.0.0.1:{}", free_port());
    let (program, tenant, customer, bank) =
        with_accounts(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &away), ("BURSAR_TRACE_SAMPLING", "1")])
            .await;
    moved(&tenant.operator, &bank, &customer, "1").await;
    let refused = make(&tenant.operator, new_transfer(&customer, &bank, "100")).await;
    assert_eq!(fault(refused.unwrap_err()).reason, "LIMIT_EXCEEDED");
    within(PATIENCE, "an export fails", async || {
        program.page("/metrics").await.contains("bursar_telemetry_export_failures_total")
    })
    .await;

    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("prometheus.yml");
    let target = program.process.ops.port();
    std::fs::write(
        &config,
        format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: bursar\n    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
        ),
    )
    .unwrap();
    let port = free_port();
    let _process = Command::new(prometheus)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    within(PATIENCE, "Prometheus has read the server", async || {
        let up = ask(port, "/api/v1/query?query=up").await;
        up.is_some_and(|up| up["data"]["result"][0]["value"][1] == "1")
    })
    .await;

    let metadata = ask(port, "/api/v1/targets/metadata").await.unwrap();
    let read: BTreeMap<String, String> = metadata["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (text(&entry["metric"]), text(&entry["type"])))
        .collect();
    let documented = documented();
    let types = documented.iter().map(|row| (row.name.clone(), row.kind.clone())).collect();
    assert_eq!(read, types, "what Prometheus reads (left) and docs/observability.md (right)");

    let series = ask(port, "/api/v1/series?match[]={job=\"bursar\"}").await.unwrap();
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in series["data"].as_array().unwrap() {
        let name = text(&one["__name__"]);
        let of = documented.iter().find(|row| row.series().contains(&name));
        let Some(of) = of else {
            assert!(name == "up" || name.starts_with("scrape_"), "{name} is not documented");
            continue;
        };
        let own = one
            .as_object()
            .unwrap()
            .keys()
            .filter(|label| !["__name__", "job", "instance", "le"].contains(&label.as_str()));
        labels.entry(of.name.clone()).or_default().extend(own.cloned());
    }
    for row in &documented {
        let found = labels.get(&row.name).cloned().unwrap_or_default();
        let unknown: Vec<_> = found.difference(&row.labels).collect();
        assert!(unknown.is_empty(), "labels of {} that the docs lack: {unknown:?}", row.name);
        for made_up in ["tenant", "key", "trace"] {
            assert!(found.iter().all(|label| !label.contains(made_up)), "{found:?}");
        }
    }
    let all = series.to_string();
    for id in [&tenant.id, &customer.id, &tenant.operator.key_text] {
        assert!(!all.contains(id.as_str()), "{id} is in a label");
    }
}

/// A row of the docs' tables of metrics: name, type, unit, labels, meaning.
struct Row {
    name: String,
    kind: String,
    labels: BTreeSet<String>,
}

impl Row {
    /// The names that it has in Prometheus's storage.
    fn series(&self) -> Vec<String> {
        match self.kind.as_str() {
            "histogram" => {
                ["_bucket", "_sum", "_count"].map(|end| format!("{}{end}", self.name)).to_vec()
            }
            _ => vec![self.name.clone()],
        }
    }
}

fn documented() -> Vec<Row> {
    let rows = DOCS.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, kind, _unit, labels, _meaning, _] = cells[..] else { return None };
        let name = name.strip_prefix('`')?.strip_suffix('`')?.to_owned();
        ["counter", "gauge", "histogram"].contains(&kind).then(|| Row {
            name,
            kind: kind.to_owned(),
            labels: labels.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        })
    });
    rows.collect()
}

async fn ask(port: u16, path: &str) -> Option<Value> {
    // It takes a moment to listen, and this module's client expects somebody there.
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let path = path.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
    let request = ::http::Request::get(path).header("host", "localhost").body(Vec::new()).unwrap();
    let answer = http::send(port, ::http::Version::HTTP_11, request).await;
    serde_json::from_slice(&answer.body).ok()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A tool of tests/setup, or one on the PATH.
fn tool(name: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache =
        std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    let tools =
        std::env::var_os("BURSAR_TOOLS").map_or_else(|| cache.join("bursar/tools"), PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(tools.join("bin")).chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
