//! The audit trail, as tests look at it.

use bursar_proto::audit::v1::{AuditEvent, AuditFilter, ListAuditEventsRequest};

use crate::answers::ok;
use crate::server::TestTenant;

/// The events of one resource, newest first, at most 1,000.
pub async fn events(
    tenant: &TestTenant,
    resource_type: &str,
    resource_id: &str,
) -> Vec<AuditEvent> {
    let filter = AuditFilter {
        resource_type: resource_type.into(),
        resource_id: resource_id.into(),
        ..Default::default()
    };
    let request = ListAuditEventsRequest {
        filter: Some(filter),
        page_size: 1_000,
        page_token: String::new(),
    };
    ok(tenant.auditor.audit().list_audit_events(request).await).events
}

/// The one event of a mutation: its action is the only one of that name on the resource, and names the call.
pub async fn event(
    tenant: &TestTenant,
    resource: (&str, &str),
    action: &str,
    request_id: &str,
) -> AuditEvent {
    let all = events(tenant, resource.0, resource.1).await;
    let mut named: Vec<_> =
        all.into_iter().filter(|event| event.request_id == request_id).collect();
    assert_eq!(named.len(), 1, "one event a call: {named:?}");
    let event = named.remove(0);
    assert_eq!(event.action, action);
    assert_eq!(event.resource_type, resource.0);
    assert!(event.recorded_at.is_some() && event.occurred_at.is_some(), "{event:?}");
    event
}
