//! Transfers: the only way money moves.

mod amounts;
mod batch_create_transfers;
mod batch_get_transfers;
mod batch_sizes;
mod concurrency;
mod create_transfer;
mod expiry;
mod get_transfer;
mod groups;
mod holds;
mod limits;
mod list_transfers;
mod metadata;
mod pages;
mod post_transfer;
mod post_transfers;
mod races;
mod reverse_transfer;
mod stream_ends;
mod stream_transfers;
mod streams;
mod value_dates;
mod void_transfer;
mod void_transfers;

use bursar_proto::audit::v1::{AuditEvent, GetAuditEventRequest};
use bursar_proto::ledger::v1::{
    Account, BalanceRule, CreateTransferRequest, GetTransferRequest, NewTransfer,
    ReverseTransferRequest, Transfer, TransferResult,
};
use bursar_testkit::{Caller, Fault, TestTenant, fault, id, new_account, ok};
use prost::Message as _;
use tonic::{Code, Status};

/// A request for that transfer.
fn create(transfer: NewTransfer) -> CreateTransferRequest {
    CreateTransferRequest { transfer: Some(transfer), validate_only: false }
}

/// Two accounts in euros without limits.
async fn two(caller: &Caller) -> (Account, Account) {
    (
        new_account(caller, "EUR", BalanceRule::Unlimited).await,
        new_account(caller, "EUR", BalanceRule::Unlimited).await,
    )
}

/// Asks for a transfer.
async fn try_get(caller: &Caller, id: &str) -> Result<Transfer, Status> {
    let reply = caller.transfers().get_transfer(GetTransferRequest { id: id.into() }).await?;
    Ok(reply.into_inner().transfer.unwrap())
}

/// Moves the money of a transfer back.
async fn reverse(caller: &Caller, original: &Transfer) -> Result<Transfer, Status> {
    let request =
        ReverseTransferRequest { id: id(), transfer_id: original.id.clone(), ..Default::default() };
    Ok(caller.transfers().reverse_transfer(request).await?.into_inner().transfer.unwrap())
}

/// The event that a transfer is.
async fn event_of(tenant: &TestTenant, transfer: &str) -> AuditEvent {
    let request = GetAuditEventRequest { id: transfer.into() };
    let event = ok(tenant.auditor.audit().get_audit_event(request).await).event.unwrap();
    assert_eq!((event.resource_type.as_str(), event.resource_id.as_str()), ("transfer", transfer));
    event
}

/// What a refused item of a batch says.
#[track_caller]
fn item_fault(result: &TransferResult) -> Fault {
    let error = result.error.as_ref().expect("a refusal");
    assert!(result.posted_at.is_none() && !result.replayed, "{result:?}");
    assert_eq!((result.debit_posted.as_str(), result.credit_posted.as_str()), ("", ""));
    let details = error.encode_to_vec().into();
    fault(Status::with_details(Code::from(error.code), &error.message, details))
}
