//! Faults of what onboarding makes.

use super::{commands, doctor, examine, heal};
use bursar_testkit::{Server, tenant_role};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn a_tenant_without_its_schema() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let schema = format!("tenant_{}", tenant.id.replace('-', ""));
    server.database.sql(&format!("DROP SCHEMA {schema} CASCADE")).await;
    let seen = examine(&server.database, &["--check", "tenants"]).await;
    assert_eq!(seen.code, 1);
    heal(&server.database, &seen.remedy("tenants", "error", &tenant.id)).await;
    let seen = examine(&server.database, &["--check", "tenants"]).await;
    assert_eq!(seen.code, 0, "{}", seen.text);
    let views = format!("SELECT FROM pg_views WHERE schemaname = '{schema}'");
    assert!(!server.database.rows(&views).await.is_empty());
}

#[tokio::test]
async fn a_tenant_without_its_role() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let role = tenant_role(&tenant.id);
    server.database.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    let seen = examine(&server.database, &["--check", "tenants"]).await;
    heal(&server.database, &seen.remedy("tenants", "error", &tenant.id)).await;
    let seen = examine(&server.database, &["--check", "tenants"]).await;
    assert_eq!(seen.code, 0, "{}", seen.text);
    bursar_testkit::new_account(
        &tenant.operator,
        "EUR",
        bursar_proto::ledger::v1::BalanceRule::Unlimited,
    )
    .await;
}

#[tokio::test]
async fn a_tenants_role_that_may_log_in() {
    let server = Server::start().await;
    let role = tenant_role(&server.tenant().await.id);
    server.database.sql(&format!("ALTER ROLE {role} LOGIN")).await;
    let seen = examine(&server.database, &["--check", "roles"]).await;
    heal(&server.database, &seen.remedy("roles", "error", &role)).await;
    let seen = examine(&server.database, &["--check", "roles"]).await;
    assert!(seen.of("roles", &role).is_empty(), "{}", seen.text);
}

/// Managed services give an administrator who is no superuser.
#[tokio::test]
async fn an_administrator_without_superuser_sees_nearly_all() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let database = &server.database;
    let name = format!("dba_{}", tenant.id.replace('-', ""));
    database
        .sql(&format!(
            "CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'geheim-geheim'; GRANT bursar_owner TO {name};
             GRANT CONNECT ON DATABASE {} TO {name}",
            database.name
        ))
        .await;
    let (_, address) = database.admin_url.expose_secret().split_once('@').unwrap();
    let url = format!("postgres://{name}:geheim-geheim@{address}");
    let seen = doctor(&[("BURSAR_OWNER_URL", &url)], &[]).await;
    assert_eq!(seen.code, 0, "{}", seen.text);
    for (check, subject) in [
        ("tenants", "tenants"),
        ("migrations", "migrations"),
        ("versions", concat!("bursar ", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(seen.of(check, subject)[0]["level"], "ok", "{}", seen.text);
    }
    let remedy = seen.remedy("transactions", "skipped", "transactions");
    database.sql(commands(&remedy)[0]).await;
    let seen = doctor(&[("BURSAR_OWNER_URL", &url)], &[]).await;
    assert!(seen.level("skipped").iter().all(|f| f["check"] != "transactions"), "{}", seen.text);
    assert_eq!(seen.of("disk", "log")[0]["level"], "ok", "{}", seen.text);
    database.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}")).await;
}
