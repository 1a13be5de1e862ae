//! Searches by containment: what stands in a function's body is not in its caller's plan.

use serde_json::Value;
use tokio_postgres::Client;

use super::filled;
use super::plan::Plan;

/// The query of a search function with the tenant and no institution put in, as PL/pgSQL plans it.
async fn query(client: &Client, name: &str, tenant: &str) -> String {
    let source = "SELECT prosrc FROM pg_proc WHERE proname = $1";
    let body: String = client.query_one(source, &[&name]).await.unwrap().get(0);
    let (_, query) = body.split_once("RETURN QUERY").unwrap();
    let (query, _) = query.split_once(';').unwrap();
    query
        .replace("tenant_id", "\u{1}")
        .replace("tenant", &format!("'{tenant}'::uuid"))
        .replace('\u{1}', "tenant_id")
        .replace("narrowed", "NULL::uuid")
}

/// The index scans of a search, planned for these arguments in the role that owns the function.
async fn scans(client: &Client, name: &str, tenant: &str, arguments: &str) -> Vec<String> {
    let types = "SELECT pg_get_function_identity_arguments(oid) FROM pg_proc WHERE proname = $1";
    let types: String = client.query_one(types, &[&name]).await.unwrap().get(0);
    let query = query(client, name, tenant).await;
    client.batch_execute("BEGIN; SET LOCAL plan_cache_mode = force_custom_plan").await.unwrap();
    client.batch_execute("SET LOCAL ROLE bursar_search").await.unwrap();
    client.batch_execute(&format!("PREPARE search ({types}) AS {query}")).await.unwrap();
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE search ({arguments})");
    let answer: Value = client.query_one(&explain, &[]).await.unwrap().get(0);
    client.batch_execute("ROLLBACK; DEALLOCATE search").await.unwrap();
    Plan::of(&answer).scans().into_iter().map(|scan| scan.name).collect()
}

#[tokio::test]
async fn each_uses_its_index() {
    let (server, tenant) = filled().await;
    let client = server.database.connect().await;
    for (name, index, arguments) in [
        (
            "escrow_search_institutions",
            "escrow_institution_metadata",
            r#"'{"n": 77}', NULL, NULL, NULL, NULL, NULL, 51"#,
        ),
        (
            "escrow_search_asset_templates",
            "escrow_asset_template_config",
            r#"'{"n": 77}', NULL, NULL, NULL, NULL, NULL, NULL, 51"#,
        ),
        (
            "escrow_search_assets",
            "escrow_asset_metadata",
            r#"'{"n": 77}', NULL, NULL, NULL, NULL, 51"#,
        ),
        (
            "escrow_search_positions",
            "escrow_position_metadata",
            r#"'{"n": 17}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 51"#,
        ),
        // Whatever else is asked for, and by another index where that is faster.
        (
            "escrow_search_positions",
            "escrow_position_metadata",
            r#"'{"n": 17}', NULL, NULL, NULL, NULL, 'EUR', 'proposed', NULL, '2000-01-01', NULL, NULL, NULL, 51"#,
        ),
        (
            "escrow_search_positions",
            "escrow_position_by_reference",
            r#"'{"n": 17}', NULL, NULL, NULL, 'holder-17', NULL, NULL, 'deal-16', NULL, NULL, NULL, NULL, 51"#,
        ),
    ] {
        let found = scans(&client, name, &tenant.id, arguments).await;
        assert!(found.iter().any(|scan| scan == index), "{name}: {found:?}");
    }
}

/// Each search function says which tenant and which institution, and is run by tenants alone.
#[tokio::test]
async fn searches_are_walled() {
    let (server, _) = filled().await;
    let client = server.database.connect().await;
    let functions = client
        .query(
            "SELECT p.proname::text, p.prosrc, pg_get_userbyid(p.proowner)::text, p.prosecdef,
                    has_function_privilege('bursar_tenant', p.oid, 'EXECUTE'),
                    has_function_privilege('bursar_jobs', p.oid, 'EXECUTE')
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname = 'tenancy' AND p.proname LIKE 'escrow\\_search\\_%'",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(functions.len(), 4);
    for function in functions {
        let (name, body): (String, String) = (function.get(0), function.get(1));
        assert!(body.contains(".tenant_id = tenant AND (narrowed IS NULL OR "), "{name}");
        assert_eq!(function.get::<_, String>(2), "bursar_search", "{name}");
        let flags: [bool; 3] = [function.get(3), function.get(4), function.get(5)];
        assert_eq!(flags, [true, true, false], "{name}");
    }
}
