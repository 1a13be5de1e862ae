//! Faults of one database.

use super::{commands, doctor, examine, heal};
use bursar_migrations::{Runner, steps};
use bursar_testkit::{Database, app_password, binary};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn a_wrong_password() {
    let database = Database::migrated().await;
    let right = database.app_url.expose_secret();
    let wrong = right.replace(app_password().expose_secret(), "geheim-and-wrong");
    let seen = doctor(&[("DATABASE_URL", &wrong)], &["--check", "connection"]).await;
    let remedy = seen.remedy("connection", "error", "DATABASE_URL");
    assert!(remedy.contains("`bursar bootstrap` sets the password"), "{remedy}");
    assert_eq!(seen.code, 1, "the database was reached");
    let name = right.replace(&database.name, "no_such_database");
    let seen = doctor(&[("DATABASE_URL", &name)], &[]).await;
    let remedy = seen.remedy("connection", "error", "DATABASE_URL");
    assert!(remedy.contains("`createdb`"), "{remedy}");
    assert_eq!(seen.of("rls", "database")[0]["level"], "skipped", "there is nothing to look at");
}

#[tokio::test]
async fn migrations_that_are_pending() {
    let database = Database::empty().await;
    let mut runner = Runner::connect(&database.admin_url).await.unwrap();
    runner.up(Some(steps()[1].version), &mut |_| {}).await.unwrap();
    runner.close().await;
    let seen = examine(&database, &[]).await;
    let subject = format!("{} {}", steps()[2].version, steps()[2].name);
    let remedy = seen.remedy("migrations", "error", &subject);
    assert!(commands(&remedy).contains(&"bursar migrate up"), "{remedy}");
    let program = tokio::task::spawn_blocking(binary).await.unwrap();
    let done = tokio::process::Command::new(program)
        .args(["migrate", "up"])
        .env("BURSAR_OWNER_URL", database.admin_url.expose_secret())
        .output()
        .await
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let seen = examine(&database, &["--check", "migrations", "--check", "versions"]).await;
    assert_eq!(seen.code, 0, "{}", seen.text);
}

#[tokio::test]
async fn a_database_with_nothing_in_it() {
    let database = Database::bare().await;
    let seen = examine(&database, &[]).await;
    let program = format!("bursar {}", env!("CARGO_PKG_VERSION"));
    let remedy = seen.remedy("versions", "error", &program);
    assert!(remedy.contains("`bursar migrate up`"), "{remedy}");
    assert_eq!(seen.code, 1);
}

#[tokio::test]
async fn row_level_security_that_is_not_forced_or_off() {
    let database = Database::migrated().await;
    database.sql("ALTER TABLE bursar.ledger_hold NO FORCE ROW LEVEL SECURITY").await;
    database.sql("ALTER TABLE bursar.ledger_account DISABLE ROW LEVEL SECURITY").await;
    let seen = examine(&database, &["--check", "rls"]).await;
    assert_eq!(seen.code, 1);
    for table in ["ledger_hold", "ledger_account"] {
        heal(&database, &seen.remedy("rls", "error", table)).await;
    }
    assert_eq!(examine(&database, &["--check", "rls"]).await.code, 0);
}

#[tokio::test]
async fn a_policy_that_was_dropped_and_one_that_is_open() {
    let database = Database::migrated().await;
    database.sql("DROP POLICY tenant_own ON bursar.audit_event").await;
    database.sql("CREATE POLICY helpful ON bursar.ref_asset USING (true)").await;
    let seen = examine(&database, &["--check", "rls"]).await;
    let remedy = seen.remedy("rls", "error", "audit_event");
    assert!(remedy.contains("`bursar migrate diff`"), "{remedy}");
    let remedy = seen.remedy("rls", "error", "ref_asset");
    heal(&database, &remedy).await;
    let seen = examine(&database, &["--check", "rls"]).await;
    assert!(seen.of("rls", "ref_asset").is_empty(), "{}", seen.text);
    // The service's login sees it too.
    let own = [("DATABASE_URL", database.app_url.expose_secret())];
    assert_eq!(doctor(&own, &["--check", "rls"]).await.level("error").len(), 1);
}

#[tokio::test]
async fn an_index_that_was_dropped() {
    let database = Database::migrated().await;
    database.sql("DROP INDEX bursar.ledger_account_asset").await;
    let arguments = ["--check", "migrations"];
    let seen = examine(&database, &arguments).await;
    assert_eq!((seen.code, seen.level("warning").len()), (0, 1), "{}", seen.text);
    let found = seen.level("warning")[0];
    assert!(found["subject"].as_str().unwrap().contains("ledger_account_asset"), "{found}");
    let remedy = found["remedy"].as_str().unwrap();
    let (_, sql) = remedy.split_once("as bursar_owner: ").unwrap();
    let (sql, _) = sql.split_once(';').unwrap();
    database.sql(sql).await;
    let seen = examine(&database, &arguments).await;
    assert!(seen.level("warning").is_empty(), "{}", seen.text);
    assert_eq!(seen.of("migrations", "drift")[0]["level"], "ok");
}

#[tokio::test]
async fn an_invalid_index() {
    let database = Database::migrated().await;
    database
        .sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bursar.ledger_transfer_time'::regclass")
        .await;
    let seen = examine(&database, &["--check", "tables"]).await;
    heal(&database, &seen.remedy("tables", "error", "ledger_transfer_time")).await;
    assert_eq!(examine(&database, &["--check", "tables"]).await.code, 0);
}

#[tokio::test]
async fn a_transaction_that_somebody_left_open() {
    let database = Database::migrated().await;
    let idle = database.connect().await;
    let pid: i32 = idle.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    idle.batch_execute("BEGIN; SELECT FROM bursar.admin_tenant").await.unwrap();
    let arguments = ["--check", "transactions", "--long-transaction-seconds", "0"];
    let seen = examine(&database, &arguments).await;
    let remedy = seen.remedy("transactions", "error", &format!("process {pid}"));
    assert_eq!(commands(&remedy)[0], format!("SELECT pg_terminate_backend({pid})"));
    // Only that one: the rest is advice about the login.
    database.sql(commands(&remedy)[0]).await;
    let seen = examine(&database, &arguments).await;
    assert!(seen.of("transactions", &format!("process {pid}")).is_empty(), "{}", seen.text);
    // The service's login does not see it, and says so.
    let own = [("DATABASE_URL", database.app_url.expose_secret())];
    let seen = doctor(&own, &arguments).await;
    assert!(seen.remedy("transactions", "skipped", "transactions").contains("BURSAR_OWNER_URL"));
}

#[tokio::test]
async fn a_large_table_read_from_end_to_end() {
    let database = Database::migrated().await;
    database
        .sql(
            "CREATE TABLE bursar.ledger_extra (id bigint PRIMARY KEY, note text);
             INSERT INTO bursar.ledger_extra SELECT n, 'x' FROM generate_series(1, 20000) n",
        )
        .await;
    database
        .sql("DO $$ BEGIN FOR i IN 1..60 LOOP PERFORM count(*) FROM bursar.ledger_extra WHERE note = 'y'; END LOOP; END $$")
        .await;
    let seen = examine(&database, &["--check", "tables"]).await;
    let remedy = seen.remedy("tables", "warning", "ledger_extra");
    assert_eq!(commands(&remedy)[0], "ANALYZE bursar.ledger_extra");
}

#[tokio::test]
async fn statements_that_nobody_counts_and_one_without_an_index() {
    let database = Database::migrated().await;
    let arguments = ["--check", "statements"];
    let remedy =
        examine(&database, &arguments).await.remedy("statements", "warning", "pg_stat_statements");
    if database
        .rows("SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'")
        .await
        .is_empty()
    {
        assert!(remedy.contains("contrib"), "{remedy}");
        return;
    }
    heal(&database, &remedy).await;
    // A page for each row, and a look-up that reads all of them.
    database
        .sql(
            "CREATE TABLE bursar.ledger_extra (id bigint, filler text);
             ALTER TABLE bursar.ledger_extra ALTER filler SET STORAGE PLAIN;
             INSERT INTO bursar.ledger_extra SELECT n, repeat('x', 6000) FROM generate_series(1, 10500) n",
        )
        .await;
    let client = database.connect().await;
    let lookup = client.prepare("SELECT id FROM bursar.ledger_extra WHERE id = $1").await.unwrap();
    for id in 0..12_i64 {
        client.query(&lookup, &[&id]).await.unwrap();
    }
    let seen = examine(&database, &arguments).await;
    assert_eq!(seen.of("statements", "pg_stat_statements")[0]["level"], "ok", "{}", seen.text);
    let text = "SELECT id FROM bursar.ledger_extra WHERE id = $1";
    let remedy = seen.remedy("statements", "warning", text);
    assert!(remedy.contains("`bursar migrate diff`"), "{remedy}");
}
