use bursar_proto::admin::v1::{DeleteTenantRequest, TenantState};
use bursar_proto::ledger::v1::BalanceRule;
use bursar_testkit::{Server, TestTenant, fault, held, id, moved, new_account, ok, void};
use tonic::Code;

use super::{
    deletion, events, get, only_the_platform_manages, refusal, refused_in_state, unserved,
};

/// Money on two accounts, and a third that is empty.
async fn with_balances(server: &Server) -> TestTenant {
    let tenant = server.tenant().await;
    let mut accounts = Vec::new();
    for _ in 0..3 {
        accounts.push(new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await);
    }
    moved(&tenant.operator, &accounts[0], &accounts[1], "5").await;
    tenant
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let two = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    moved(&tenant.operator, &one, &two, "5").await;
    moved(&tenant.operator, &two, &one, "5").await;
    let before = get(&server, &tenant.id).await;
    let request = deletion(&tenant);
    let first = ok(server.platform.tenants().delete_tenant(request.clone()).await);
    let now = first.tenant.clone().unwrap();
    assert_eq!(
        (now.state(), first.replayed),
        (TenantState::Deleted, false),
        "all balances are zero"
    );
    assert_ne!(now.etag, before.etag);
    assert_eq!(get(&server, &tenant.id).await, now);
    let again = ok(server.platform.tenants().delete_tenant(request.clone()).await);
    assert_eq!((again.tenant, again.replayed), (first.tenant, true));
    refused_in_state(server.platform.tenants().delete_tenant(deletion(&tenant)).await, "deleted");
    let found = events(&server, &tenant.id).await;
    let actions: Vec<_> = found.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["tenant.delete", "tenant.create"]);
    let other = DeleteTenantRequest { force: true, ..request };
    let refused = refusal(server.platform.tenants().delete_tenant(other).await);
    refused.is("other body", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(refused.meta("fields"), "force");
}

#[tokio::test]
async fn other_tenant() {
    only_the_platform_manages(async |caller, tenant| {
        let request =
            DeleteTenantRequest { request_id: id(), id: tenant, force: true, validate_only: false };
        caller.tenants().delete_tenant(request).await
    })
    .await;
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let request = |request_id: &str, id: &str| DeleteTenantRequest {
        request_id: request_id.into(),
        id: id.into(),
        ..Default::default()
    };
    let cases: [(&str, DeleteTenantRequest, &[&str]); 4] = [
        ("no request id", request("", &id()), &["request_id"]),
        ("no id", request(&id(), ""), &["id"]),
        ("bad id", request(&id(), "x"), &["id"]),
        ("both", request("x", "x"), &["request_id", "id"]),
    ];
    for (case, request, fields) in cases {
        fault(server.platform.tenants().delete_tenant(request).await.unwrap_err())
            .names(case, fields);
    }
}

#[tokio::test]
async fn refuses_while_balances_are_open() {
    let server = Server::start().await;
    let tenant = with_balances(&server).await;
    let before = get(&server, &tenant.id).await;
    let dry = DeleteTenantRequest { validate_only: true, ..deletion(&tenant) };
    for request in [deletion(&tenant), dry] {
        let refused = refusal(server.platform.tenants().delete_tenant(request).await);
        refused.is("open", Code::FailedPrecondition, "TENANT_NOT_EMPTY");
        assert_eq!(refused.meta("open_accounts"), "2");
    }
    assert_eq!(get(&server, &tenant.id).await, before);
    let forced = DeleteTenantRequest { force: true, validate_only: true, ..deletion(&tenant) };
    let tried = ok(server.platform.tenants().delete_tenant(forced).await).tenant.unwrap();
    assert_eq!(tried.state(), TenantState::Deleted);
    assert_eq!(get(&server, &tenant.id).await, before, "validate_only changes nothing");
    assert_eq!(unserved(&tenant.viewer).await, "");
    assert_eq!(events(&server, &tenant.id).await.len(), 1);
    let forced = DeleteTenantRequest { force: true, ..deletion(&tenant) };
    ok(server.platform.tenants().delete_tenant(forced).await);
    assert_eq!(get(&server, &tenant.id).await.state(), TenantState::Deleted);
}

#[tokio::test]
async fn refuses_while_holds_are_open() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let two = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let hold = held(&tenant.operator, &one, &two, "5").await;
    let refused = refusal(server.platform.tenants().delete_tenant(deletion(&tenant)).await);
    refused.is("held", Code::FailedPrecondition, "TENANT_NOT_EMPTY");
    assert_eq!(refused.meta("open_accounts"), "2");
    void(&tenant.operator, &hold).await.unwrap();
    ok(server.platform.tenants().delete_tenant(deletion(&tenant)).await);
}
