//! SIGHUP under load: a new password, another address, a configuration that is wrong. No call fails for it.

use std::path::PathBuf;
use std::time::Duration;

use bursar_testkit::{Database, PEPPER, Process, Proxy, plant, platform_key};
use nix::sys::signal::Signal;
use secrecy::ExposeSecret as _;

use crate::bank::{Answer, Bank, Told};
use crate::kill_nine::bank_of;
use crate::process;
use crate::settle::settle;
use crate::watch::until;

const CLIENTS: usize = 8;
const SOON: Duration = Duration::from_secs(10);

/// A server on a database of the tests, with a login of its own whose password may change.
struct Site {
    database: Database,
    login: String,
    dir: tempfile::TempDir,
    process: Process,
    bank: Bank,
}

impl Site {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = Database::migrated().await;
        // Bursar's own login is shared by all tests of this process.
        let login = format!("login_of_{}", database.name);
        database
            .sql(&format!(
                "CREATE ROLE {login} LOGIN NOINHERIT PASSWORD 'geheim-one'; GRANT bursar_app TO {login};
                 GRANT CONNECT ON DATABASE {} TO {login}",
                database.name
            ))
            .await;
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (config, url) = (file("bursar.toml"), file("database_url"));
        std::fs::write(
            &config,
            format!("DATABASE_URL_FILE = '{url}'\nBURSAR_MAX_CONNECTIONS = 4\n"),
        )
        .unwrap();
        let port = database.port().await;
        std::fs::write(&url, address(&login, "geheim-one", port, &database.name)).unwrap();
        let key = platform_key(&database).await;
        let base =
            [("BURSAR_CONFIG", config.as_str()), ("BURSAR_PEPPER", PEPPER), ("BURSAR_ENV", "test")];
        let process = process::start_on(&[&base, settings].concat()).await;
        let bank = bank_of(&process.caller(key.expose_secret())).await;
        Self { database, login, dir, process, bank }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes the address's file, as an operator would: whole or not at all.
    fn point_to(&self, password: &str, port: u16) {
        let next = self.file("next");
        std::fs::write(&next, address(&self.login, password, port, &self.database.name)).unwrap();
        std::fs::rename(next, self.file("database_url")).unwrap();
    }

    /// Sends SIGHUP and waits for the log to tell of it.
    async fn hang_up(&self, says: &str) {
        let before = self.process.log().matches(says).count();
        self.process.signal(Signal::SIGHUP);
        until(says, SOON, async || self.process.log().matches(says).count() > before).await;
    }

    /// How many connections the server has.
    async fn connections(&self) -> i64 {
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", self.login);
        self.database.rows(&sql).await[0].get(0)
    }
}

fn address(login: &str, password: &str, port: u16, database: &str) -> String {
    plant(password);
    format!("postgres://{login}:{password}@127.0.0.1:{port}/{database}\n")
}

fn all_posted(told: &[Told]) {
    let other: Vec<_> =
        told.iter().filter(|one| !matches!(one.answer, Answer::Posted(_))).collect();
    assert!(other.is_empty(), "{} of {} failed: {other:?}", other.len(), told.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_changes_under_load() {
    let site = Site::start().await;
    let port = site.database.port().await;
    let load = site.bank.load(CLIENTS);
    load.posts(50).await;
    for (round, password) in ["geheim-two", "geheim-three", "geheim-four"].iter().enumerate() {
        site.database.sql(&format!("ALTER ROLE {} PASSWORD '{password}'", site.login)).await;
        load.posts(20).await;
        site.point_to(password, port);
        site.hang_up("the configuration was read again").await;
        load.posts(50).await;
        // The old pool ends with its last call: the new one's connections and the probe's are left.
        until("the old connections are gone", SOON, async || site.connections().await <= 5).await;
        let applied = site.process.log().matches("\"applied\":\"DATABASE_URL\"").count();
        assert_eq!(applied, round + 1, "{}", site.process.log());
    }
    let told = load.stop().await;
    all_posted(&told);
    settle(&site.bank, &told).await;
    let log = site.process.log();
    assert!(!log.contains("geheim"), "the log holds a password: {log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_address_takes_over_under_load() {
    let site = Site::start().await;
    let proxy = Proxy::start(site.database.port().await).await;
    let load = site.bank.load(CLIENTS);
    load.posts(30).await;
    site.point_to("geheim-one", proxy.port);
    site.hang_up("the configuration was read again").await;
    load.posts(30).await;
    until("the old connections are gone", SOON, async || site.connections().await <= 5).await;
    all_posted(&load.stop().await);
    // It really goes through the other address now.
    proxy.cut();
    let bank = &site.bank;
    let transfer = bank.any_transfer(&crate::random::Random::new());
    let told = bank.post(transfer).await;
    assert!(!matches!(told.answer, Answer::Posted(_)), "{told:?}");
    proxy.mend();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_configuration_changes_nothing() {
    let site = Site::start().await;
    let port = site.database.port().await;
    let load = site.bank.load(2);
    load.posts(10).await;
    site.point_to("geheim-wrong", port);
    site.hang_up("the new database cannot be served with: PostgreSQL refused the login").await;
    load.posts(10).await;
    // An administrator's login would go round the walls of the tenants.
    std::fs::write(site.file("database_url"), site.database.admin_url.expose_secret()).unwrap();
    site.hang_up("which is a superuser or bypasses row-level security").await;
    load.posts(10).await;
    std::fs::write(site.file("database_url"), "postgres://geheim").unwrap();
    site.hang_up("DATABASE_URL: names no user").await;
    site.point_to("geheim-one", port);
    let file = site.file("database_url");
    let text = format!(
        "DATABASE_URL_FILE = '{}'\nBURSAR_MAX_CONNECTIONS = 0\nBURSAR_ENV = 'x!'",
        file.display()
    );
    std::fs::write(site.file("bursar.toml"), text).unwrap();
    site.hang_up("BURSAR_MAX_CONNECTIONS: '0' cannot be used").await;
    load.posts(10).await;
    // What cannot be changed while it runs says so, each time.
    let text = format!(
        "DATABASE_URL_FILE = '{}'\nBURSAR_MAX_CONNECTIONS = 3\nBURSAR_REQUEST_ID_DAYS = 31",
        file.display()
    );
    std::fs::write(site.file("bursar.toml"), text).unwrap();
    site.hang_up("takes effect at the next start").await;
    load.posts(10).await;
    site.hang_up("takes effect at the next start").await;
    let log = site.process.log();
    assert_eq!(log.matches("\"variables\":\"BURSAR_REQUEST_ID_DAYS\"").count(), 2, "{log}");
    assert!(log.contains("\"applied\":\"BURSAR_MAX_CONNECTIONS\""), "{log}");
    all_posted(&load.stop().await);
    assert!(!log.contains("geheim"), "the log holds a password: {log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_level_of_the_log_changes() {
    // The environment would win over the file.
    let site = Site::start_with(&[("RUST_LOG", "")]).await;
    let statements = || site.process.log().matches("\"message\":\"statement\"").count();
    let config = site.file("bursar.toml");
    let base = std::fs::read_to_string(&config).unwrap();
    let log = async |level: &str| {
        std::fs::write(&config, format!("{base}RUST_LOG = '{level}'\n")).unwrap();
        site.hang_up("\"applied\":\"RUST_LOG\"").await;
        let before = statements();
        let transfer = site.bank.any_transfer(&crate::random::Random::new());
        let told = site.bank.post(transfer).await;
        assert!(matches!(told.answer, Answer::Posted(_)), "{told:?}");
        before
    };
    assert_eq!(statements(), 0, "at info no statement is told of");
    let before = log("info,bursar=debug").await;
    until("statements are told of", SOON, async || statements() > before).await;
    log("info").await;
    let quiet = statements();
    let transfer = site.bank.any_transfer(&crate::random::Random::new());
    assert!(matches!(site.bank.post(transfer).await.answer, Answer::Posted(_)));
    assert_eq!(statements(), quiet, "and not any more");
}
