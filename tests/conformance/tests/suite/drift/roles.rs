//! Roles belong to a whole cluster, so these tests have one of their own.

use std::path::PathBuf;

use bursar::embedded::{Durability, Embedded, EmbeddedConfig};
use bursar_migrations::{Runner, bootstrap, create_database};
use bursar_testkit::{app_password, sql};
use secrecy::{ExposeSecret as _, SecretString};

use super::told;

struct Cluster(Embedded);

impl Cluster {
    async fn start() -> Self {
        let mut config = EmbeddedConfig::for_backend(Durability::Memory);
        config.bin_dir = std::env::var_os("BURSAR_PG_BIN").map(PathBuf::from);
        let server = Embedded::start(config, |_| {}).await.unwrap();
        server.watch_parent().unwrap();
        Self(server)
    }

    /// The address of its database `bursar` for that login.
    fn url(&self, login: &str) -> SecretString {
        let admin = self.0.admin_url();
        let (_, address) = admin.expose_secret().rsplit_once('@').unwrap();
        let (address, _) = address.split_once('/').unwrap();
        format!("postgres://{login}@{address}/bursar").into()
    }

    fn admin(&self) -> SecretString {
        let admin = self.0.admin_url();
        format!("{}/bursar", admin.expose_secret().rsplit_once('/').unwrap().0).into()
    }
}

async fn make(admin: &SecretString) {
    bootstrap(admin, &app_password()).await.unwrap();
    let mut runner = Runner::connect(admin).await.unwrap();
    runner.up(None, &mut |_| {}).await.unwrap();
    runner.close().await;
}

#[tokio::test]
async fn their_attributes_settings_and_memberships() {
    let cluster = Cluster::start().await;
    let admin = cluster.admin();
    create_database(&admin).await.unwrap();
    make(&admin).await;
    assert_eq!(told(&admin).await, [""; 0]);
    sql(
        &admin,
        "CREATE ROLE reporting LOGIN;
         ALTER ROLE bursar_app INHERIT CREATEROLE;
         ALTER ROLE bursar_jobs BYPASSRLS;
         ALTER ROLE bursar_app SET plan_cache_mode = auto;
         ALTER ROLE bursar_app RESET idle_in_transaction_session_timeout;
         ALTER ROLE bursar_app IN DATABASE bursar SET search_path = public;
         REVOKE bursar_jobs FROM bursar_app;
         GRANT bursar_owner TO bursar_app;
         GRANT bursar_tenant TO reporting;
         GRANT pg_write_all_data TO bursar_tenant",
    )
    .await;
    let faults = [
        "membership bursar_app of bursar_jobs: missing",
        "membership bursar_app of bursar_owner: unexpected",
        "membership bursar_tenant of pg_write_all_data: unexpected",
        "membership reporting of bursar_tenant: unexpected",
        "role bursar_app: changed",
        "role bursar_jobs: changed",
        "role setting idle_in_transaction_session_timeout of bursar_app: missing",
        "role setting plan_cache_mode of bursar_app: changed",
        "role setting search_path of bursar_app in database bursar: unexpected",
    ];
    let mut found = told(&admin).await;
    found.sort();
    assert_eq!(found, faults);

    // What was added stays until somebody takes it away; bootstrap sets the rest right, as the remedies say.
    sql(
        &admin,
        "ALTER ROLE bursar_jobs NOBYPASSRLS;
         ALTER ROLE bursar_app IN DATABASE bursar RESET ALL;
         REVOKE bursar_owner FROM bursar_app; REVOKE bursar_tenant FROM reporting;
         REVOKE pg_write_all_data FROM bursar_tenant",
    )
    .await;
    bootstrap(&admin, &app_password()).await.unwrap();
    assert_eq!(told(&admin).await, [""; 0]);
    sql(&admin, "ALTER ROLE bursar_search RENAME TO finder").await;
    let found = told(&admin).await;
    assert!(found.contains(&"role bursar_search: missing".to_owned()), "{found:?}");
    assert!(found.contains(&"grant USAGE on schema bursar to finder: unexpected".to_owned()));
    cluster.0.stop().await.unwrap();
}

/// As on a hosted PostgreSQL, where nobody is a superuser: all that bootstrap could do there is all that is expected.
#[tokio::test]
async fn an_administrator_without_superuser_has_none_either() {
    let cluster = Cluster::start().await;
    let superuser = cluster.0.admin_url();
    sql(&superuser, "CREATE ROLE dba LOGIN CREATEROLE PASSWORD 'password-of-the-dba'").await;
    sql(&superuser, "CREATE DATABASE bursar OWNER dba").await;
    let dba = cluster.url("dba:password-of-the-dba");
    make(&dba).await;
    assert_eq!(told(&dba).await, [""; 0]);
    assert_eq!(told(&cluster.admin()).await, [""; 0]);
    cluster.0.stop().await.unwrap();
}
