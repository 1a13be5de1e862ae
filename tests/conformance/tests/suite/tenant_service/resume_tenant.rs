use bursar_proto::admin::v1::{ResumeTenantRequest, TenantState};
use bursar_testkit::{A_SECOND, Server, fault, id, ok, within};
use tonic::Code;

use super::{
    events, get, only_the_platform_manages, refusal, refused_in_state, resumption, suspension,
    unserved,
};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    ok(server.platform.tenants().suspend_tenant(suspension(&tenant)).await);
    let request = resumption(&tenant);
    let first = ok(server.platform.tenants().resume_tenant(request.clone()).await);
    assert_eq!(
        (first.tenant.as_ref().unwrap().state(), first.replayed),
        (TenantState::Active, false)
    );
    assert_eq!(first.tenant, Some(get(&server, &tenant.id).await));
    within(A_SECOND, "the resumption", async || unserved(&tenant.operator).await.is_empty()).await;
    refused_in_state(server.platform.tenants().resume_tenant(resumption(&tenant)).await, "active");

    // Suspended again: the replay still tells what its call did, and does nothing.
    ok(server.platform.tenants().suspend_tenant(suspension(&tenant)).await);
    let again = ok(server.platform.tenants().resume_tenant(request.clone()).await);
    assert_eq!((again.tenant, again.replayed), (first.tenant, true));
    assert_eq!(get(&server, &tenant.id).await.state(), TenantState::Suspended);
    let found = events(&server, &tenant.id).await;
    let actions: Vec<_> = found.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["tenant.suspend", "tenant.resume", "tenant.suspend", "tenant.create"]);
    let other = ResumeTenantRequest { id: id(), ..request };
    let refused = refusal(server.platform.tenants().resume_tenant(other).await);
    refused.is("other body", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(refused.meta("fields"), "id");
}

#[tokio::test]
async fn other_tenant() {
    only_the_platform_manages(async |caller, tenant| {
        let request = ResumeTenantRequest { request_id: id(), id: tenant };
        caller.tenants().resume_tenant(request).await
    })
    .await;
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let request = |request_id: &str, id: &str| ResumeTenantRequest {
        request_id: request_id.into(),
        id: id.into(),
    };
    let cases: [(&str, ResumeTenantRequest, &[&str]); 4] = [
        ("no request id", request("", &id()), &["request_id"]),
        ("no id", request(&id(), ""), &["id"]),
        ("bad id", request(&id(), "x"), &["id"]),
        ("both", request("x", "x"), &["request_id", "id"]),
    ];
    for (case, request, fields) in cases {
        fault(server.platform.tenants().resume_tenant(request).await.unwrap_err())
            .names(case, fields);
    }
}
