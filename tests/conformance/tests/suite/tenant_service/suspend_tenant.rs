use bursar_proto::admin::v1::{SuspendTenantRequest, TenantState};
use bursar_proto::ledger::v1::{BalanceRule, ListAccountsRequest};
use bursar_testkit::{A_SECOND, Caller, Server, fault, new_account, ok, within};
use tonic::Code;

use super::{
    deletion, events, get, only_the_platform_manages, refusal, refused_in_state, resumption,
    suspension, unserved,
};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let (tenant, other) = (server.tenant().await, server.tenant().await);
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let before = get(&server, &tenant.id).await;
    let request = suspension(&tenant);
    let first = ok(server.platform.tenants().suspend_tenant(request.clone()).await);
    let now = first.tenant.clone().unwrap();
    assert_eq!((now.state(), first.replayed), (TenantState::Suspended, false));
    assert_ne!(now.etag, before.etag);
    assert_eq!(get(&server, &tenant.id).await, now);
    let again = ok(server.platform.tenants().suspend_tenant(request.clone()).await);
    assert_eq!((again.tenant, again.replayed), (first.tenant, true));

    let event = &events(&server, &tenant.id).await[0];
    assert_eq!((event.action.as_str(), &event.request_id), ("tenant.suspend", &request.request_id));
    let payload = format!("{:?}", event.payload.as_ref().unwrap().fields["reason"].kind);
    assert_eq!(payload, r#"Some(StringValue("unpaid"))"#);
    assert_eq!(events(&server, &tenant.id).await.len(), 2);

    for caller in [&tenant.admin, &tenant.operator, &tenant.viewer, &tenant.auditor] {
        within(A_SECOND, "the suspension", async || unserved(caller).await == "TENANT_SUSPENDED")
            .await;
        let outcome = caller.accounts().list_accounts(ListAccountsRequest::default()).await;
        refusal(outcome).is("suspended", Code::PermissionDenied, "TENANT_SUSPENDED");
    }
    assert_eq!(unserved(&other.viewer).await, "", "others go on");
    refused_in_state(
        server.platform.tenants().suspend_tenant(suspension(&tenant)).await,
        "suspended",
    );
    let other_body = SuspendTenantRequest { reason: "other".into(), ..request };
    let refused = refusal(server.platform.tenants().suspend_tenant(other_body).await);
    refused.is("other body", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(refused.meta("fields"), "reason");

    ok(server.platform.tenants().resume_tenant(resumption(&tenant)).await);
    within(A_SECOND, "the resumption", async || unserved(&tenant.viewer).await.is_empty()).await;
    let kept =
        ok(tenant.viewer.accounts().list_accounts(ListAccountsRequest::default()).await).accounts;
    assert_eq!(kept, [account], "its data stayed");
}

#[tokio::test]
async fn other_tenant() {
    only_the_platform_manages(async |caller, id| {
        let request =
            SuspendTenantRequest { request_id: bursar_testkit::id(), id, reason: String::new() };
        caller.tenants().suspend_tenant(request).await
    })
    .await;
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let good = || suspension(&tenant);
    let cases: [(&str, SuspendTenantRequest, &[&str]); 6] = [
        (
            "no request id",
            SuspendTenantRequest { request_id: String::new(), ..good() },
            &["request_id"],
        ),
        ("no id", SuspendTenantRequest { id: String::new(), ..good() }, &["id"]),
        ("bad id", SuspendTenantRequest { id: "x".into(), ..good() }, &["id"]),
        ("long reason", SuspendTenantRequest { reason: "ü".repeat(501), ..good() }, &["reason"]),
        ("NUL", SuspendTenantRequest { reason: "\0".into(), ..good() }, &["reason"]),
        (
            "all at once",
            SuspendTenantRequest { request_id: "x".into(), id: "x".into(), reason: "\u{7}".into() },
            &["request_id", "id", "reason"],
        ),
    ];
    for (case, request, fields) in cases {
        fault(server.platform.tenants().suspend_tenant(request).await.unwrap_err())
            .names(case, fields);
    }
    assert_eq!(get(&server, &tenant.id).await.state(), TenantState::Active);
    ok(server
        .platform
        .tenants()
        .suspend_tenant(SuspendTenantRequest { reason: "ü".repeat(500), ..good() })
        .await);
}

/// Both replicas have the tenant's key in their caches when its state changes.
#[tokio::test]
async fn stops_and_frees_the_tenant_on_every_replica_within_a_second() {
    let server = Server::start().await;
    let replica = server.replica().await;
    let tenant = server.tenant().await;
    let there = Caller::new(replica.grpc_addr.port(), &tenant.viewer.key_text);
    for _ in 0..2 {
        for state in ["TENANT_SUSPENDED", ""] {
            assert_ne!(
                (unserved(&tenant.viewer).await.as_str(), unserved(&there).await.as_str()),
                (state, state)
            );
            if state.is_empty() {
                ok(server.platform.tenants().resume_tenant(resumption(&tenant)).await);
            } else {
                ok(server.platform.tenants().suspend_tenant(suspension(&tenant)).await);
            }
            let here = within(A_SECOND, "here", async || unserved(&tenant.viewer).await == state);
            tokio::join!(here, within(A_SECOND, "there", async || unserved(&there).await == state));
        }
    }
    replica.stop().await;
}

#[tokio::test]
async fn a_deleted_tenant_stays_deleted() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    ok(server.platform.tenants().delete_tenant(deletion(&tenant)).await);
    refused_in_state(
        server.platform.tenants().suspend_tenant(suspension(&tenant)).await,
        "deleted",
    );
    refused_in_state(server.platform.tenants().resume_tenant(resumption(&tenant)).await, "deleted");
}
