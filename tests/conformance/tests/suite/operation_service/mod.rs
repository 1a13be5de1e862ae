//! What became of a call whose reply was lost.

mod fence;
mod get_operation;
mod race;
mod transfers;

use bursar_proto::ledger::v1::{Account, BalanceRule};
use bursar_proto::operation::v1::{GetOperationRequest, GetOperationResponse, OperationState};
use bursar_testkit::{Caller, Fault, TestTenant, fault, new_account, ok};
use prost::Message;
use tonic::{Code, Response, Status};

async fn ask(caller: &Caller, id: &str) -> GetOperationResponse {
    let request = GetOperationRequest { id: id.into(), fence: false };
    ok(caller.operations().get_operation(request).await)
}

async fn fence(caller: &Caller, id: &str) -> GetOperationResponse {
    let request = GetOperationRequest { id: id.into(), fence: true };
    ok(caller.operations().get_operation(request).await)
}

/// Fails unless the call succeeded by that RPC, with that very reply.
#[track_caller]
fn succeeded<R: Message + Default + PartialEq + std::fmt::Debug>(
    found: &GetOperationResponse,
    path: &str,
    reply: &R,
) {
    assert_eq!((found.state(), found.method.as_str()), (OperationState::Succeeded, path));
    assert!(found.recorded_at.is_some());
    let any = found.reply.as_ref().expect("the first reply");
    let (_, rpc) = path.rsplit_once('/').unwrap();
    let package = path[1..].split('.').take(3).collect::<Vec<_>>().join(".");
    assert_eq!(any.type_url, format!("type.googleapis.com/{package}.{rpc}Response"));
    assert_eq!(&R::decode(any.value.as_slice()).unwrap(), reply);
}

#[track_caller]
fn not_recorded(found: &GetOperationResponse) {
    let mut want = GetOperationResponse::default();
    want.set_state(OperationState::NotRecorded);
    assert_eq!(found, &want);
}

#[track_caller]
fn fenced(found: &GetOperationResponse) {
    assert_eq!((found.state(), found.method.as_str()), (OperationState::Fenced, ""));
    assert!(found.reply.is_none() && found.recorded_at.is_some(), "{found:?}");
}

fn refusal<R: std::fmt::Debug>(outcome: Result<Response<R>, Status>) -> Fault {
    fault(outcome.unwrap_err())
}

/// Fails unless the call was refused because its id is fenced.
#[track_caller]
fn refused_as_fenced<R: std::fmt::Debug>(outcome: Result<Response<R>, Status>) {
    refusal(outcome).is("fenced", Code::Aborted, "OPERATION_FENCED");
}

async fn two_accounts(tenant: &TestTenant) -> (Account, Account) {
    let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    (one, new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await)
}
