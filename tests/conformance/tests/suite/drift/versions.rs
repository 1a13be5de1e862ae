//! A database at another version, and the other subcommands that an operator reviews and applies migrations with.

use bursar_migrations::{Runner, steps};
use bursar_testkit::Database;
use serde_json::{Value, json};

use super::{bursar, text, told};

async fn at(version: i64) -> Database {
    let database = Database::empty().await;
    let mut runner = Runner::connect(&database.admin_url).await.unwrap();
    runner.up(Some(version), &mut |_| {}).await.unwrap();
    runner.close().await;
    database
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[tokio::test]
async fn pending_migrations_are_told_alone() {
    let [.., before, last] = steps() else { panic!("two migrations") };
    let database = at(before.version).await;
    database.sql("DROP INDEX bursar.admin_tenant_created").await;
    let name = format!("migration {} {}: missing", last.version, last.name);
    assert_eq!(told(&database.admin_url).await, [name.as_str()]);
    let output = bursar(&database.admin_url, &["migrate", "diff"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stdout).contains("run `bursar migrate up`"), "{output:?}");
    let output = bursar(&database.admin_url, &["migrate", "up"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(told(&database.admin_url).await, ["index bursar.admin_tenant_created: missing"]);
}

#[tokio::test]
async fn other_migrations_than_this_programs_are_told() {
    let database = Database::migrated().await;
    let version = steps()[0].version;
    database
        .sql(&format!("UPDATE migration.applied SET checksum = 'other' WHERE version = {version}"))
        .await;
    let changed = format!("migration {version} {}: changed", steps()[0].name);
    assert_eq!(told(&database.admin_url).await, [changed.as_str()]);
    database
        .sql(
            "INSERT INTO migration.applied (version, description, installed_on, success, checksum, execution_time)
             VALUES (20990101000000, 'future', now(), true, 'x', 1)",
        )
        .await;
    assert_eq!(
        told(&database.admin_url).await,
        [changed.as_str(), "migration 20990101000000 future: unexpected"]
    );
}

#[tokio::test]
async fn a_database_without_bursar_says_what_to_run() {
    let database = Database::bare().await;
    // The roles are the cluster's, so what is missing here is all of the schema.
    let output = bursar(&database.admin_url, &["migrate", "diff", "--output", "json"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let rows = parsed(&output.stdout);
    assert_eq!(rows.as_array().map(Vec::len), Some(steps().len()));
    assert_eq!(rows[0]["remedy"], "run `bursar migrate up`");
}

#[tokio::test]
async fn dry_runs_print_each_step_and_change_nothing() {
    let [.., before, last] = steps() else { panic!("two migrations") };
    let database = at(before.version).await;
    let heading = |step: &bursar_migrations::Step| {
        format!("-- {} {}: {}\n", step.version, step.name, step.message())
    };
    let up = bursar(&database.admin_url, &["migrate", "up", "--dry-run"]).await;
    assert_eq!(text(&up.stdout), format!("{}{}", heading(last), last.up));
    let down = bursar(&database.admin_url, &["migrate", "down", "--to", "0", "--dry-run"]).await;
    assert!(down.status.success(), "it asks nobody: {down:?}");
    let shown = text(&down.stdout);
    let places: Vec<_> = steps().iter().map(|step| shown.find(&heading(step))).collect();
    assert!(places[..places.len() - 1].is_sorted_by(|a, b| a > b), "newest first: {places:?}");
    assert_eq!(places.last(), Some(&None), "what is not applied is not reverted");

    let version = steps()[0].version.to_string();
    let down = ["migrate", "down", "--to", &version, "--dry-run", "--output", "json"];
    let planned = parsed(&bursar(&database.admin_url, &down).await.stdout);
    assert_eq!(planned["steps"][0]["version"], before.version);
    assert_eq!(planned["steps"][0]["message"], before.message());
    assert!(planned["steps"][0]["sql"].as_str().unwrap().ends_with(before.down));

    let status = bursar(&database.admin_url, &["migrate", "status", "--output", "json"]).await;
    let status = parsed(&status.stdout);
    let rows = status.as_array().unwrap();
    let pending: Vec<_> = rows.iter().filter(|row| row["state"] == "pending").collect();
    assert_eq!(pending.len(), 1, "nothing was run");
    assert_eq!(pending[0]["message"], last.message());

    let up = ["migrate", "up", "--to", &last.version.to_string(), "--output", "json"];
    let applied = parsed(&bursar(&database.admin_url, &up).await.stdout);
    assert_eq!(applied, json!({"applied": [last.version]}));
    let down = ["migrate", "down", "--to", "0", "--yes", "--output", "json"];
    let reverted = parsed(&bursar(&database.admin_url, &down).await.stdout);
    assert_eq!(reverted["reverted"].as_array().map(Vec::len), Some(steps().len()));
}

#[tokio::test]
async fn new_writes_a_pair_of_files_and_never_an_older_one() {
    let nowhere = "postgres://nobody@127.0.0.1:1/none".into();
    let checkout = tempfile::tempdir().unwrap();
    let folder = checkout.path().join("migrations/sql");
    std::fs::create_dir_all(&folder).unwrap();
    let dir = folder.to_str().unwrap();
    let new = async |message: &str| {
        bursar(&nowhere, &["migrate", "new", message, "--dir", dir, "--output", "json"]).await
    };
    let output = new("Add escrow positions").await;
    assert!(output.status.success(), "{output:?}");
    let made = parsed(&output.stdout);
    assert_eq!(made["name"], "add_escrow_positions");
    for way in ["up", "down"] {
        let path = made[way].as_str().unwrap();
        let version = made["version"].as_i64().unwrap();
        assert!(path.ends_with(&format!("{version}_add_escrow_positions.{way}.sql")), "{path}");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.lines().next().unwrap().contains("Add escrow positions"), "{text}");
        // It does nothing until it is written, so it can be run as it is.
        assert!(text.lines().all(|line| line.is_empty() || line.starts_with("--")), "{text}");
    }
    let up = std::fs::read_to_string(made["up"].as_str().unwrap()).unwrap();
    assert!(up.starts_with("-- Add escrow positions\n") && up.contains("FORCE ROW LEVEL SECURITY"));

    std::fs::write(folder.join("20990101000000_later.up.sql"), "").unwrap();
    for (message, told) in [
        ("Another one", "not newer than 20990101000000"),
        (" -- ", "makes no name"),
        (&"long ".repeat(30), "makes no name"),
    ] {
        let output = new(message).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(told), "{output:?}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3, "refused ones write nothing");
}
