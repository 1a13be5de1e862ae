//! What is left of a tenant that left.

use std::time::{Duration, Instant};

use bursar_proto::admin::v1::DeleteTenantRequest;
use bursar_proto::ledger::v1::{BalanceRule, HoldState, ListAccountsRequest};
use bursar_testkit::{
    A_SECOND, Caller, Server, fault, hold_of, make, moved, new_account, new_hold, ok, tenant_role,
    within,
};

use super::{deletion, suspension, unserved};

#[tokio::test]
async fn keys_role_and_schema_are_gone_and_rows_are_kept() {
    let server = Server::start().await;
    let (tenant, other) = (server.tenant().await, server.tenant().await);
    let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let two = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    moved(&tenant.operator, &one, &two, "5").await;
    let forced = DeleteTenantRequest { force: true, ..deletion(&tenant) };
    ok(server.platform.tenants().delete_tenant(forced).await);
    for caller in [&tenant.admin, &tenant.operator, &tenant.viewer, &tenant.auditor] {
        within(A_SECOND, "the end of its keys", async || unserved(caller).await == "KEY_REVOKED")
            .await;
    }
    let role = tenant_role(&tenant.id);
    let count = async |what: &str| -> i64 {
        server.database.rows(&format!("SELECT count(*) {what}")).await[0].get(0)
    };
    assert_eq!(count(&format!("FROM pg_roles WHERE rolname = '{role}'")).await, 0);
    assert_eq!(
        count(&format!("FROM pg_namespace WHERE nspname = '{}'", role.replace("app_", ""))).await,
        0
    );
    let of = format!("WHERE tenant_id = '{}'", tenant.id);
    assert_eq!(count(&format!("FROM bursar.ledger_transfer {of}")).await, 1);
    assert_eq!(count(&format!("FROM bursar.ledger_account {of}")).await, 2);
    assert_eq!(
        count(&format!("FROM bursar.audit_event {of}")).await,
        5,
        "three keys, two accounts"
    );
    assert_eq!(count(&format!("FROM bursar.admin_api_key {of} AND revoked_at IS NULL")).await, 0);
    assert_eq!(
        count(&format!("FROM pg_roles WHERE rolname = '{}'", tenant_role(&other.id))).await,
        1
    );
    assert_eq!(unserved(&other.viewer).await, "");
}

#[tokio::test]
async fn a_suspended_tenant_can_leave() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    ok(server.platform.tenants().suspend_tenant(suspension(&tenant)).await);
    ok(server.platform.tenants().delete_tenant(deletion(&tenant)).await);
    within(A_SECOND, "the end of its keys", async || {
        unserved(&tenant.admin).await == "KEY_REVOKED"
    })
    .await;
}

/// Calls that reach the database while the role goes away end as those of a revoked key do, never as a fault of the
/// server, although the caches still trust the key for a moment.
#[tokio::test]
async fn calls_in_flight_end_in_good_order() {
    let server = Server::start().await;
    let replica = server.replica().await;
    for _ in 0..3 {
        let tenant = server.tenant().await;
        let mut callers = tokio::task::JoinSet::new();
        for port in
            [server.port(), replica.grpc_addr.port(), server.port(), replica.grpc_addr.port()]
        {
            let caller = Caller::new(port, &tenant.viewer.key_text);
            callers.spawn(async move {
                let until = Instant::now() + Duration::from_millis(1_500);
                let mut reasons = std::collections::BTreeSet::new();
                while Instant::now() < until {
                    if let Err(status) =
                        caller.accounts().list_accounts(ListAccountsRequest::default()).await
                    {
                        reasons.insert(fault(status).reason);
                    }
                }
                reasons
            });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        ok(server.platform.tenants().delete_tenant(deletion(&tenant)).await);
        for reasons in callers.join_all().await {
            assert_eq!(reasons.into_iter().collect::<Vec<_>>(), ["KEY_REVOKED"]);
        }
    }
    replica.stop().await;
}

/// Its open holds never expire, for nothing of it moves any more; those of others do, on time.
#[tokio::test]
async fn its_holds_hold_up_nobody() {
    let server = Server::start().await;
    let (gone, stays) = (server.tenant().await, server.tenant().await);
    let mut holds = Vec::new();
    for tenant in [&gone, &stays] {
        let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
        let two = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
        holds.push(make(&tenant.operator, new_hold(&one, &two, "5", 1)).await.unwrap());
    }
    let forced = DeleteTenantRequest { force: true, ..deletion(&gone) };
    ok(server.platform.tenants().delete_tenant(forced).await);
    within(Duration::from_secs(5), "the expiry of the other's hold", async || {
        hold_of(&stays.viewer, &holds[1]).await.state() == HoldState::Expired
    })
    .await;
    let rows = server
        .database
        .rows("SELECT id::text, state FROM bursar.ledger_hold ORDER BY expires_at")
        .await;
    let found: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(
        found,
        [(holds[0].id.clone(), "open".into()), (holds[1].id.clone(), "expired".into())]
    );
}
