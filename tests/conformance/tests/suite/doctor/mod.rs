//! `bursar doctor` finds what a test has broken, names a remedy, and the remedy heals it.

mod cluster;
mod faults;
mod here;
mod tenants;

use bursar_testkit::{Database, Server, app_password, binary};
use secrecy::ExposeSecret as _;
use serde_json::Value;

/// Long enough, and nowhere to be seen.
const PEPPER: &str = "pepper-of-the-tests-pepper-of-the-tests";
/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// What the program said.
struct Report {
    code: i32,
    findings: Vec<Value>,
    text: String,
}

impl Report {
    /// The findings of a check on a subject.
    fn of(&self, check: &str, subject: &str) -> Vec<&Value> {
        let wanted = |f: &&Value| f["check"] == check && f["subject"].as_str().unwrap() == subject;
        self.findings.iter().filter(wanted).collect()
    }

    /// The remedy of the one finding of that level on that subject.
    fn remedy(&self, check: &str, level: &str, subject: &str) -> String {
        let found = self.of(check, subject);
        assert_eq!(found.len(), 1, "{check} {subject}: {}", self.text);
        assert_eq!(found[0]["level"], level, "{}", self.text);
        assert!(!found[0]["finding"].as_str().unwrap().is_empty());
        found[0]["remedy"].as_str().unwrap().to_owned()
    }

    /// Findings of that level.
    fn level(&self, level: &str) -> Vec<&Value> {
        self.findings.iter().filter(|finding| finding["level"] == level).collect()
    }
}

/// Runs the program with these variables and no others.
async fn doctor(variables: &[(&str, &str)], arguments: &[&str]) -> Report {
    let program = tokio::task::spawn_blocking(binary).await.unwrap();
    let output = tokio::process::Command::new(program)
        .args(["doctor", "--output", "json"])
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("STORE_BACKEND", "postgres")
        .env("BURSAR_OPS_LISTEN", "127.0.0.1:9")
        .envs(variables.iter().copied())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    for secret in [PEPPER, app_password().expose_secret(), "geheim"] {
        assert!(!text.contains(secret) && !said.contains(secret), "a secret shows: {text}{said}");
    }
    let findings = serde_json::from_str::<Vec<Value>>(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{said}"));
    Report { code: output.status.code().unwrap(), findings, text }
}

/// The doctor of a database, as its administrator.
async fn examine(database: &Database, arguments: &[&str]) -> Report {
    doctor(&[("BURSAR_OWNER_URL", database.admin_url.expose_secret())], arguments).await
}

/// What stands in backticks.
fn commands(remedy: &str) -> Vec<&str> {
    remedy.split('`').skip(1).step_by(2).collect()
}

/// Runs the SQL of a remedy, one statement at a time.
async fn heal(database: &Database, remedy: &str) {
    let client = database.connect().await;
    if remedy.starts_with("as bursar_owner") {
        client.batch_execute("SET ROLE bursar_owner").await.unwrap();
    }
    for sql in commands(remedy) {
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

/// The control: what is healthy has no error, seen by an administrator and by the service alone.
#[tokio::test]
async fn a_healthy_server_has_no_error() {
    let server = Server::start().await;
    server.tenant().await;
    let (running, database) = (server.running.as_ref().unwrap(), &server.database);
    let (url, ops) = (format!("http://{}", running.grpc_addr), running.ops_addr.to_string());
    let service = [
        ("DATABASE_URL", database.app_url.expose_secret()),
        ("BURSAR_PEPPER", PEPPER),
        ("BURSAR_URL", &url),
        ("BURSAR_OPS_LISTEN", &ops),
    ];
    let seen = doctor(&service, &[]).await;
    assert_eq!((seen.code, seen.level("error").len()), (0, 0), "{}", seen.text);
    let hidden = seen.of("migrations", "migrations");
    assert_eq!(hidden[0]["level"], "skipped", "{}", seen.text);
    assert!(hidden[0]["remedy"].as_str().unwrap().contains("BURSAR_OWNER_URL"));
    assert_eq!(
        seen.of("tenants", "tenants")[0]["level"],
        "ok",
        "it reads the registry as the platform does"
    );

    let owner = ("BURSAR_OWNER_URL", database.admin_url.expose_secret());
    let all = doctor(&[service.as_slice(), &[owner]].concat(), &[]).await;
    assert_eq!((all.code, all.level("error").len()), (0, 0), "{}", all.text);
    for (check, subject) in [
        ("configuration", "environment"),
        ("connection", "DATABASE_URL"),
        ("connection", "BURSAR_OWNER_URL"),
        ("tenants", "tenants"),
        ("rls", "tables"),
        ("migrations", "migrations"),
        ("clock", "clock"),
        ("disk", "sizes"),
        ("tables", "tables"),
        ("server", url.as_str()),
        ("server", &format!("{ops}/readyz")),
    ] {
        assert_eq!(all.of(check, subject)[0]["level"], "ok", "{check}: {}", all.text);
    }
    // What is healthy for a test is far from ready for production.
    let strict = doctor(&[service.as_slice(), &[owner]].concat(), &["--production"]).await;
    assert_eq!(strict.code, 1);
    for (check, level, subject, remedy) in [
        ("environment", "error", "BURSAR_ENV", "BURSAR_ENV"),
        ("pepper", "warning", "BURSAR_PEPPER", "BURSAR_PEPPER_FILE"),
        ("durability", "error", "fsync", "`ALTER SYSTEM SET fsync = on`"),
        ("tls-database", "error", "DATABASE_URL", "sslmode=verify-full"),
        ("tls-callers", "error", "BURSAR_LISTEN", "--behind-proxy"),
        ("backups", "error", "archive_mode", "`ALTER SYSTEM SET archive_mode = on`"),
        ("rate-limits", "warning", "requests_per_second", "`bursar tenant update"),
        ("replicas", "warning", "servers", "two servers or more"),
        ("log-form", "warning", "BURSAR_LOG", "BURSAR_LOG=json"),
    ] {
        let told = strict.remedy(check, level, subject);
        assert!(told.contains(remedy), "{check}: {told}");
    }
    let stated = ["--production", "--check", "backups", "--backups", "snapshots"];
    assert_eq!(doctor(&[owner], &stated).await.code, 0);
}
