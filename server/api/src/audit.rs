//! `AuditService`: the trail of everything that changed something.

use std::sync::Arc;

use bursar_domain::audit::{AuditEvent, AuditFilter};
use bursar_domain::ids::EventId;
use bursar_domain::limits::MAX_NAME_CHARS;
use bursar_domain::page::Cursor;
use bursar_domain::{Error, Result};
use bursar_proto::audit::v1 as pb;
use bursar_proto::audit::v1::audit_service_server::AuditService;
use tonic::{Request, Response, Status};

use crate::call::{ListRequest as _, answer, fit, page_request, page_token};
use crate::convert::{
    Checks, id, line, optional_id, optional_timestamp, to_optional_id, to_struct, to_timestamp,
};
use crate::kernel::Kernel;
use crate::seal;
use crate::streams::Bounds;

/// Server of the service.
pub(crate) struct AuditEvents(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl AuditService for AuditEvents {
    async fn list_audit_events(
        &self,
        request: Request<pb::ListAuditEventsRequest>,
    ) -> Result<Response<pb::ListAuditEventsResponse>, Status> {
        answer(request, |op, message| async move {
            let bytes = message.filter_bytes();
            let mut checks = Checks::new();
            let filter = checks.take_within("filter.", filter(message.filter.as_ref()));
            let page =
                checks.take(page_request(&op, &bytes, message.page_size, &message.page_token, 2));
            let (filter, page) = checks.finish(|| Some((filter?, page?)))?;
            let page = self.0.store.audit_event_list(&op, &filter, &page).await?;
            let page = fit(page, |e| Cursor::at(e.recorded_at, e.id), to_event);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListAuditEventsResponse { events: page.items, next_page_token }))
        })
        .await
    }

    async fn get_audit_event(
        &self,
        request: Request<pb::GetAuditEventRequest>,
    ) -> Result<Response<pb::GetAuditEventResponse>, Status> {
        answer(request, |op, message| async move {
            let id: EventId = id("id", &message.id)?;
            let event = self.0.store.audit_event_get(&op, id.0).await?;
            Ok(Response::new(pb::GetAuditEventResponse { event: Some(to_event(&event)) }))
        })
        .await
    }

    type VerifyStream = seal::Messages;

    async fn verify(
        &self,
        request: Request<pb::VerifyRequest>,
    ) -> Result<Response<Self::VerifyStream>, Status> {
        let bounds = Bounds::of(&request);
        answer(request, |op, message| async move {
            let kept = message.checkpoint.as_ref().map(seal::checkpoint).transpose();
            let kept = kept.map_err(|error| error.within("checkpoint."))?;
            if kept.as_ref().is_some_and(|kept| kept.tenant != op.tenant) {
                return Err(Error::invalid("checkpoint.tenant_id", "is not the key's tenant"));
            }
            let state = self.0.store.audit_verify(op.tenant, kept).await?;
            Ok(seal::verify(self.0.clone(), op, bounds, state))
        })
        .await
    }

    async fn get_checkpoint(
        &self,
        request: Request<pb::GetCheckpointRequest>,
    ) -> Result<Response<pb::GetCheckpointResponse>, Status> {
        answer(request, |op, message| async move {
            let position = seal::position(message.position)?;
            let point = self.0.store.audit_checkpoint(&op, position).await?;
            let checkpoint = Some(seal::to_checkpoint(&point));
            Ok(Response::new(pb::GetCheckpointResponse { checkpoint }))
        })
        .await
    }

    async fn export_checkpoint(
        &self,
        request: Request<pb::ExportCheckpointRequest>,
    ) -> Result<Response<pb::ExportCheckpointResponse>, Status> {
        answer(request, |op, message| async move {
            let position = seal::position(message.position)?;
            let point = self.0.store.audit_checkpoint(&op, position).await?;
            Ok(Response::new(pb::ExportCheckpointResponse { json: seal::to_json(&point) }))
        })
        .await
    }
}

/// The filter given; none when absent. Fields are named without a prefix.
fn filter(wire: Option<&pb::AuditFilter>) -> Result<AuditFilter> {
    let Some(wire) = wire else {
        return Ok(AuditFilter::default());
    };
    let mut checks = Checks::new();
    let from = checks.take(optional_timestamp("from", wire.from.as_ref()));
    let to = checks.take(optional_timestamp("to", wire.to.as_ref()));
    let key = checks.take(optional_id("key_id", &wire.key_id));
    let institution = checks.take(optional_id("institution_id", &wire.institution_id));
    let mut text = |field: &str, value: &str| {
        let line = checks.take(line(field, value, MAX_NAME_CHARS))?;
        Some(if line.is_empty() { None } else { Some(line) })
    };
    let action = text("action", &wire.action);
    let resource_type = text("resource_type", &wire.resource_type);
    let resource_id = text("resource_id", &wire.resource_id);
    if !wire.resource_id.is_empty() && wire.resource_type.is_empty() {
        checks.note(
            "resource_type",
            "is missing; a resource_id is only found together with its resource_type",
        );
    }
    // Transfers are events too, and their table has no index by these: a range of time bounds the look.
    let unbounded = [
        ("key_id", !wire.key_id.is_empty()),
        ("institution_id", !wire.institution_id.is_empty()),
        ("action", wire.action.starts_with("transfer.")),
    ];
    let bounded = wire.from.is_some()
        || !wire.resource_id.is_empty()
        || !matches!(wire.resource_type.as_str(), "" | "transfer");
    for (field, given) in unbounded {
        if given && !bounded {
            checks.note(field, "needs `from` beside it, for transfers have no index by it; give the time to look from");
        }
    }
    checks.finish(|| {
        Some(AuditFilter {
            from: from?,
            to: to?,
            key: key?,
            institution: institution?,
            action: action?,
            resource_type: resource_type?,
            resource_id: resource_id?,
        })
    })
}

/// An event as callers see it.
pub(crate) fn to_event(event: &AuditEvent) -> pb::AuditEvent {
    pb::AuditEvent {
        id: event.id.to_string(),
        key_id: event.key.to_string(),
        institution_id: to_optional_id(event.institution),
        method: event.method.clone(),
        path: event.path.clone(),
        action: event.action.clone(),
        resource_type: event.resource_type.clone(),
        resource_id: event.resource_id.clone(),
        payload: Some(to_struct(&event.payload)),
        request_id: to_optional_id(event.request_id),
        occurred_at: Some(to_timestamp(event.occurred_at)),
        recorded_at: Some(to_timestamp(event.recorded_at)),
    }
}

#[cfg(test)]
mod tests {
    use bursar_domain::ids::{KeyId, RequestId};
    use bursar_domain::json::Json;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    #[test]
    fn filters() {
        assert_eq!(filter(None), Ok(AuditFilter::default()));
        assert_eq!(filter(Some(&pb::AuditFilter::default())), Ok(AuditFilter::default()));
        let by = pb::AuditFilter {
            resource_type: "account".into(),
            resource_id: "x".into(),
            ..Default::default()
        };
        let read = filter(Some(&by)).unwrap();
        assert_eq!(
            (read.resource_type.as_deref(), read.resource_id.as_deref()),
            (Some("account"), Some("x"))
        );
        let bad = pb::AuditFilter {
            key_id: "me".into(),
            action: "a\0".into(),
            resource_id: "x".into(),
            ..Default::default()
        };
        let Err(Error::Invalid(violations)) = filter(Some(&bad)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["key_id", "action", "resource_type"]);
    }

    #[test]
    fn an_event_as_the_wire_has_it() {
        let event = AuditEvent {
            id: EventId::generate().0,
            key: KeyId::generate(),
            institution: None,
            method: "CreateAccount".into(),
            path: "/bursar.ledger.v1.AccountService/CreateAccount".into(),
            action: "account.create".into(),
            resource_type: "account".into(),
            resource_id: "x".into(),
            payload: Json::stored(json!({ "account": { "asset": "EUR" } })),
            request_id: Some(RequestId::generate()),
            occurred_at: Timestamp::UNIX_EPOCH,
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        let wire = to_event(&event);
        assert_eq!(wire.institution_id, "");
        assert_eq!(wire.request_id, event.request_id.unwrap().to_string());
        assert_eq!(wire.payload.unwrap(), to_struct(&event.payload));
    }
}
