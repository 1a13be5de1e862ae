//! Small requests that most tests need.

use bursar_proto::common::v1::Money;
use bursar_proto::ledger::v1::{
    Account, Balance, BalanceRule, CreateAccountRequest, GetBalanceRequest, NewAccount, NewTransfer,
};
use uuid::Uuid;

use crate::caller::Caller;

/// A fresh UUID.
pub fn id() -> String {
    Uuid::now_v7().to_string()
}

/// An amount.
pub fn money(asset: &str, amount: &str) -> Option<Money> {
    Some(Money { asset: asset.into(), amount: amount.into() })
}

/// Opens an account.
pub async fn new_account(caller: &Caller, asset: &str, rule: BalanceRule) -> Account {
    let account =
        NewAccount { asset: asset.into(), balance_rule: rule.into(), ..Default::default() };
    let request =
        CreateAccountRequest { request_id: id(), account: Some(account), ..Default::default() };
    caller
        .accounts()
        .create_account(request)
        .await
        .expect("an account")
        .into_inner()
        .account
        .expect("an account")
}

/// A transfer to be made.
pub fn new_transfer(debit: &Account, credit: &Account, amount: &str) -> NewTransfer {
    NewTransfer {
        id: id(),
        debit_account_id: debit.id.clone(),
        credit_account_id: credit.id.clone(),
        amount: money(&debit.asset, amount),
        ..Default::default()
    }
}

/// The balance of an account now.
pub async fn balance(caller: &Caller, account: &Account) -> Balance {
    let request = GetBalanceRequest { account_id: account.id.clone(), as_of: None };
    caller
        .accounts()
        .get_balance(request)
        .await
        .expect("a balance")
        .into_inner()
        .balance
        .expect("a balance")
}
