use bursar_proto::audit::v1::{AuditFilter, GetAuditEventRequest};
use bursar_proto::operation::v1::GetOperationRequest;
use bursar_testkit::{Server, assert_hidden, fault, id, invalid, moved, ok};
use tonic::Code;

use super::{get, list, two_accounts};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (one, two) = two_accounts(&tenant).await;
    let transfer = moved(&tenant.operator, &one, &two, "5").await;
    let all = list(&tenant.auditor, AuditFilter::default()).await;
    assert_eq!(all.len(), 6, "three keys, two accounts, a transfer");
    for event in &all {
        for caller in [&tenant.auditor, &tenant.admin] {
            assert_eq!(&get(caller, &event.id).await, event);
        }
    }
    assert_eq!(all[0].id, transfer.id);
    assert_eq!(get(&tenant.auditor, &transfer.id.to_uppercase()).await, all[0]);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let (debit, credit) = two_accounts(&one).await;
    let transfer = moved(&one.operator, &debit, &credit, "5").await;
    let event = list(&one.auditor, AuditFilter::default()).await.pop().unwrap();
    let absent = id();
    for caller in [&other.auditor, &other.admin, &server.platform] {
        let ask = async |id: &str| {
            caller.audit().get_audit_event(GetAuditEventRequest { id: id.into() }).await
        };
        for theirs in [&transfer.id, &event.id] {
            assert_hidden((ask(theirs).await, theirs), (ask(&absent).await, &absent)).is(
                "another tenant's",
                Code::NotFound,
                "RESOURCE_NOT_FOUND",
            );
        }
    }
    // What the platform did is the platform's: a tenant does not see who made it.
    let made = list(&server.platform, AuditFilter::default()).await.pop().unwrap();
    assert_eq!(made.action, "tenant.create");
    let ask = async |id: &str| {
        one.auditor.audit().get_audit_event(GetAuditEventRequest { id: id.into() }).await
    };
    assert_hidden((ask(&made.id).await, &made.id), (ask(&absent).await, &absent));
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for bad in ["", "x", "{0192f0c0-0000-7000-8000-000000000000}"] {
        let request = GetAuditEventRequest { id: bad.into() };
        invalid(tenant.auditor.audit().get_audit_event(request).await, &["id"]);
    }
}

/// A fenced id stands in the table of transfers, but is none.
#[tokio::test]
async fn a_fence_is_an_event_by_its_own_id_only() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let stopped = id();
    ok(tenant
        .operator
        .operations()
        .get_operation(GetOperationRequest { id: stopped.clone(), fence: true })
        .await);
    let request = GetAuditEventRequest { id: stopped.clone() };
    fault(tenant.auditor.audit().get_audit_event(request).await.unwrap_err()).is(
        "fenced",
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
    let newest = list(&tenant.auditor, AuditFilter::default()).await.remove(0);
    assert_eq!((newest.action.as_str(), newest.resource_id), ("operation.fence", stopped));
    assert_eq!(get(&tenant.auditor, &newest.id).await.action, "operation.fence");
}
