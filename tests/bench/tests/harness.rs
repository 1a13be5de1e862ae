//! The bench itself, end to end at its smallest: a durable PostgreSQL, a server, load, reports, and nothing left.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

#[test]
fn it_measures_and_reports_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("out");
    // On disk also where the folder for temporary files is in memory, and reachable for the user of PostgreSQL.
    let reachable = std::fs::Permissions::from_mode(0o755);
    let data = tempfile::Builder::new().permissions(reachable).tempdir_in("/var/tmp");
    let data = data.expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.args(["--quick", "--no-baseline", "--seconds", "1", "--accounts", "400"]);
    command.args(["--only", "unary_c8,open_uniform,start"]);
    command.arg("--server").arg(bursar_testkit::binary());
    command.arg("--output").arg(&output).arg("--data").arg(data.path());
    let done = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stdout));

    let report = std::fs::read_to_string(output.join("report.json")).expect("a report");
    let report: Vec<Value> = serde_json::from_str(&report).expect("JSON");
    let names: Vec<&str> = report.iter().filter_map(|row| row["name"].as_str()).collect();
    // The uniform load comes along, because others are compared with it.
    let wanted = ["unary_c8", "unary_uniform_c64", "open_uniform", "start"];
    assert_eq!(names, wanted);
    for row in &report {
        assert!(row["value"].as_f64().is_some_and(|value| value > 0.0), "{row}");
        assert_eq!(row["p99_us"].is_null(), row["unit"] == "ms", "{row}");
    }
    assert!(report[0]["ratio"].is_null(), "it has no baseline here: {}", report[0]);
    assert!(report[2]["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{}", report[2]);

    let page = std::fs::read_to_string(output.join("report.md")).expect("a page");
    for told in ["fsync on", "synchronous_commit on", "| unary_c8 ", "Seed 42"] {
        assert!(page.contains(told), "no {told}: {page}");
    }
    for plot in ["callers.svg", "latency.svg"] {
        assert!(output.join(plot).exists(), "no {plot}");
    }
    assert_eq!(std::fs::read_dir(data.path()).expect("a folder").count(), 0, "data is left");
}
