//! Reading many accounts as one state.

use bursar_proto::ledger::v1::{
    Account, BalanceRule, BatchCreateAccountsRequest, BatchGetAccountsRequest,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, attributes, id, invalid, make, new_account, new_transfer, ok,
    refused,
};
use tonic::{Code, Status};

use super::euros;

async fn read(caller: &Caller, ids: &[&String]) -> Result<Vec<Account>, Status> {
    let ids = ids.iter().map(|id| (*id).clone()).collect();
    let reply = caller.accounts().batch_get_accounts(BatchGetAccountsRequest { ids }).await?;
    Ok(reply.into_inner().accounts)
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let call = BatchCreateAccountsRequest {
        request_id: id(),
        accounts: vec![euros(); 200],
        validate_only: false,
    };
    let made = ok(tenant.operator.accounts().batch_create_accounts(call).await).accounts;
    let ids: Vec<&String> = made.iter().rev().map(|account| &account.id).collect();
    let mut wanted = made.clone();
    wanted.reverse();
    assert_eq!(read(&tenant.viewer, &ids).await.unwrap(), wanted);
    // Twice the same is answered twice.
    assert_eq!(
        read(&tenant.viewer, &[ids[3], ids[3]]).await.unwrap(),
        [wanted[3].clone(), wanted[3].clone()]
    );

    let (first, second) = (id(), id());
    let outcome = read(&tenant.viewer, &[ids[0], &first, &second]).await;
    let fault = refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
    assert!(fault.message.contains(&first), "names the first that is absent: {fault:?}");
}

/// While money runs round, the sum over both sides of every read is zero.
#[tokio::test]
async fn reads_one_consistent_state() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let a = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let b = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let (caller, from, to) = (tenant.operator.clone(), a.clone(), b.clone());
    let writer = tokio::spawn(async move {
        for _ in 0..60 {
            make(&caller, new_transfer(&from, &to, "1")).await.unwrap();
        }
    });
    let mut seen = std::collections::BTreeSet::new();
    while !writer.is_finished() {
        let both = read(&tenant.viewer, &[&a.id, &b.id]).await.unwrap();
        let balances = [both[0].balance.as_ref().unwrap(), both[1].balance.as_ref().unwrap()];
        assert_eq!(balances[0].debits_posted, balances[1].credits_posted);
        assert_eq!(balances[0].version, balances[1].version);
        seen.insert(balances[0].version);
    }
    writer.await.unwrap();
    assert!(seen.len() > 3, "read while written: {seen:?}");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let own = new_account(&ours.operator, "EUR", BalanceRule::Unlimited).await;
    let foreign = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    let absent = id();
    let fault = assert_hidden(
        (read(&ours.admin, &[&own.id, &foreign.id]).await, &foreign.id),
        (read(&ours.admin, &[&own.id, &absent]).await, &absent),
    );
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let good = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await.id;
    let cases: Vec<(Vec<String>, &[&str])> = vec![
        (vec![], &["ids"]),
        (vec![good.clone(); 201], &["ids"]),
        (vec!["x".into(), good.clone(), String::new()], &["ids[0]", "ids[2]"]),
    ];
    for (ids, fields) in cases {
        let request = BatchGetAccountsRequest { ids };
        invalid(tenant.viewer.accounts().batch_get_accounts(request).await, fields);
    }
}

/// Numbers are larger on the wire than as JSON, so even accounts within all limits can pass what a client takes: that
/// is said, and smaller calls read them.
#[tokio::test]
async fn a_reply_too_large_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let metadata = attributes(serde_json::json!({ "n": vec![1; 8_000] }));
    let new = bursar_proto::ledger::v1::NewAccount { metadata, ..euros() };
    let account = bursar_testkit::open(&tenant.operator, new).await;
    invalid(read(&tenant.viewer, &[&account.id; 100]).await, &["ids"]);
    assert_eq!(read(&tenant.viewer, &[&account.id; 20]).await.unwrap().len(), 20);
}
