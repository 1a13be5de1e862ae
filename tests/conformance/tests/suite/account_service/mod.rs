//! Accounts and their balances.

mod batch_create_accounts;
mod batch_get_accounts;
mod close_account;
mod create_account;
mod get_account;
mod get_balance;
mod get_statement;
mod list_accounts;
mod list_balances;
mod past_balances;
mod random_statements;
mod reopen_account;
mod shared_reads;
mod update_account;

use bursar_proto::ledger::v1::{
    Account, CloseAccountRequest, CreateAccountRequest, GetAccountRequest, NewAccount,
};
use bursar_testkit::{Caller, id, ok};
use tonic::Status;

/// What a plain account in euros is to be.
fn euros() -> NewAccount {
    NewAccount { asset: "EUR".into(), ..Default::default() }
}

/// A request for that account.
fn create(account: NewAccount) -> CreateAccountRequest {
    CreateAccountRequest { request_id: id(), account: Some(account), validate_only: false }
}

/// Asks for an account.
async fn try_get(caller: &Caller, id: &str) -> Result<Account, Status> {
    let reply = caller.accounts().get_account(GetAccountRequest { id: id.into() }).await?;
    Ok(reply.into_inner().account.unwrap())
}

/// Closes an account that can be closed.
async fn close(admin: &Caller, account: &Account) -> Account {
    let request =
        CloseAccountRequest { request_id: id(), id: account.id.clone(), ..Default::default() };
    ok(admin.accounts().close_account(request).await).account.unwrap()
}

/// An etag that no account has had.
const OTHER_ETAG: &str = "999999";
