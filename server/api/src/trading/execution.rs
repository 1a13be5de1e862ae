//! Executions of decisions.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::page::Cursor;
use bursar_domain::trading::Reported;
use bursar_proto::trading::v1 as pb;
use bursar_proto::trading::v1::execution_service_server::ExecutionService;
use prost::Message as _;
use tonic::{Request, Response, Status, Streaming};

use super::convert_execution::{listed, record, to_wire};
use super::record_stream::{self, Replies};
use crate::call::{ListRequest as _, answer, fit, page_token, reply, write};
use crate::convert::id;
use crate::kernel::Kernel;
use crate::streams::Bounds;

type Reply<T> = Result<Response<T>, Status>;

/// The execution service.
pub(crate) struct Executions(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl ExecutionService for Executions {
    async fn record_execution(
        &self,
        request: Request<pb::RecordExecutionRequest>,
    ) -> Reply<pb::RecordExecutionResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = record(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |reported| {
                recorded(reported).encode_to_vec()
            })?;
            let outcome = kernel.store.execution_record(&op, &write, new).await?;
            reply(outcome, |reported| recorded(&reported))
        })
        .await
    }

    type StreamRecordStream = Replies;

    async fn stream_record(
        &self,
        request: Request<Streaming<pb::StreamRecordRequest>>,
    ) -> Reply<Self::StreamRecordStream> {
        let bounds = Bounds::of(&request);
        let kernel = self.0.clone();
        let open =
            |op, incoming| async move { Ok(record_stream::open(kernel, op, bounds, incoming)) };
        answer(request, open).await
    }

    async fn get_execution(
        &self,
        request: Request<pb::GetExecutionRequest>,
    ) -> Reply<pb::GetExecutionResponse> {
        answer(request, |op, m| async move {
            let execution = self.0.store.execution_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetExecutionResponse { execution: Some(to_wire(&execution)) }))
        })
        .await
    }

    async fn list_executions(
        &self,
        request: Request<pb::ListExecutionsRequest>,
    ) -> Reply<pb::ListExecutionsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (filter, page) = listed(&op, &bytes, &m)?;
            let page = self.0.store.execution_list(&op, &filter, &page).await?;
            let page = fit(page, |e| Cursor::at(e.recorded_at, e.id), to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListExecutionsResponse {
                executions: page.items,
                next_page_token,
            }))
        })
        .await
    }
}

fn recorded(reported: &Reported) -> pb::RecordExecutionResponse {
    let execution = Some(to_wire(&reported.execution));
    pb::RecordExecutionResponse { execution, replayed: reported.replayed }
}
