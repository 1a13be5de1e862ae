//! The money trace.

mod get_trace;
mod list_orphans;

use bursar_proto::ledger::v1::{BalanceRule, Transfer};
use bursar_proto::trace::v1::get_trace_request::From;
use bursar_proto::trace::v1::{GetTraceRequest, TraceKind, TraceResource};
use bursar_testkit::{Server, TestTenant, moved, new_account, tenant_role};
use uuid::Uuid;

/// Some transfers of a tenant.
pub(crate) async fn transfers(tenant: &TestTenant, count: usize) -> Vec<Transfer> {
    let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let two = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(moved(&tenant.operator, &one, &two, "1").await);
    }
    made
}

/// Links transfers to a resource by the store's own statement, as the service's login within the tenant; what it says.
pub(crate) async fn link(
    server: &Server,
    tenant: &TestTenant,
    kind: &str,
    resource: &str,
    transfers: &[&str],
) -> Result<(), tokio_postgres::Error> {
    let (_, statement) =
        bursar_store::statements().find(|(name, _)| *name == "link_insert").unwrap();
    let client = server.database.connect_app().await;
    let enter = format!(
        "BEGIN; SET LOCAL ROLE {}; SET LOCAL app.tenant_id = '{}'",
        tenant_role(&tenant.id),
        tenant.id
    );
    client.batch_execute(&enter).await?;
    let uuid = |text: &str| text.parse::<Uuid>().unwrap();
    let transfers: Vec<Uuid> = transfers.iter().map(|id| uuid(id)).collect();
    let resources = vec![uuid(resource); transfers.len()];
    client.execute(statement, &[&uuid(&tenant.id), &kind, &resources, &transfers]).await?;
    client.batch_execute("COMMIT").await
}

fn of_resource(kind: TraceKind, id: &str) -> GetTraceRequest {
    let resource = TraceResource { kind: kind.into(), id: id.into() };
    GetTraceRequest { from: Some(From::Resource(resource)) }
}

fn of_transfer(id: &str) -> GetTraceRequest {
    GetTraceRequest { from: Some(From::TransferId(id.into())) }
}
