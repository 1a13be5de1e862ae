//! What each role of the database reads and writes.

use bursar_testkit::{Server, TestTenant, tenant_role};
use tokio_postgres::{Client, Row, SimpleQueryMessage};

use super::{VIEWS, tables, two};

const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// The service's login, inside a transaction that has taken a role and entered a tenant.
async fn entered(server: &Server, role: &str, tenant: &str) -> Client {
    let client = server.database.connect_app().await;
    let enter = format!("BEGIN; SET LOCAL ROLE {role}; SET LOCAL app.tenant_id = '{tenant}'");
    client.batch_execute(&enter).await.unwrap();
    client
}

/// The service's login as it works for a tenant.
async fn within(server: &Server, tenant: &TestTenant) -> Client {
    entered(server, &tenant_role(&tenant.id), &tenant.id).await
}

async fn rows(client: &Client, query: &str) -> Vec<Row> {
    client.query(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}"))
}

/// SQLSTATE and message of what a statement is refused with; the transaction goes on.
async fn refusal(client: &Client, statement: &str) -> (String, String) {
    client.batch_execute("SAVEPOINT before").await.unwrap();
    let refused = client.batch_execute(statement).await.err();
    client.batch_execute("ROLLBACK TO before").await.unwrap();
    let error = refused.unwrap_or_else(|| panic!("not refused: {statement}"));
    let error = error.as_db_error().unwrap();
    (error.code().code().to_owned(), error.message().to_owned())
}

async fn assert_refused(client: &Client, statement: &str, text: &str) {
    let (code, message) = refusal(client, statement).await;
    assert!(code == "42501" && message.contains(text), "{statement}: {code} {message}");
}

#[tokio::test]
async fn the_login_without_a_role_reads_nothing() {
    let (server, a, _) = two().await;
    let client = server.database.connect_app().await;
    // A setting without the role opens nothing either.
    client.batch_execute(&format!("BEGIN; SET LOCAL app.tenant_id = '{}'", a.id)).await.unwrap();
    for table in tables(&server).await {
        assert_refused(&client, &format!("SELECT FROM bursar.{table}"), "permission denied").await;
        assert_refused(
            &client,
            &format!("INSERT INTO bursar.{table} DEFAULT VALUES"),
            "permission denied",
        )
        .await;
    }
    let schema = format!("tenant_{}", a.id.replace('-', ""));
    assert_refused(&client, &format!("SELECT FROM {schema}.ledger_account"), "permission denied")
        .await;
    assert_refused(&client, "SELECT tenancy.current_tenant()", "permission denied").await;
}

#[tokio::test]
async fn a_tenant_reads_its_own_rows_only_and_all_of_them() {
    let (server, a, b) = two().await;
    for table in tables(&server).await {
        for tenant in [&a, &b] {
            let count =
                format!("SELECT count(*) FROM bursar.{table} WHERE tenant_id = '{}'", tenant.id);
            let there: i64 = server.database.rows(&count).await[0].get(0);
            assert!(there > 0, "{table} holds nothing of the tenant");
            let client = within(&server, tenant).await;
            let seen = format!(
                "SELECT tenant_id::text, count(*) FROM bursar.{table} GROUP BY 1 ORDER BY 1"
            );
            let seen: Vec<(String, i64)> =
                rows(&client, &seen).await.iter().map(|row| (row.get(0), row.get(1))).collect();
            let mut owners: Vec<_> = seen.iter().map(|(owner, _)| owner.as_str()).collect();
            if table == "ref_asset" {
                // Shared assets belong to the platform and are everybody's to read.
                owners.retain(|owner| *owner != NIL);
            }
            assert_eq!(owners, [tenant.id.as_str()], "{table}");
            assert!(
                seen.contains(&(tenant.id.clone(), there)),
                "{table}: {seen:?}, there are {there}"
            );
        }
    }
}

#[tokio::test]
async fn role_and_setting_must_name_the_same_tenant() {
    let (server, a, b) = two().await;
    let role = tenant_role(&a.id);
    for (tenant, text) in [
        (b.id.as_str(), "the role of this transaction is not that of its tenant"),
        (NIL, "the role of this transaction is not that of its tenant"),
        ("", "the role of this transaction is not that of its tenant"),
        ("nonsense", "the role of this transaction is not that of its tenant"),
    ] {
        let client = entered(&server, &role, tenant).await;
        for table in tables(&server).await {
            assert_refused(&client, &format!("SELECT tenant_id FROM bursar.{table}"), text).await;
        }
        assert_refused(&client, "SELECT tenancy.current_tenant()", text).await;
    }
    // Another of the service's roles with a tenant's setting.
    let client = entered(&server, "bursar_jobs", &a.id).await;
    assert_refused(&client, "SELECT tenancy.current_tenant()", "the role of this transaction")
        .await;
}

/// What the store's transactions leave behind is nobody's: the next one on the connection starts outside any tenant.
#[tokio::test]
async fn role_and_setting_end_with_the_transaction() {
    let (server, a, _) = two().await;
    let client = within(&server, &a).await;
    client.batch_execute("COMMIT; BEGIN").await.unwrap();
    let row = &rows(&client, "SELECT current_user::text, current_setting('app.tenant_id', true)")
        .await[0];
    assert_eq!((row.get(0), row.get(1)), ("bursar_app", ""));
    assert_refused(&client, "SELECT FROM bursar.ledger_account", "permission denied").await;
}

/// The tables into which a tenant's role may insert, with one row of `owner` as JSON.
async fn rows_to_insert(server: &Server, owner: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for table in tables(server).await {
        let query = format!(
            "SELECT to_jsonb(t)::text FROM bursar.{table} t
             WHERE tenant_id = '{owner}' AND has_table_privilege('bursar_tenant', 'bursar.{table}', 'INSERT') LIMIT 1"
        );
        found.extend(
            server.database.rows(&query).await.iter().map(|row| (table.clone(), row.get(0))),
        );
    }
    found
}

/// Puts a copy of that row in, under another id.
fn insert(table: &str, row: &str) -> String {
    let fresh = "jsonb_build_object('id', gen_random_uuid(), 'request_id', gen_random_uuid(), 'code', 'FRESH',
                                    'reversed_id', NULL, 'external_reference', NULL, 'ends_on', date '2000-02-29',
                                    'region', 'fresh', 'value', 'fresh', 'revision', 99,
                                    'name', 'fresh', 'venue_order_id', 'fresh', 'resource_id', gen_random_uuid())";
    format!(
        "INSERT INTO bursar.{table}
         SELECT (jsonb_populate_record(NULL::bursar.{table}, '{}'::jsonb || {fresh})).*",
        row.replace('\'', "''")
    )
}

#[tokio::test]
async fn a_tenant_writes_rows_of_its_own_only() {
    let (server, a, b) = two().await;
    let client = within(&server, &a).await;
    let (own, foreign) =
        (rows_to_insert(&server, &a.id).await, rows_to_insert(&server, &b.id).await);
    let names: Vec<_> = foreign.iter().map(|(table, _)| table.as_str()).collect();
    let writable = [
        "admin_api_key",
        "audit_event",
        "escrow_asset",
        "escrow_asset_template",
        "escrow_institution",
        "escrow_institution_tag",
        "escrow_ledger_event",
        "escrow_policy",
        "escrow_policy_change",
        "escrow_position",
        "escrow_position_event",
        "ledger_account",
        "ledger_hold",
        "ledger_period",
        "ledger_transfer",
        "operation_record",
        "ref_asset",
        "trace_link",
        "trading_cursor",
        "trading_decision",
        "trading_execution",
        "trading_review",
        "trading_strategy",
    ];
    assert_eq!(names, writable);
    for (table, row) in &foreign {
        assert_refused(&client, &insert(table, row), "violates row-level security policy").await;
    }
    // The same statement with a row of its own is fine, so it is the owner that was refused.
    for (table, row) in &own {
        client
            .batch_execute(&insert(table, row))
            .await
            .unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
    // Nor do own rows move to another, or another's change.
    for table in ["admin_api_key", "ledger_account", "ledger_hold"] {
        let give = format!("UPDATE bursar.{table} SET tenant_id = '{}'", b.id);
        assert_refused(&client, &give, "permission denied").await;
    }
    for (table, change) in [
        ("admin_api_key", "revoked_at = now()"),
        ("ledger_account", "credits_posted = 1000"),
        ("ledger_hold", "remaining = remaining"),
    ] {
        let change = format!("UPDATE bursar.{table} SET {change} WHERE tenant_id = '{}'", b.id);
        let changed = client.simple_query(&change).await.unwrap();
        assert!(
            matches!(changed[..], [SimpleQueryMessage::CommandComplete(0)]),
            "{change}: {changed:?}"
        );
    }
}

#[tokio::test]
async fn the_reporting_views_show_a_tenants_rows_to_it_alone() {
    let (server, a, b) = two().await;
    let schema = format!("tenant_{}", a.id.replace('-', ""));
    let views = format!(
        "SELECT c.relname::text, coalesce('security_invoker=true' = ANY (c.reloptions), false)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{schema}' ORDER BY 1"
    );
    let views: Vec<(String, bool)> =
        server.database.rows(&views).await.iter().map(|row| (row.get(0), row.get(1))).collect();
    let names: Vec<_> = views.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, VIEWS);
    assert!(views.iter().all(|(_, invoker)| *invoker), "{views:?}");
    let (own, other) = (within(&server, &a).await, within(&server, &b).await);
    let mixed = entered(&server, &tenant_role(&a.id), &b.id).await;
    for view in names {
        let owners = format!(
            "SELECT DISTINCT tenant_id::text FROM {schema}.{view} WHERE tenant_id <> '{NIL}'"
        );
        let owners: Vec<String> = rows(&own, &owners).await.iter().map(|row| row.get(0)).collect();
        assert_eq!(owners, [a.id.as_str()], "{view}");
        let count = |from: &str| format!("SELECT count(*) FROM {from}.{view}");
        let seen: i64 = rows(&own, &count(&schema)).await[0].get(0);
        let there: i64 = rows(&own, &count("bursar")).await[0].get(0);
        assert_eq!(seen, there, "{view}");
        assert_refused(&other, &count(&schema), "permission denied for schema").await;
        assert_refused(&mixed, &count(&schema), "the role of this transaction").await;
        assert_refused(&own, &format!("DELETE FROM {schema}.{view}"), "permission denied").await;
    }
}

/// The platform runs tenants and looks into none.
#[tokio::test]
async fn the_platform_sees_no_tenants_data() {
    let (server, a, b) = two().await;
    let client = entered(&server, &tenant_role(NIL), NIL).await;
    for table in tables(&server).await {
        let foreign = format!("SELECT count(*) FROM bursar.{table} WHERE tenant_id <> '{NIL}'");
        let seen: i64 = rows(&client, &foreign).await[0].get(0);
        if table == "admin_tenant" {
            assert_eq!(seen, 2, "the registry itself");
        } else {
            assert_eq!(seen, 0, "{table}");
        }
    }
    for tenant in [&a, &b] {
        let schema = format!("tenant_{}", tenant.id.replace('-', ""));
        assert_refused(
            &client,
            &format!("SELECT FROM {schema}.ledger_account"),
            "permission denied",
        )
        .await;
    }
}

#[tokio::test]
async fn jobs_and_sign_in_reach_what_they_need_and_no_more() {
    let (server, _, _) = two().await;
    let jobs = entered(&server, "bursar_jobs", "").await;
    let holds: i64 = rows(&jobs, "SELECT count(id) FROM bursar.ledger_hold").await[0].get(0);
    assert_eq!(holds, 2, "across tenants");
    assert_refused(&jobs, "SELECT amount FROM bursar.ledger_hold", "permission denied").await;
    assert_refused(&jobs, "UPDATE bursar.ledger_hold SET state = 'expired'", "permission denied")
        .await;
    assert_refused(&jobs, "SELECT reply FROM bursar.operation_record", "permission denied").await;
    // Sealing reads what it seals, and writes nothing but seals.
    for table in ["audit_event", "ledger_transfer"] {
        let insert = format!("INSERT INTO bursar.{table} DEFAULT VALUES");
        assert_refused(&jobs, &insert, "permission denied").await;
    }
    assert_refused(&jobs, "DELETE FROM bursar.audit_seal", "permission denied").await;
    let auth = entered(&server, "bursar_auth", "").await;
    for table in tables(&server).await {
        assert_refused(&auth, &format!("SELECT FROM bursar.{table}"), "permission denied").await;
        let read =
            ["audit_event", "audit_seal", "ledger_hold", "ledger_transfer", "operation_record"];
        if !read.contains(&table.as_str()) {
            assert_refused(&jobs, &format!("SELECT FROM bursar.{table}"), "permission denied")
                .await;
        }
    }
    let nobody = rows(&auth, &format!("SELECT FROM tenancy.find_key('{NIL}')")).await;
    assert!(nobody.is_empty());
}
