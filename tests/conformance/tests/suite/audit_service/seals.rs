//! What the cases of seals share: rows, the wait until they are sealed, and a hand that passes all guards.

use std::time::{Duration, Instant};

use bursar_proto::audit::v1::verify_response::Result as Told;
use bursar_proto::audit::v1::{
    Checkpoint, GetCheckpointRequest, VerifyFinding, VerifyRequest, VerifySummary,
};
use bursar_testkit::{Caller, Server, TestTenant, id, moved, ok};

use super::two_accounts;

/// How long sealing may take: a job's interval, and what other tests' transactions hold it up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Moves money `count` times.
pub(super) async fn busy(tenant: &TestTenant, count: usize) {
    let (one, two) = two_accounts(tenant).await;
    for _ in 0..count {
        moved(&tenant.operator, &one, &two, "1").await;
    }
}

/// Waits until all rows of the tenant are sealed; the last checkpoint.
pub(crate) async fn sealed(server: &Server, tenant: &TestTenant) -> Checkpoint {
    let count = format!(
        "SELECT (SELECT count(*) FROM bursar.audit_event WHERE tenant_id = '{0}'),
                (SELECT count(*) FROM bursar.ledger_transfer WHERE tenant_id = '{0}')",
        tenant.id
    );
    let since = Instant::now();
    loop {
        let row = &server.database.rows(&count).await[0];
        let reply =
            tenant.auditor.audit().get_checkpoint(GetCheckpointRequest { position: 0 }).await;
        let point = reply.map(|reply| reply.into_inner().checkpoint.unwrap());
        if let Ok(point) = point
            && (point.events, point.transfers) == (row.get(0), row.get(1))
        {
            return point;
        }
        assert!(since.elapsed() < PATIENCE, "not sealed in time");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// All that Verify tells.
pub(super) async fn verify(
    caller: &Caller,
    checkpoint: Option<Checkpoint>,
) -> (Vec<VerifyFinding>, VerifySummary) {
    let mut told = ok(caller.audit().verify(VerifyRequest { checkpoint }).await);
    let (mut findings, mut progress) = (Vec::new(), 0);
    loop {
        match ok_message(told.message().await).result.unwrap() {
            Told::Progress(at) => {
                assert!(at.rows_read >= progress, "{at:?} after {progress}");
                progress = at.rows_read;
            }
            Told::Finding(finding) => findings.push(finding),
            Told::Summary(summary) => {
                assert!(told.message().await.unwrap().is_none(), "the summary is the last");
                assert_eq!(summary.findings, i64::try_from(findings.len()).unwrap());
                return (findings, summary);
            }
        }
    }
}

fn ok_message<T>(message: Result<Option<T>, tonic::Status>) -> T {
    message.unwrap().expect("a message")
}

/// Runs SQL as the superuser, past the triggers.
pub(crate) async fn force(server: &Server, change: &str) {
    let forced = format!("BEGIN; SET LOCAL session_replication_role = replica; {change}; COMMIT");
    server.database.sql(&forced).await;
}

/// SQL for the copy of a row of that table, under another id.
pub(super) fn copy(table: &str, of: &str, id: &str, further: &str) -> String {
    format!(
        "INSERT INTO bursar.{table} SELECT (jsonb_populate_record(t, '{{\"id\": \"{id}\"}}'::jsonb || {further})).*
         FROM bursar.{table} t WHERE id = '{of}'"
    )
}

/// The id of some row of the tenant.
pub(super) async fn some(server: &Server, tenant: &TestTenant, table: &str, nth: usize) -> String {
    let query = format!(
        "SELECT id::text FROM bursar.{table} WHERE tenant_id = '{}' ORDER BY id OFFSET {nth} LIMIT 1",
        tenant.id
    );
    server.database.rows(&query).await[0].get(0)
}

/// A fresh id.
pub(super) fn fresh() -> String {
    id()
}
