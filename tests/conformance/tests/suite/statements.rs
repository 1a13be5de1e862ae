//! Every statement of the store, against the migrated schema.

use bursar_store::statements;
use bursar_testkit::Database;

/// Prepared as a tenant's role would: a wrong column, type or right fails here and not in production.
#[tokio::test]
async fn every_statement_prepares() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    let mut failures = Vec::new();
    for (name, sql) in statements() {
        if let Err(error) = client.prepare(sql).await {
            failures.push(format!("{name}: {error:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
