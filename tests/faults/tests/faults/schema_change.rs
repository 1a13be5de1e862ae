//! The schema changes while the server works.

use bursar_proto::common::v1::Role;
use bursar_proto::operation::v1::OperationState;
use bursar_testkit::{Server, id};

use crate::bank::Bank;
use crate::settle::{operation, settle};

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
                format!(
                    "SET ROLE bursar_owner; SET lock_timeout = '5s'; ALTER TABLE bursar.{table} {change}"
                )
            };
            server
                .database
                .sql(&alter(&format!("ADD COLUMN extra_{round} text DEFAULT 'x'")))
                .await;
            load.posts(5).await;
            server.database.sql(&alter(&format!("DROP COLUMN extra_{round}"))).await;
        }
    }
    let told = load.stop().await;
    let tally = settle(&bank, &told).await;
    assert_eq!(
        (tally.posted, tally.definite, tally.open()),
        (told.len(), 0, 0),
        "no caller saw an error"
    );
}

/// A column changes its type, so that PostgreSQL refuses the prepared statements ("cached plan must not change result
/// type"): they are prepared again. Each look for an operation reads that column.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stale_statements_are_prepared_again_unseen() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let calls = async || {
        for _ in 0..20 {
            assert_eq!(
                operation(&tenant.operator, &id(), false).await.state(),
                OperationState::NotRecorded
            );
            tenant.admin.new_key(Role::Viewer).await;
        }
    };
    calls().await;
    // What becomes of such a statement where nobody prepares it again.
    let plain = server.database.connect().await;
    let mut stale =
        plain.prepare("SELECT method FROM bursar.operation_record LIMIT 1").await.unwrap();
    for kind in ["varchar(300)", "text", "varchar(400)"] {
        let change = format!("ALTER TABLE bursar.operation_record ALTER COLUMN method TYPE {kind}");
        server.database.sql(&format!("SET ROLE bursar_owner; {change}")).await;
        let refused = plain.query(&stale, &[]).await.expect_err("stale");
        assert_eq!(refused.code().unwrap().code(), "0A000");
        stale = plain.prepare("SELECT method FROM bursar.operation_record LIMIT 1").await.unwrap();
        calls().await;
    }
}
