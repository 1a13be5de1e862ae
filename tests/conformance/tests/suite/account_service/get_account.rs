//! Reading one account.

use bursar_proto::ledger::v1::{BalanceRule, GetAccountRequest};
use bursar_testkit::{
    Server, assert_hidden, held, id, invalid, moved, new_account, open_limited, refused, totals,
};
use tonic::Code;

use super::try_get;

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let wallet = open_limited(&tenant.operator, rule, "5").await;
    assert_eq!(try_get(&tenant.viewer, &wallet.id).await.unwrap(), wallet);
    assert_eq!(try_get(&tenant.viewer, &wallet.id.to_uppercase()).await.unwrap(), wallet);

    moved(&tenant.operator, &bank, &wallet, "100").await;
    moved(&tenant.operator, &wallet, &bank, "30.25").await;
    held(&tenant.operator, &wallet, &bank, "10").await;
    held(&tenant.operator, &bank, &wallet, "7").await;
    let read = try_get(&tenant.auditor, &wallet.id).await.unwrap();
    // Transfers are no change of the account itself.
    assert_eq!((&read.etag, read.updated_at), (&wallet.etag, wallet.updated_at));
    let balance = read.balance.unwrap();
    assert_eq!(totals(&balance), ["30.25", "100", "10", "7"]);
    assert_eq!((balance.posted.as_str(), balance.version), ("69.75", 4));
    assert_eq!(balance.available, "64.75");
    let bank = try_get(&tenant.viewer, &bank.id).await.unwrap().balance.unwrap();
    assert_eq!(totals(&bank), ["100", "30.25", "7", "10"]);
    assert_eq!((bank.posted.as_str(), bank.available.as_str()), ("-69.75", ""));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let foreign = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    let absent = id();
    let fault = assert_hidden(
        (try_get(&ours.admin, &foreign.id).await, &foreign.id),
        (try_get(&ours.admin, &absent).await, &absent),
    );
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let good = id();
    for bad in ["", "4711", &good.replace('-', ""), &format!("{{{good}}}"), &format!("{good} ")] {
        let request = GetAccountRequest { id: bad.into() };
        invalid(tenant.viewer.accounts().get_account(request).await, &["id"]);
    }
    refused(try_get(&tenant.viewer, &good).await, Code::NotFound, "RESOURCE_NOT_FOUND");
}
