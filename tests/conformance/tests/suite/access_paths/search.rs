//! Searches by containment are functions, whose plans their callers do not see: the query inside is explained as it runs,
//! as `bursar_search`, with a plan for the values given.

use serde_json::Value;
use tokio_postgres::Client;

use super::filled;
use super::plan::Plan;

/// The query inside a search function, its variables replaced.
async fn query(client: &Client, function: &str, tenant: &str) -> String {
    let source = format!("SELECT prosrc FROM pg_proc WHERE oid = 'tenancy.{function}'::regproc");
    let body: String = client.query_one(&source, &[]).await.unwrap().get(0);
    assert!(body.contains("tenant constant uuid := tenancy.current_tenant();"), "{body}");
    let query = body.split("RETURN QUERY").nth(1).unwrap().split(';').next().unwrap();
    let words = |text: &str, word: &str, value: &str| {
        let mut out = String::new();
        for part in text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_') {
            let (name, rest) = part
                .split_at(part.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_').len());
            out.push_str(if name == word { value } else { name });
            out.push_str(rest);
        }
        out
    };
    let query = words(query, "tenant", &format!("'{tenant}'::uuid"));
    words(&query, "narrowed", "NULL::uuid")
}

async fn explain(client: &Client, sql: &str, types: &str, values: &str) -> Value {
    let prepare = format!(
        "BEGIN; SET LOCAL ROLE bursar_search; SET LOCAL plan_cache_mode = force_custom_plan;
         PREPARE explained ({types}) AS {sql}"
    );
    client.batch_execute(&prepare).await.unwrap();
    let answer =
        client.query_one(&format!("EXPLAIN (FORMAT JSON) EXECUTE explained ({values})"), &[]).await;
    let answer = answer.unwrap().get(0);
    client.batch_execute("ROLLBACK; DEALLOCATE explained").await.unwrap();
    answer
}

/// What is rare is found by the index on the metadata, whatever else is asked for; the tenant is part of its condition.
#[tokio::test]
async fn positions_are_found_by_what_their_metadata_contains() {
    let (server, tenant) = filled().await;
    let client = server.database.connect().await;
    let sql = query(&client, "escrow_search_positions", &tenant.id).await;
    let types = "jsonb, uuid, uuid, uuid, text, text, text, text, timestamptz, timestamptz, timestamptz, uuid, bigint";
    for values in [
        r#"'{"n": 17}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 51"#,
        r#"'{"n": 17}', NULL, NULL, NULL, NULL, 'EUR', 'proposed', NULL, '2000-01-01', NULL, NULL, NULL, 51"#,
    ] {
        let answer = explain(&client, &sql, types, values).await;
        let scans = Plan::of(&answer).scans();
        let found = scans.iter().any(|scan| {
            scan.name == "escrow_position_metadata" && scan.condition.contains(&tenant.id)
        });
        assert!(found && scans.len() <= 2, "{values}: {answer}");
    }
    // And what another filter finds faster, by that one's.
    let by = r#"'{"n": 17}', NULL, NULL, NULL, 'holder-17', NULL, NULL, 'deal-16', NULL, NULL, NULL, NULL, 51"#;
    let answer = explain(&client, &sql, types, by).await;
    assert!(
        Plan::of(&answer).scans().iter().any(|scan| scan.name == "escrow_position_by_reference"),
        "{answer}"
    );
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
