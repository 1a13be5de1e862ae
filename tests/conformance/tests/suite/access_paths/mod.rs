//! Every listed access path uses its index (D11): each statement of the store is explained as the service runs it, with a
//! generic plan, by the service's login in the role it takes, never by the owner.

mod expected;
mod expected_escrow;
mod expected_trading;
mod plan;
mod searches;

use bursar_store::statements;
use bursar_testkit::{Server, TestTenant};
use expected::{EXEMPT, EXPECTED, Expected, Role};
use expected_escrow::ESCROW;
use expected_trading::TRADING;
use plan::{Plan, Scan};
use serde_json::Value;
use tokio_postgres::Client;

/// What is expected, of all domains.
fn every() -> impl Iterator<Item = &'static Expected> {
    EXPECTED.iter().chain(ESCROW).chain(TRADING)
}

const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// A database with two tenants of believable volume, of which PostgreSQL has not made statistics.
async fn unknown() -> (Server, TestTenant) {
    let server = Server::start().await;
    let (tenant, other) = (server.tenant().await, server.tenant().await);
    for tenant in [&tenant, &other] {
        server.database.sql(&include_str!("fill.sql").replace("TENANT", &tenant.id)).await;
    }
    (server, tenant)
}

/// The same with statistics.
async fn filled() -> (Server, TestTenant) {
    let (server, tenant) = unknown().await;
    // Index-only scans need the visibility map, the planner its statistics.
    server.database.sql("VACUUM ANALYZE").await;
    (server, tenant)
}

/// Explains a statement in a role; all parameters are NULL, which a generic plan does not look at.
async fn explain(client: &Client, role: Role, tenant: &str, sql: &str) -> Value {
    let (role, tenant) = match role {
        Role::Tenant => (format!("app_tenant_{}", tenant.replace('-', "")), tenant),
        Role::Platform => (format!("app_tenant_{}", NIL.replace('-', "")), NIL),
        Role::Jobs => ("bursar_jobs".to_owned(), ""),
        Role::Auth => ("bursar_auth".to_owned(), ""),
    };
    let enter = format!("BEGIN; SET LOCAL ROLE {role}; SET LOCAL app.tenant_id = '{tenant}'");
    client.batch_execute(&enter).await.unwrap();
    client.batch_execute(&format!("PREPARE explained AS {sql}")).await.unwrap();
    let count =
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'explained'";
    let parameters: i32 = client.query_one(count, &[]).await.unwrap().get(0);
    let nulls = vec!["NULL"; usize::try_from(parameters).unwrap()].join(", ");
    let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let answer = client
        .query_one(&format!("EXPLAIN (FORMAT JSON) EXECUTE explained{nulls}"), &[])
        .await
        .unwrap();
    client.batch_execute("ROLLBACK; DEALLOCATE explained").await.unwrap();
    answer.get(0)
}

/// What is wrong with a plan.
fn faults(expected: &Expected, plan: Plan<'_>) -> Vec<String> {
    let fits = |scan: &Scan, (index, columns): (&str, &str)| {
        index.split('|').any(|index| index == scan.name) && scan.narrows_by(columns)
    };
    let scans = plan.scans();
    let mut faults = Vec::new();
    // By its place in the table is as near as it gets; how the place was found is another scan.
    for scan in scans.iter().filter(|scan| scan.kind != "Tid Scan") {
        let known =
            ["Index Scan", "Index Only Scan", "Bitmap Index Scan"].contains(&scan.kind.as_str());
        if !known || !expected.scans.iter().any(|wanted| fits(scan, *wanted)) {
            faults.push(format!("{} of {} by {:?}", scan.kind, scan.name, scan.condition));
        }
    }
    for wanted in expected.scans {
        if !scans.iter().any(|scan| fits(scan, *wanted)) {
            faults.push(format!("no scan of {} by {}", wanted.0, wanted.1));
        }
    }
    if expected.may_sort.is_none() && plan.unbounded_sorts() > 0 {
        faults.push("a sort of all that was found".to_owned());
    }
    faults
}

/// What is wrong with the plans of the statements, by their names.
async fn wrong(server: &Server, tenant: &TestTenant) -> Vec<(&'static str, String)> {
    let client = server.database.connect_app().await;
    // The login's own setting, not this test's: the service is what runs with generic plans.
    let mode: String = client.query_one("SHOW plan_cache_mode", &[]).await.unwrap().get(0);
    assert_eq!(mode, "force_generic_plan");
    let mut wrong = Vec::new();
    for (name, sql) in statements() {
        let Some(expected) = every().find(|expected| expected.name == name) else {
            continue;
        };
        let answer = explain(&client, expected.role, &tenant.id, sql).await;
        for fault in faults(expected, Plan::of(&answer)) {
            wrong.push((name, fault));
        }
    }
    wrong
}

#[tokio::test]
async fn every_statement_uses_its_index() {
    let (server, tenant) = filled().await;
    let wrong = wrong(&server, &tenant).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Plans that wait for statistics, which PostgreSQL makes within a minute of the first fifty rows: lists of what there is
/// little of, sorted or read by the key until then; on PostgreSQL 15 also the scales of some assets, and the page that a
/// search for positions found.
const MAY_WAIT: &[&str] = &[
    "account_list",
    "asset_list_by_kind",
    "asset_scales",
    "asset_template_list",
    "asset_template_search",
    "escrow_asset_list",
    "escrow_asset_search",
    "institution_list",
    "institution_list_by_code",
    "policy_list",
    "position_search",
];

/// A plan made on the first day, and one made after a restore or a large import, before PostgreSQL knows more of the
/// tables than their sizes.
#[tokio::test]
async fn plans_need_no_statistics() {
    let empty = Server::start().await;
    let nobody = empty.tenant().await;
    let (server, tenant) = unknown().await;
    let mut faults = Vec::new();
    for (of, server, tenant) in [("empty", &empty, &nobody), ("filled", &server, &tenant)] {
        let wrong = wrong(server, tenant).await;
        let wrong = wrong.iter().filter(|(name, _)| !MAY_WAIT.contains(name));
        faults.extend(wrong.map(|(name, fault)| format!("{of}: {name}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The lock of periods is a filter of its own above the scan: taken once, before any account, and when there is none.
#[tokio::test]
async fn a_posting_takes_the_lock_of_periods_once() {
    let (server, tenant) = filled().await;
    let client = server.database.connect_app().await;
    for name in ["posting_lock", "posting_lock_related"] {
        let sql = statements().find(|(known, _)| *known == name).unwrap().1;
        let answer = explain(&client, Role::Tenant, &tenant.id, sql).await.to_string();
        let filters = answer.split("\"One-Time Filter\":\"").skip(1);
        let own = filters.filter(|text| text.split('"').next().unwrap().contains("IS NOT NULL"));
        assert_eq!(own.count(), 1, "{name}: {answer}");
    }
    // As it runs: without an account, with one, with a hundred.
    let role = format!("app_tenant_{}", tenant.id.replace('-', ""));
    let sql = statements().find(|(known, _)| *known == "posting_lock").unwrap().1;
    let held =
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
                AND mode = 'ShareLock' AND objid = 4294967295 AND objsubid = 2";
    for count in [0, 1, 100] {
        let enter =
            format!("BEGIN; SET LOCAL ROLE {role}; SET LOCAL app.tenant_id = '{}'", tenant.id);
        client.batch_execute(&enter).await.unwrap();
        // In the role: the login itself may see nothing.
        let lock = client.prepare(sql).await.unwrap();
        let ids = format!("SELECT id FROM bursar.ledger_account ORDER BY id LIMIT {count}");
        let ids: Vec<uuid::Uuid> =
            client.query(&ids, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let owner: uuid::Uuid = tenant.id.parse().unwrap();
        let rows = client.query(&lock, &[&owner, &ids]).await.unwrap();
        assert_eq!(rows.len(), count);
        let locks: i64 = client.query_one(held, &[]).await.unwrap().get(0);
        assert_eq!(locks, 1, "with {count} accounts");
        client.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[test]
fn every_statement_has_an_expected_plan() {
    let listed = || every().map(|e| e.name).chain(EXEMPT.iter().map(|e| e.0));
    for (name, _) in statements() {
        let times = listed().filter(|listed| *listed == name).count();
        assert_eq!(times, 1, "say once in access_paths/expected.rs which index {name} uses");
    }
    for name in listed() {
        assert!(
            statements().any(|(known, _)| known == name),
            "{name} is no statement of the store any more"
        );
    }
    assert!(EXEMPT.iter().all(|(_, _, why)| !why.is_empty()));
}

/// Whoever runs it may run it: EXPLAIN checks the rights on every table, and PREPARE alone does not.
#[tokio::test]
async fn exempt_statements_are_explained_too() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let client = server.database.connect_app().await;
    for (name, role, _) in EXEMPT {
        let sql = statements().find(|(known, _)| known == name).unwrap().1;
        let scans = Plan::of(&explain(&client, *role, &tenant.id, sql).await).scans();
        assert!(
            scans.iter().all(|scan| scan.name.starts_with("pg_")),
            "{name} is not exempt: {scans:?}"
        );
    }
}

/// Sign-in is one function, which its caller's plan does not show.
#[tokio::test]
async fn sign_in_finds_the_key_by_its_index() {
    let (server, tenant) = filled().await;
    let client = server.database.connect().await;
    let source = "SELECT prosrc FROM pg_proc WHERE oid = 'tenancy.find_key'::regproc";
    let body: String = client.query_one(source, &[]).await.unwrap().get(0);
    assert!(body.contains("= key_id"), "{body}");
    client
        .batch_execute(
            "SET plan_cache_mode = force_generic_plan; SET SESSION AUTHORIZATION bursar_owner",
        )
        .await
        .unwrap();
    // It runs as its owner, under the policies made for that.
    let role = format!(
        "BEGIN; SET LOCAL app.tenant_id = ''; PREPARE explained (uuid) AS {}",
        body.replace("key_id", "$1")
    );
    client.batch_execute(&role).await.unwrap();
    let answer: Value = client
        .query_one("EXPLAIN (FORMAT JSON) EXECUTE explained(NULL)", &[])
        .await
        .unwrap()
        .get(0);
    let expected = Expected {
        name: "find_key",
        role: Role::Auth,
        scans: &[("admin_api_key_id", "id"), ("admin_tenant_pkey", "tenant_id")],
        may_sort: None,
    };
    assert_eq!(faults(&expected, Plan::of(&answer)), [""; 0]);
    drop(tenant);
}

/// A check that cannot fail is none: what an index cannot answer is told.
#[tokio::test]
async fn a_missing_index_is_noticed() {
    let (server, tenant) = filled().await;
    let client = server.database.connect_app().await;
    let of = |scans| Expected { name: "", role: Role::Tenant, scans, may_sort: None };
    for (sql, expected, fault) in [
        (
            "SELECT id FROM bursar.audit_event WHERE tenant_id = $1 AND payload @> $2",
            of(&[("audit_event_time", "tenant_id recorded_at")]),
            "no scan of audit_event_time",
        ),
        (
            "SELECT id FROM bursar.ledger_account WHERE metadata @> $1",
            of(&[]),
            // Of the table, or of all the tenant's rows in one of its indexes: versions of PostgreSQL differ.
            "Scan of ledger_account",
        ),
        (
            "SELECT id FROM bursar.ledger_transfer WHERE tenant_id = $1 AND debit_id = $2 ORDER BY amount LIMIT $3",
            of(&[("ledger_transfer_debit", "tenant_id debit_id")]),
            "a sort of all",
        ),
    ] {
        let answer = explain(&client, Role::Tenant, &tenant.id, sql).await;
        let found = faults(&expected, Plan::of(&answer));
        assert!(found.iter().any(|found| found.contains(fault)), "{sql}: {found:?} in {answer}");
    }
}
