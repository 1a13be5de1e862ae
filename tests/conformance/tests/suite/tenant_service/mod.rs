//! Tenants: onboarding, limits, suspension, offboarding.

mod create_tenant;
mod delete_tenant;
mod get_tenant;
mod list_tenants;
mod resume_tenant;
mod suspend_tenant;
mod update_tenant;

mod leaving;
mod rate;

use bursar_proto::admin::v1::{
    CreateTenantRequest, DeleteTenantRequest, GetTenantRequest, ResumeTenantRequest,
    SuspendTenantRequest, Tenant, TenantLimits, WhoAmIRequest,
};
use bursar_proto::audit::v1::{AuditEvent, AuditFilter, ListAuditEventsRequest};
use bursar_testkit::{Caller, Fault, Server, TestTenant, assert_hidden, fault, id, ok};
use tonic::{Code, Response, Status};

fn new_tenant() -> CreateTenantRequest {
    let limits = Some(TenantLimits { max_api_keys: 7, requests_per_second: 900 });
    CreateTenantRequest {
        request_id: id(),
        name: "Ünion Bank".into(),
        limits,
        ..Default::default()
    }
}

fn suspension(tenant: &TestTenant) -> SuspendTenantRequest {
    SuspendTenantRequest { request_id: id(), id: tenant.id.clone(), reason: "unpaid".into() }
}

fn resumption(tenant: &TestTenant) -> ResumeTenantRequest {
    ResumeTenantRequest { request_id: id(), id: tenant.id.clone() }
}

fn deletion(tenant: &TestTenant) -> DeleteTenantRequest {
    DeleteTenantRequest { request_id: id(), id: tenant.id.clone(), ..Default::default() }
}

async fn get(server: &Server, id: &str) -> Tenant {
    let request = GetTenantRequest { id: id.into() };
    ok(server.platform.tenants().get_tenant(request).await).tenant.unwrap()
}

/// Every event of a tenant in the platform's trail, newest first.
async fn events(server: &Server, id: &str) -> Vec<AuditEvent> {
    let filter = AuditFilter {
        resource_type: "tenant".into(),
        resource_id: id.into(),
        ..Default::default()
    };
    let request = ListAuditEventsRequest { filter: Some(filter), ..Default::default() };
    ok(server.platform.audit().list_audit_events(request).await).events
}

/// Why the caller is not served; empty when it is.
async fn unserved(caller: &Caller) -> String {
    match caller.server().who_am_i(WhoAmIRequest {}).await {
        Ok(_) => String::new(),
        Err(status) => fault(status).reason,
    }
}

fn refusal<R: std::fmt::Debug>(outcome: Result<Response<R>, Status>) -> Fault {
    fault(outcome.unwrap_err())
}

fn refused_in_state<R: std::fmt::Debug>(outcome: Result<Response<R>, Status>, state: &str) {
    let refused = refusal(outcome);
    refused.is(state, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
    assert_eq!(refused.meta("state"), state);
}

/// Keys of tenants manage no tenant, and learn of none: what they are told is the same for their own id, another
/// tenant's, and one that nobody has. The platform itself is no tenant, and told apart from an absent one by nobody.
async fn only_the_platform_manages<R: std::fmt::Debug>(
    call: impl AsyncFn(Caller, String) -> Result<Response<R>, Status>,
) {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let before = (get(&server, &one.id).await, get(&server, &other.id).await);
    let absent = id();
    for caller in [&one.admin, &one.operator, &one.viewer, &one.auditor] {
        for id in [&one.id, &other.id] {
            let answer = (call(caller.clone(), id.clone()).await, id.as_str());
            let told = assert_hidden(answer, (call(caller.clone(), absent.clone()).await, &absent));
            told.is("a tenant's key", Code::PermissionDenied, "PERMISSION_MISSING");
        }
    }
    let platform = "00000000-0000-0000-0000-000000000000";
    let answer = (call(server.platform.clone(), platform.into()).await, platform);
    let told =
        assert_hidden(answer, (call(server.platform.clone(), absent.clone()).await, &absent));
    told.is("absent", Code::NotFound, "RESOURCE_NOT_FOUND");
    assert_eq!((get(&server, &one.id).await, get(&server, &other.id).await), before);
    assert_eq!(unserved(&server.platform).await, "");
}
