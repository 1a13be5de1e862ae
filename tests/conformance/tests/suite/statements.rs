//! Every statement of the store, against the migrated schema.

use bursar_store::statements;
use bursar_testkit::Database;

/// A wrong column or type fails here and not in production; the rights on them are checked with the plans, in `access_paths`.
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
