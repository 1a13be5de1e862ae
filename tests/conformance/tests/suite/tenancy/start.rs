//! The server refuses to start where it would be unsafe, and says what to do next without showing a secret.

use bursar::config::{Config, Purpose};
use bursar::serve::{Running, StartError, start};
use bursar_migrations::{Runner, steps};
use bursar_testkit::{Caller, Database, Proxy, app_password, within};
use secrecy::{ExposeSecret as _, SecretString};
use std::ffi::OsString;
use std::time::Duration;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

const PEPPER: &str = "pepper-of-the-tests-pepper-of-the-tests";

/// The configuration of a server on the database that `more` names.
pub(super) fn config(more: &[(&str, &str)]) -> Config {
    let base = [
        ("STORE_BACKEND", "postgres"),
        ("BURSAR_PEPPER", PEPPER),
        ("BURSAR_LISTEN", "127.0.0.1:0"),
        ("BURSAR_OPS_LISTEN", "127.0.0.1:0"),
        ("BURSAR_MAX_CONNECTIONS", "2"),
        ("BURSAR_DRAIN_SECONDS", "0"),
    ];
    let lookup = |name: &str| {
        base.iter()
            .chain(more)
            .find(|(known, _)| *known == name)
            .map(|(_, value)| OsString::from(value))
    };
    Config::from_lookup(Purpose::Serve, &lookup).unwrap()
}

async fn try_start(url: &SecretString) -> Result<Running, StartError> {
    start(&config(&[("DATABASE_URL", url.expose_secret())])).await
}

/// The refusal's text, in which no secret may be.
async fn refused(url: &SecretString) -> String {
    let Err(error) = try_start(url).await else { panic!("the server started") };
    assert!(matches!(error, StartError::Store(_)), "{error:?}");
    for text in [error.to_string(), format!("{error:?}")] {
        let password = url.expose_secret().split([':', '@']).nth(2).unwrap();
        for secret in [password, PEPPER, url.expose_secret()] {
            assert!(!text.contains(secret), "a secret shows: {text}");
        }
    }
    error.to_string()
}

/// The same address with another login, made for one test: roles belong to the whole cluster.
async fn login(database: &Database, attributes: &str) -> (String, SecretString) {
    let name = format!("login_{}", Uuid::now_v7().simple());
    let make = format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'password-of-one-login' {attributes};
         GRANT CONNECT ON DATABASE {} TO {name}",
        database.name
    );
    database.sql(&make).await;
    let url = format!(
        "postgres://{name}:password-of-one-login@127.0.0.1:{}/{}",
        database.port().await,
        database.name
    );
    (name, url.into())
}

async fn drop_login(database: &Database, name: &str) {
    database.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}")).await;
}

#[tokio::test]
async fn a_superuser_is_refused() {
    let database = Database::migrated().await;
    let text = refused(&database.admin_url).await;
    assert!(
        text.contains("superuser")
            && text.contains("use bursar_app, which `bursar bootstrap` makes"),
        "{text}"
    );
}

#[tokio::test]
async fn a_login_that_bypasses_the_walls_is_refused() {
    let database = Database::migrated().await;
    let (name, url) = login(&database, "NOINHERIT BYPASSRLS").await;
    let text = refused(&url).await;
    assert!(
        text.contains(&name) && text.contains("bypasses row-level security; use bursar_app"),
        "{text}"
    );
    drop_login(&database, &name).await;
}

#[tokio::test]
async fn a_login_that_inherits_rights_is_refused() {
    let database = Database::migrated().await;
    let (name, url) = login(&database, "INHERIT").await;
    let text = refused(&url).await;
    assert!(text.contains(&format!("run `ALTER ROLE {name} NOINHERIT`")), "{text}");
    drop_login(&database, &name).await;
}

#[tokio::test]
async fn a_login_that_may_take_no_role_is_refused() {
    let database = Database::migrated().await;
    let (name, url) = login(&database, "NOINHERIT").await;
    let text = refused(&url).await;
    for missing in ["bursar_auth", "bursar_jobs", "app_tenant_00000000000000000000000000000000"] {
        assert!(text.contains(missing), "{text}");
    }
    assert!(
        text.contains("is not a member of") && text.contains("run `bursar bootstrap`"),
        "{text}"
    );
    drop_login(&database, &name).await;
}

#[tokio::test]
async fn a_table_without_walls_is_refused() {
    for (hole, table) in [
        ("ALTER TABLE bursar.ledger_hold NO FORCE ROW LEVEL SECURITY", "ledger_hold"),
        ("ALTER TABLE bursar.ledger_transfer DISABLE ROW LEVEL SECURITY", "ledger_transfer"),
        ("CREATE TABLE bursar.ledger_extra (tenant_id uuid PRIMARY KEY)", "ledger_extra"),
        (
            "CREATE TABLE bursar.ledger_extra (tenant_id uuid PRIMARY KEY);
             ALTER TABLE bursar.ledger_extra ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
            "ledger_extra",
        ),
    ] {
        let database = Database::migrated().await;
        database.sql(hole).await;
        let text = refused(&database.app_url).await;
        assert!(
            text.contains(&format!("without a policy: {table};"))
                && text.contains("`bursar migrate schema`"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_unmigrated_database_is_refused() {
    let database = Database::empty().await;
    let text = refused(&database.app_url).await;
    assert!(text.contains("run `bursar migrate up`"), "{text}");
    let mut runner = Runner::connect(&database.admin_url).await.unwrap();
    runner.up(Some(steps()[1].version), &mut |_| {}).await.unwrap();
    let text = refused(&database.app_url).await;
    assert!(text.contains("run `bursar migrate up`"), "half of it is not enough: {text}");
    runner.up(None, &mut |_| {}).await.unwrap();
    runner.close().await;
    assert!(try_start(&database.app_url).await.is_ok());
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let database = Database::migrated().await;
    let url = database
        .app_url
        .expose_secret()
        .replace(app_password().expose_secret(), "not-the-password");
    let text = refused(&url.into()).await;
    assert!(text.contains("check its user and password (`bursar bootstrap` sets them)"), "{text}");
    let url = database.app_url.expose_secret().replace("bursar_app:", "nobody:");
    let text = refused(&url.into()).await;
    assert!(text.contains("check its user and password"), "{text}");
}

#[tokio::test]
async fn a_missing_database_is_refused() {
    let database = Database::migrated().await;
    let url = database.app_url.expose_secret().replace(&database.name, "no_such_database");
    let text = refused(&url.into()).await;
    assert!(text.contains("does not exist; create it and run `bursar bootstrap`"), "{text}");
}

/// A database that is only away is waited for: the server is there, says so, and takes up work by itself.
#[tokio::test]
async fn a_database_that_does_not_answer_is_waited_for() {
    let database = Database::migrated().await;
    let proxy = Proxy::start(database.port().await).await;
    proxy.cut();
    let running =
        try_start(&database.app_url_at(proxy.port)).await.unwrap_or_else(|error| panic!("{error}"));
    let caller = Caller::new(running.grpc_addr.port(), "");
    let health = async || {
        let mut client = HealthClient::new(caller.channel());
        let request = HealthCheckRequest { service: String::new() };
        client.check(request).await.unwrap().into_inner().status()
    };
    assert_eq!(health().await, ServingStatus::NotServing);
    proxy.mend();
    let limit = Duration::from_secs(10);
    within(limit, "serving", async || health().await == ServingStatus::Serving).await;
    running.stop().await;
}
