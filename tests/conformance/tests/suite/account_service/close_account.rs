//! Closing an account.

use bursar_proto::ledger::v1::{
    AccountState, BalanceRule, CloseAccountRequest, CloseAccountResponse,
};
use bursar_testkit::{
    Server, assert_hidden, event, held, id, invalid, make, moved, new_account, new_transfer, ok,
    refused, void,
};
use tonic::Code;

use super::{OTHER_ETAG, close, try_get};

fn request(id_: &str, etag: &str) -> CloseAccountRequest {
    CloseAccountRequest {
        request_id: id(),
        id: id_.into(),
        etag: etag.into(),
        validate_only: false,
    }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = || tenant.admin.accounts();
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    // Money that came and went is no balance.
    moved(&tenant.operator, &bank, &account, "5").await;
    moved(&tenant.operator, &account, &bank, "5").await;
    let call = request(&account.id, &account.etag);

    let tried = CloseAccountRequest { validate_only: true, ..call.clone() };
    assert_eq!(
        ok(accounts().close_account(tried).await).account.unwrap().state(),
        AccountState::Closed
    );
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap().state(), AccountState::Open);

    let first = ok(accounts().close_account(call.clone()).await);
    let closed = first.account.clone().unwrap();
    assert_eq!(closed.state(), AccountState::Closed);
    assert_ne!(closed.etag, account.etag);
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), closed);
    for transfer in [new_transfer(&bank, &account, "1"), new_transfer(&account, &bank, "1")] {
        let outcome = make(&tenant.operator, transfer).await;
        let fault = refused(outcome, Code::FailedPrecondition, "ACCOUNT_CLOSED");
        assert_eq!(fault.meta("account_id"), account.id);
    }

    let again = ok(accounts().close_account(call.clone()).await);
    assert_eq!(again, CloseAccountResponse { replayed: true, ..first });
    let other = CloseAccountRequest { etag: String::new(), ..call.clone() };
    let fault =
        refused(accounts().close_account(other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "etag");
    let event = event(&tenant, ("account", &account.id), "account.close", &call.request_id).await;
    assert_eq!(event.method, "CloseAccount");

    let twice = accounts().close_account(request(&account.id, "")).await;
    let fault = refused(twice, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
    assert_eq!(fault.meta("state"), "closed");
}

#[tokio::test]
async fn balance_and_holds_must_be_gone() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let not_empty = async || {
        let outcome = tenant.admin.accounts().close_account(request(&account.id, "")).await;
        let fault = refused(outcome, Code::FailedPrecondition, "ACCOUNT_NOT_EMPTY");
        assert_eq!(fault.meta("account_id"), account.id);
    };
    moved(&tenant.operator, &bank, &account, "0.01").await;
    not_empty().await;
    moved(&tenant.operator, &account, &bank, "0.02").await;
    not_empty().await;
    moved(&tenant.operator, &bank, &account, "0.01").await;
    for (debit, credit) in [(&bank, &account), (&account, &bank)] {
        let pending = held(&tenant.operator, debit, credit, "1").await;
        not_empty().await;
        void(&tenant.operator, &pending).await.unwrap();
    }
    close(&tenant.admin, &account).await;
}

#[tokio::test]
async fn an_old_etag_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let outcome = tenant.admin.accounts().close_account(request(&account.id, OTHER_ETAG)).await;
    let fault = refused(outcome, Code::Aborted, "ETAG_MISMATCH");
    assert_eq!(fault.meta("current_etag"), account.etag);
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), account);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let foreign = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    let absent = id();
    let ask = async |id: &str| ours.admin.accounts().close_account(request(id, "")).await;
    let fault = assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(try_get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let good = || request(&account.id, "");
    let cases: Vec<(CloseAccountRequest, &[&str])> = vec![
        (CloseAccountRequest { request_id: String::new(), ..good() }, &["request_id"]),
        (CloseAccountRequest { id: "x".into(), ..good() }, &["id"]),
        (CloseAccountRequest { etag: "x".into(), ..good() }, &["etag"]),
        (CloseAccountRequest { etag: "+1".into(), ..good() }, &["etag"]),
        (
            CloseAccountRequest { etag: "?".into(), ..Default::default() },
            &["request_id", "id", "etag"],
        ),
    ];
    for (request, fields) in cases {
        invalid(tenant.admin.accounts().close_account(request).await, fields);
    }
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), account);
}
