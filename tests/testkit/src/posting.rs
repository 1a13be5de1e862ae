//! Moving money, and reading back what moved.

use bursar_proto::ledger::v1::{
    Account, Balance, BalanceRule, BatchCreateTransfersRequest, BatchMode, CreateAccountRequest,
    CreateTransferRequest, GetAccountRequest, Hold, ListTransfersRequest, NewAccount, NewTransfer,
    PostTransferRequest, SortOrder, Transfer, TransferFilter, TransferResult, VoidTransferRequest,
};
use tonic::Status;

use crate::answers::ok;
use crate::caller::Caller;
use crate::ledger::{id, money, new_transfer};

/// Makes a transfer.
pub async fn make(caller: &Caller, transfer: NewTransfer) -> Result<Transfer, Status> {
    let request = CreateTransferRequest { transfer: Some(transfer), validate_only: false };
    let reply = caller.transfers().create_transfer(request).await?.into_inner();
    Ok(reply.transfer.expect("a transfer"))
}

/// Moves an amount that can be moved.
pub async fn moved(caller: &Caller, debit: &Account, credit: &Account, amount: &str) -> Transfer {
    make(caller, new_transfer(debit, credit, amount)).await.expect("a transfer")
}

/// A pending transfer to be made; without a timeout when it is 0.
pub fn new_hold(debit: &Account, credit: &Account, amount: &str, seconds: i64) -> NewTransfer {
    let timeout = (seconds != 0).then_some(prost_types::Duration { seconds, nanos: 0 });
    NewTransfer { pending: true, timeout, ..new_transfer(debit, credit, amount) }
}

/// Reserves an amount that can be reserved, without a timeout.
pub async fn held(caller: &Caller, debit: &Account, credit: &Account, amount: &str) -> Transfer {
    make(caller, new_hold(debit, credit, amount, 0)).await.expect("a pending transfer")
}

/// Posts a part of a hold, or all of it when `amount` is empty.
pub async fn post_part(
    caller: &Caller,
    pending: &Transfer,
    amount: &str,
    release_remainder: bool,
) -> Result<Transfer, Status> {
    let asset = &pending.amount.as_ref().expect("an amount").asset;
    let request = PostTransferRequest {
        id: id(),
        pending_id: pending.id.clone(),
        amount: if amount.is_empty() { None } else { money(asset, amount) },
        release_remainder,
        ..Default::default()
    };
    let reply = caller.transfers().post_transfer(request).await?.into_inner();
    Ok(reply.transfer.expect("a transfer"))
}

/// Voids what a hold still has.
pub async fn void(caller: &Caller, pending: &Transfer) -> Result<Transfer, Status> {
    let request =
        VoidTransferRequest { id: id(), pending_id: pending.id.clone(), ..Default::default() };
    let reply = caller.transfers().void_transfer(request).await?.into_inner();
    Ok(reply.transfer.expect("a transfer"))
}

/// Sends a batch.
pub async fn batch(
    caller: &Caller,
    transfers: Vec<NewTransfer>,
    mode: BatchMode,
) -> Result<Vec<TransferResult>, Status> {
    let request =
        BatchCreateTransfersRequest { transfers, mode: mode.into(), validate_only: false };
    Ok(caller.transfers().batch_create_transfers(request).await?.into_inner().results)
}

/// Opens an account of that shape.
pub async fn open(caller: &Caller, account: NewAccount) -> Account {
    let request =
        CreateAccountRequest { request_id: id(), account: Some(account), ..Default::default() };
    ok(caller.accounts().create_account(request).await).account.expect("an account")
}

/// Opens an account with a rule and an overdraft limit.
pub async fn open_limited(caller: &Caller, rule: BalanceRule, limit: &str) -> Account {
    let (asset, overdraft_limit) = ("EUR".to_owned(), limit.to_owned());
    let account =
        NewAccount { asset, overdraft_limit, balance_rule: rule.into(), ..Default::default() };
    open(caller, account).await
}

/// Reads an account.
pub async fn account(caller: &Caller, id: &str) -> Account {
    let request = GetAccountRequest { id: id.into() };
    ok(caller.accounts().get_account(request).await).account.expect("an account")
}

/// Every transfer that the filter lets through, oldest first, read in pages of `page_size`.
pub async fn list_all(caller: &Caller, filter: TransferFilter, page_size: i32) -> Vec<Transfer> {
    let mut request = ListTransfersRequest {
        filter: Some(filter),
        order: SortOrder::OldestFirst.into(),
        page_size,
        page_token: String::new(),
    };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.transfers().list_transfers(request.clone()).await);
        found.extend(page.transfers);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

/// Every transfer that touched an account, oldest first.
pub async fn history(caller: &Caller, account: &Account) -> Vec<Transfer> {
    let filter = TransferFilter { account_id: account.id.clone(), ..Default::default() };
    list_all(caller, filter, 1_000).await
}

/// What has become of a pending transfer's hold.
pub async fn hold_of(caller: &Caller, pending: &Transfer) -> Hold {
    let request = bursar_proto::ledger::v1::GetTransferRequest { id: pending.id.clone() };
    let found = ok(caller.transfers().get_transfer(request).await);
    found.transfer.and_then(|transfer| transfer.hold).expect("a hold")
}

/// The four totals of a balance: debits and credits posted, debits and credits pending.
pub fn totals(balance: &Balance) -> [&str; 4] {
    [
        &balance.debits_posted,
        &balance.credits_posted,
        &balance.debits_pending,
        &balance.credits_pending,
    ]
}
