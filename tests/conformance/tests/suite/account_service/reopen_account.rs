//! Reopening a closed account.

use bursar_proto::ledger::v1::{
    AccountState, BalanceRule, ReopenAccountRequest, ReopenAccountResponse,
};
use bursar_testkit::{Server, assert_hidden, event, id, invalid, moved, new_account, ok, refused};
use tonic::Code;

use super::{OTHER_ETAG, close, try_get};

fn request(id_: &str, etag: &str) -> ReopenAccountRequest {
    ReopenAccountRequest {
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
    let not_closed = accounts().reopen_account(request(&account.id, "")).await;
    let fault = refused(not_closed, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
    assert_eq!(fault.meta("state"), "open");

    let closed = close(&tenant.admin, &account).await;
    let call = request(&account.id, &closed.etag);
    let tried = ReopenAccountRequest { validate_only: true, ..call.clone() };
    ok(accounts().reopen_account(tried).await);
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), closed);

    let first = ok(accounts().reopen_account(call.clone()).await);
    let opened = first.account.clone().unwrap();
    assert_eq!(opened.state(), AccountState::Open);
    assert!(![&account.etag, &closed.etag].contains(&&opened.etag));
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), opened);
    moved(&tenant.operator, &bank, &account, "1").await;

    // A replay answers what was, whatever is.
    let again = ok(accounts().reopen_account(call.clone()).await);
    assert_eq!(again, ReopenAccountResponse { replayed: true, ..first });
    let other = ReopenAccountRequest { id: bank.id.clone(), ..call.clone() };
    let fault =
        refused(accounts().reopen_account(other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "id");
    let event = event(&tenant, ("account", &account.id), "account.reopen", &call.request_id).await;
    assert_eq!(event.method, "ReopenAccount");

    // The id of another method's call is not this method's to use.
    let create = super::create(super::euros());
    ok(tenant.operator.accounts().create_account(create.clone()).await);
    let crossed =
        ReopenAccountRequest { request_id: create.request_id, ..request(&account.id, "") };
    let fault =
        refused(accounts().reopen_account(crossed).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "method");
}

#[tokio::test]
async fn an_old_etag_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let closed = close(&tenant.admin, &account).await;
    for old in [account.etag.as_str(), OTHER_ETAG] {
        let outcome = tenant.admin.accounts().reopen_account(request(&account.id, old)).await;
        let fault = refused(outcome, Code::Aborted, "ETAG_MISMATCH");
        assert_eq!(fault.meta("current_etag"), closed.etag);
    }
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), closed);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let foreign = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    let closed = close(&theirs.admin, &foreign).await;
    let absent = id();
    let ask = async |id: &str| ours.admin.accounts().reopen_account(request(id, "")).await;
    let fault = assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(try_get(&theirs.viewer, &foreign.id).await.unwrap(), closed);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let good = || request(&id(), "");
    let cases: Vec<(ReopenAccountRequest, &[&str])> = vec![
        (ReopenAccountRequest { request_id: "1".into(), ..good() }, &["request_id"]),
        (ReopenAccountRequest { id: String::new(), ..good() }, &["id"]),
        (ReopenAccountRequest { etag: "W/1".into(), ..good() }, &["etag"]),
        (
            ReopenAccountRequest { etag: "?".into(), ..Default::default() },
            &["request_id", "id", "etag"],
        ),
    ];
    for (request, fields) in cases {
        invalid(tenant.admin.accounts().reopen_account(request).await, fields);
    }
}
