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
    ] {
        let found = scans(&client, name, &tenant.id, arguments).await;
        assert!(found.iter().any(|scan| scan == index), "{name}: {found:?}");
    }
}
