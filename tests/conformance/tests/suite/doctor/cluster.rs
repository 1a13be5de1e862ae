//! Faults of a whole PostgreSQL: each on one that no other test uses.

use super::{Report, commands, doctor};
use bursar::config::with_database;
use bursar::embedded::{Durability, Embedded, EmbeddedConfig};
use bursar_migrations::{Runner, bootstrap, create_database};
use bursar_testkit::{app_password, sql};
use secrecy::{ExposeSecret as _, SecretString};

/// A PostgreSQL of one test's own, stopped with it.
struct Sick {
    server: Embedded,
    url: SecretString,
}

impl Sick {
    /// Starts one with these settings, and Bursar's schema in it.
    async fn start(settings: &[(&str, &str)]) -> Self {
        let mut config = EmbeddedConfig::for_backend(Durability::Memory);
        config.bin_dir = std::env::var_os("BURSAR_PG_BIN").map(Into::into);
        config.settings.extend(settings.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let server = Embedded::start(config, |_| {}).await.unwrap();
        let url = with_database(&server.admin_url(), "bursar");
        create_database(&url).await.unwrap();
        bootstrap(&url, &app_password()).await.unwrap();
        let mut runner = Runner::connect(&url).await.unwrap();
        runner.up(None, &mut |_| {}).await.unwrap();
        runner.close().await;
        Self { server, url }
    }

    async fn examine(&self, arguments: &[&str]) -> Report {
        doctor(&[("BURSAR_OWNER_URL", self.url.expose_secret())], arguments).await
    }

    async fn sql(&self, text: &str) {
        sql(&self.url, text).await;
    }

    /// The doctor's one finding on a subject is of that level; its first command heals it.
    async fn heals(&self, check: &str, level: &str, subject: &str, arguments: &[&str]) {
        let arguments = [&["--check", check], arguments].concat();
        let remedy = self.examine(&arguments).await.remedy(check, level, subject);
        self.sql(commands(&remedy)[0]).await;
        let seen = self.examine(&arguments).await;
        assert!(seen.of(check, subject).is_empty(), "{}", seen.text);
    }
}

#[tokio::test]
async fn what_keeps_dead_rows_and_log() {
    let sick = Sick::start(&[("max_prepared_transactions", "5"), ("wal_level", "logical")]).await;
    sick.sql("BEGIN; SELECT FROM bursar.admin_tenant; PREPARE TRANSACTION 'left''s behind'").await;
    sick.sql("SELECT pg_create_physical_replication_slot('nobody_reads', true)").await;
    let at_once = ["--long-transaction-seconds", "0"];
    sick.heals("transactions", "error", "prepared transaction left's behind", &at_once).await;
    let slot = "replication slot nobody_reads";
    let seen = sick.examine(&["--check", "transactions"]).await;
    let remedy = seen.remedy("transactions", "warning", slot);
    sick.sql(commands(&remedy)[0]).await;
    let seen = sick.examine(&["--check", "transactions"]).await;
    assert!(seen.of("transactions", slot).is_empty(), "{}", seen.text);
    sick.server.stop().await.unwrap();
}

#[tokio::test]
async fn roles_that_may_too_much_or_too_little() {
    let sick = Sick::start(&[]).await;
    sick.sql("ALTER ROLE bursar_app INHERIT CREATEROLE").await;
    sick.heals("roles", "error", "bursar_app", &[]).await;
    sick.sql("GRANT bursar_owner TO bursar_app").await;
    sick.heals("roles", "error", "bursar_app", &[]).await;
    sick.sql("CREATE ROLE report LOGIN BYPASSRLS").await;
    sick.heals("roles", "warning", "report", &[]).await;
    sick.sql("ALTER ROLE bursar_search NOBYPASSRLS").await;
    sick.heals("roles", "warning", "bursar_search", &[]).await;
    sick.sql("REVOKE bursar_jobs FROM bursar_app").await;
    let seen = sick.examine(&["--check", "roles"]).await;
    assert_eq!(seen.remedy("roles", "error", "bursar_app"), "`bursar bootstrap`");
    bootstrap(&sick.url, &app_password()).await.unwrap();
    let seen = sick.examine(&["--check", "roles"]).await;
    assert_eq!((seen.code, seen.level("ok").len()), (0, 1), "{}", seen.text);
    sick.server.stop().await.unwrap();
}

#[tokio::test]
async fn settings_that_lose_or_tell() {
    let sick = Sick::start(&[
        ("log_statement", "all"),
        ("log_min_duration_statement", "0"),
        ("autovacuum", "off"),
        ("max_connections", "25"),
        // Nothing is loaded, whatever the programs have.
        ("shared_preload_libraries", ""),
    ])
    .await;
    for setting in ["log_statement", "log_min_duration_statement", "autovacuum"] {
        let remedy =
            sick.examine(&["--check", "settings"]).await.remedy("settings", "warning", setting);
        for command in commands(&remedy) {
            sick.sql(command).await;
        }
    }
    let seen = sick.examine(&[]).await;
    for setting in ["log_statement", "log_min_duration_statement", "autovacuum"] {
        assert!(seen.of("settings", setting).is_empty(), "{}", seen.text);
    }
    let remedy = seen.remedy("settings", "warning", "fsync");
    assert!(commands(&remedy).contains(&"ALTER SYSTEM SET fsync = on"), "{remedy}");
    let remedy = seen.remedy("statements", "warning", "pg_stat_statements");
    assert!(remedy.contains("CREATE EXTENSION pg_stat_statements"), "{remedy}");
    let pool = [("BURSAR_OWNER_URL", sick.url.expose_secret()), ("BURSAR_MAX_CONNECTIONS", "60")];
    let remedy = doctor(&pool, &["--check", "connection"]).await.remedy(
        "connection",
        "warning",
        "max_connections",
    );
    assert!(remedy.contains("BURSAR_MAX_CONNECTIONS"), "{remedy}");
    sick.server.stop().await.unwrap();
}
