//! Calls that race for something other than a balance.

use std::collections::BTreeMap;

use bursar_proto::ledger::v1::{
    AccountState, BalanceRule, BatchCreateAccountsRequest, BatchMode, CloseAccountRequest,
    NewAccount, NewTransfer, TransferFilter,
};
use bursar_testkit::{
    Random, Server, account, balance, batch, fault, history, id, list_all, make, moved,
    new_account, new_transfer, ok, refused,
};
use tonic::Code;

use super::two;

/// Groups on different accounts share no account's lock: only the group's id tells that it was used.
#[tokio::test]
async fn a_group_is_used_by_one_call() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let group = id();
    let mut calls = Vec::new();
    for _ in 0..12 {
        let (from, to) = two(&tenant.operator).await;
        let linked = || NewTransfer { group_id: group.clone(), ..new_transfer(&from, &to, "1") };
        let (caller, new) = (tenant.operator.clone(), vec![linked(), linked()]);
        calls.push(async move { batch(&caller, new, BatchMode::AllOrNothing).await });
    }
    let calls: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut done = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => done += 1,
            refusal => drop(refused(refusal, Code::FailedPrecondition, "GROUP_EXISTS")),
        }
    }
    assert_eq!(done, 1);
    let filter = TransferFilter { group_id: group, ..Default::default() };
    assert_eq!(list_all(&tenant.viewer, filter, 10).await.len(), 2);
}

/// Whoever comes first, an account is never closed with a balance, and nothing is posted to it once it is closed.
#[tokio::test]
async fn closing_while_money_moves() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    for _ in 0..10 {
        let wallet = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
        let (caller, from, to) = (tenant.operator.clone(), bank.clone(), wallet.clone());
        let paying = tokio::spawn(async move {
            for _ in 0..3 {
                for new in [new_transfer(&from, &to, "1"), new_transfer(&to, &from, "1")] {
                    if let Err(status) = make(&caller, new).await {
                        assert_eq!(fault(status).reason, "ACCOUNT_CLOSED");
                        return;
                    }
                }
            }
        });
        let close = || CloseAccountRequest {
            request_id: id(),
            id: wallet.id.clone(),
            ..Default::default()
        };
        while let Err(status) = tenant.admin.accounts().close_account(close()).await {
            assert_eq!(fault(status).reason, "ACCOUNT_NOT_EMPTY");
        }
        let closed = account(&tenant.viewer, &wallet.id).await;
        paying.await.unwrap();
        let after = account(&tenant.viewer, &wallet.id).await;
        assert_eq!(after, closed);
        assert_eq!(
            (after.state(), after.balance.unwrap().posted.as_str()),
            (AccountState::Closed, "0")
        );
    }
}

/// Large batches over the same accounts in different orders neither lock each other out nor lose anything.
#[tokio::test]
async fn batches_over_the_same_accounts() {
    let mut random = Random::new();
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let euros = NewAccount { asset: "EUR".into(), ..Default::default() };
    let request = BatchCreateAccountsRequest {
        request_id: id(),
        accounts: vec![euros; 40],
        validate_only: false,
    };
    let accounts = ok(tenant.operator.accounts().batch_create_accounts(request).await).accounts;
    let mut touched: BTreeMap<String, i64> = BTreeMap::new();
    let mut calls = Vec::new();
    for _ in 0..6 {
        let mut new = Vec::new();
        for _ in 0..500 {
            let (debit, credit) = random.two(&accounts);
            for account in [debit, credit] {
                *touched.entry(account.id.clone()).or_default() += 1;
            }
            new.push(new_transfer(debit, credit, "0.01"));
        }
        let caller = tenant.operator.clone();
        calls.push(tokio::spawn(async move { batch(&caller, new, BatchMode::AllOrNothing).await }));
    }
    for call in calls {
        let results = call.await.unwrap().unwrap();
        assert!(results.iter().all(|result| result.error.is_none() && !result.replayed));
    }
    for account in &accounts {
        let versions: Vec<_> = history(&tenant.viewer, account)
            .await
            .iter()
            .map(|t| {
                let debited = t.debit_account_id == account.id;
                let after = if debited { &t.debit_balance } else { &t.credit_balance };
                after.as_ref().unwrap().version
            })
            .collect();
        let touched = touched.get(&account.id).copied().unwrap_or_default();
        assert_eq!(versions, (1..=touched).collect::<Vec<_>>());
        assert_eq!(balance(&tenant.viewer, account).await.version, touched);
    }
}

/// Opposite directions lock the same accounts in the same order.
#[tokio::test]
async fn two_ways_between_two_accounts() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (a, b) = two(&tenant.operator).await;
    let mut calls = Vec::new();
    for n in 0..24 {
        let (caller, a, b) = (tenant.operator.clone(), a.clone(), b.clone());
        calls.push(tokio::spawn(async move {
            let (from, to) = if n % 2 == 0 { (a, b) } else { (b, a) };
            for _ in 0..5 {
                moved(&caller, &from, &to, "1").await;
            }
        }));
    }
    for call in calls {
        call.await.unwrap();
    }
    for account in [&a, &b] {
        let now = balance(&tenant.viewer, account).await;
        assert_eq!((now.posted.as_str(), now.version), ("0", 120));
    }
}
