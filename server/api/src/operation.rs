//! `OperationService`: what became of a call whose reply was lost.

use std::sync::Arc;

use bursar_domain::{Error, Result};
use bursar_proto::operation::v1::operation_service_server::OperationService;
use bursar_proto::operation::v1::{GetOperationRequest, GetOperationResponse, OperationState};
use bursar_store::Operation;
use prost_types::Any;
use tonic::{Request, Response, Status};

use crate::call::answer;
use crate::convert::{id, to_timestamp};
use crate::kernel::Kernel;
use crate::ledger::operation_reply;
use crate::rules::Rules;

/// Server of the service.
pub(crate) struct Operations(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl OperationService for Operations {
    async fn get_operation(
        &self,
        request: Request<GetOperationRequest>,
    ) -> Result<Response<GetOperationResponse>, Status> {
        answer(request, |op, message| async move {
            let id: bursar_domain::ids::RequestId = id("id", &message.id)?;
            let operation = self.0.store.operation_get(&op, id.0, message.fence).await?;
            Ok(Response::new(to_operation(&self.0.rules, operation)?))
        })
        .await
    }
}

fn to_operation(rules: &Rules, operation: Operation) -> Result<GetOperationResponse> {
    let of =
        |state: OperationState| GetOperationResponse { state: state as i32, ..Default::default() };
    Ok(match operation {
        Operation::Call { path, reply, recorded_at } => {
            let output = rules.output(&path);
            let output = output.ok_or_else(|| {
                Error::Internal(format!("a reply of {path} is stored, which has no descriptor"))
            })?;
            let reply = Any {
                type_url: format!("type.googleapis.com/{}", output.full_name()),
                value: reply,
            };
            let recorded_at = Some(to_timestamp(recorded_at));
            GetOperationResponse {
                method: path,
                reply: Some(reply),
                recorded_at,
                ..of(OperationState::Succeeded)
            }
        }
        Operation::Transfer(transfer) => {
            let (method, reply) = operation_reply(&transfer);
            let recorded_at = Some(to_timestamp(transfer.posted_at));
            GetOperationResponse {
                method,
                reply: Some(reply),
                recorded_at,
                ..of(OperationState::Succeeded)
            }
        }
        Operation::Fenced(at) => GetOperationResponse {
            recorded_at: Some(to_timestamp(at)),
            ..of(OperationState::Fenced)
        },
        Operation::NotRecorded => of(OperationState::NotRecorded),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn each_outcome_has_its_state() {
        let rules = Rules::load().unwrap();
        let path = "/bursar.admin.v1.TenantService/SuspendTenant";
        let call = Operation::Call {
            path: path.into(),
            reply: vec![1, 2],
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        let reply = to_operation(&rules, call).unwrap();
        assert_eq!(reply.state(), OperationState::Succeeded);
        assert_eq!(reply.method, path);
        let any = reply.reply.unwrap();
        assert_eq!(any.type_url, "type.googleapis.com/bursar.admin.v1.SuspendTenantResponse");
        assert_eq!(any.value, [1, 2]);
        let fenced = to_operation(&rules, Operation::Fenced(Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(fenced.state(), OperationState::Fenced);
        assert!(fenced.recorded_at.is_some());
        let none = to_operation(&rules, Operation::NotRecorded).unwrap();
        assert_eq!((none.state(), none.recorded_at), (OperationState::NotRecorded, None));
        let gone = Operation::Call {
            path: "/a.B/C".into(),
            reply: vec![],
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        assert!(matches!(to_operation(&rules, gone), Err(Error::Internal(_))));
    }
}
