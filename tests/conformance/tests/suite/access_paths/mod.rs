//! probe
mod plan;
use bursar_store::statements;
use bursar_testkit::Server;
use plan::Plan;

#[tokio::test]
async fn probe() {
    let server = Server::start().await;
    let (a, b) = (server.tenant().await, server.tenant().await);
    let t = std::time::Instant::now();
    for tenant in [&a, &b] {
        server.database.sql(&include_str!("fill.sql").replace("TENANT", &tenant.id)).await;
    }
    server.database.sql("VACUUM ANALYZE").await;
    println!("filled in {:?}", t.elapsed());
    let client = server.database.connect_app().await;
    for (name, sql) in statements() {
        let (role, tenant) = match name {
            "hold_due" | "operation_forget" | "job_lock" => ("bursar_jobs".to_owned(), String::new()),
            "key_find" | "schema_version" => ("bursar_auth".to_owned(), String::new()),
            n if n.starts_with("tenant_") => ("app_tenant_00000000000000000000000000000000".to_owned(), "00000000-0000-0000-0000-000000000000".to_owned()),
            _ => (format!("app_tenant_{}", a.id.replace('-', "")), a.id.clone()),
        };
        client.batch_execute("BEGIN").await.unwrap();
        client.batch_execute(&format!("SET LOCAL ROLE {role}; SET LOCAL app.tenant_id = '{tenant}'")).await.unwrap();
        client.batch_execute(&format!("PREPARE p AS {sql}")).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let n: i32 = client.query_one("SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'p'", &[]).await.unwrap().get(0);
        let args = vec!["NULL"; n as usize].join(",");
        let args = if n == 0 { String::new() } else { format!("({args})") };
        for format in ["TEXT", "JSON"] {
            match client.query(&format!("EXPLAIN (FORMAT {format}) EXECUTE p{args}"), &[]).await {
                Ok(rows) if format == "TEXT" => {
                    println!("==== {name}");
                    for r in &rows { println!("{}", r.get::<_, String>(0)); }
                }
                Ok(rows) => {
                    let v: serde_json::Value = rows[0].get(0);
                    let p = Plan(&v[0]["Plan"]);
                    println!("  -> sorts {} scans {:?}", p.unbounded_sorts(p), p.scans());
                }
                Err(e) => { println!("==== {name} ERR {e:?}"); break }
            }
        }
        client.batch_execute("ROLLBACK; DEALLOCATE ALL").await.unwrap();
    }
}
