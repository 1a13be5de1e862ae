//! The schema changes while the server works.


use bursar_testkit::Server;

use crate::bank::Bank;
use crate::settle::settle;

/// Columns come and go under load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_columns_are_invisible_to_callers() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 6).await;
    let load = bank.load(8);
    for round in 0..6 {
        load.posts(15).await;
        for table in ["ledger_account", "ledger_transfer"] {
            // As a migration would: as the owner, and not waiting for ever.
            let alter = |change: &str| {
                format!("SET ROLE bursar_owner; SET lock_timeout = '5s'; ALTER TABLE bursar.{table} {change}")
            };
            server.database.sql(&alter(&format!("ADD COLUMN extra_{round} text DEFAULT 'x'"))).await;
            load.posts(5).await;
            server.database.sql(&alter(&format!("DROP COLUMN extra_{round}"))).await;
        }
    }
    let told = load.stop().await;
    let tally = settle(&bank, &told).await;
    assert_eq!((tally.posted, tally.definite, tally.open()), (told.len(), 0, 0), "no caller saw an error");
}
