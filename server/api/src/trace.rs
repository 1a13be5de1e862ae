//! `TraceService`: from a resource of a domain to its transfers, and back.

use std::sync::Arc;

use bursar_domain::trace::{Orphan, TraceFrom, TraceKind, TraceLink};
use bursar_domain::{Error, Result};
use bursar_proto::trace::v1 as pb;
use bursar_proto::trace::v1::get_trace_request::From;
use bursar_proto::trace::v1::trace_service_server::TraceService;
use tonic::{Request, Response, Status};

use crate::audit::to_event;
use crate::call::{ListRequest as _, answer, page_request, page_token};
use crate::convert::{Checks, id, to_timestamp};
use crate::kernel::Kernel;
use crate::ledger::to_transfer;

/// Server of the service.
pub(crate) struct Traces(pub(crate) Arc<Kernel>);

crate::choices::choices! {
    /// What transfers can belong to.
    trace_kind: TraceKind = pb::TraceKind { Position = Position, Execution = Execution }
}

#[tonic::async_trait]
impl TraceService for Traces {
    async fn get_trace(
        &self,
        request: Request<pb::GetTraceRequest>,
    ) -> Result<Response<pb::GetTraceResponse>, Status> {
        answer(request, |op, message| async move {
            let trace = self.0.store.trace_get(&op, from(message.from)?).await?;
            Ok(Response::new(pb::GetTraceResponse {
                links: trace.links.iter().map(to_link).collect(),
                // Metadata and payloads would let the reply grow beyond what clients take.
                transfers: trace.transfers.iter().map(|t| plain(to_transfer(t))).collect(),
                events: trace.events.iter().map(|e| bare(to_event(e))).collect(),
                truncated: trace.truncated,
            }))
        })
        .await
    }

    async fn list_orphans(
        &self,
        request: Request<pb::ListOrphansRequest>,
    ) -> Result<Response<pb::ListOrphansResponse>, Status> {
        answer(request, |op, message| async move {
            let bytes = message.filter_bytes();
            let page = page_request(&op, &bytes, 0, &message.page_token, 3)?;
            let page = self.0.store.trace_orphans(&op, &page).await?;
            let next_page_token = page_token(&op, &bytes, &page);
            let orphans = page.items.iter().map(to_orphan).collect();
            Ok(Response::new(pb::ListOrphansResponse { orphans, next_page_token }))
        })
        .await
    }
}

fn from(wire: Option<From>) -> Result<TraceFrom> {
    match wire {
        None => Err(Error::invalid("from", "is missing; give a resource or a transfer_id")),
        Some(From::TransferId(text)) => Ok(TraceFrom::Transfer(id("transfer_id", &text)?)),
        Some(From::Resource(resource)) => {
            let mut checks = Checks::new();
            let kind = checks.take(trace_kind::required("resource.kind", resource.kind));
            let id = checks.take(id::<bursar_domain::ids::RequestId>("resource.id", &resource.id));
            checks.finish(|| Some(TraceFrom::Resource(kind?, id?.0)))
        }
    }
}

fn to_link(link: &TraceLink) -> pb::TraceLink {
    let resource =
        pb::TraceResource { kind: trace_kind::wire(link.kind), id: link.resource.to_string() };
    pb::TraceLink {
        resource: Some(resource),
        transfer_id: link.transfer.to_string(),
        created_at: Some(to_timestamp(link.created_at)),
    }
}

fn to_orphan(orphan: &Orphan) -> pb::TraceOrphan {
    pb::TraceOrphan {
        link: Some(to_link(&orphan.link)),
        link_missing: orphan.link_missing,
        transfer_gone: orphan.transfer_gone,
        resource_gone: orphan.resource_gone,
    }
}

fn plain(transfer: bursar_proto::ledger::v1::Transfer) -> bursar_proto::ledger::v1::Transfer {
    bursar_proto::ledger::v1::Transfer { metadata: None, ..transfer }
}

fn bare(event: bursar_proto::audit::v1::AuditEvent) -> bursar_proto::audit::v1::AuditEvent {
    bursar_proto::audit::v1::AuditEvent { payload: None, ..event }
}
