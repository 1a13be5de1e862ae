//! Changing attributes and the overdraft limit.

use bursar_proto::ledger::v1::{
    Account, BalanceRule, NewAccount, UpdateAccountRequest, UpdateAccountResponse,
};
use bursar_testkit::{
    Server, assert_hidden, attribute_number, attributes, event, held, id, invalid, make, moved,
    new_account, new_transfer, ok, open, open_limited, refused,
};
use prost_types::FieldMask;
use serde_json::json;
use tonic::Code;

use super::{OTHER_ETAG, close, euros, try_get};

fn update(account: Account, paths: &[&str]) -> UpdateAccountRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateAccountRequest {
        request_id: id(),
        account: Some(account),
        update_mask: Some(FieldMask { paths }),
        validate_only: false,
    }
}

/// The change of an account's overdraft limit, whatever its etag.
fn limit(account: &Account, limit: &str) -> UpdateAccountRequest {
    let change =
        Account { id: account.id.clone(), overdraft_limit: limit.into(), ..Default::default() };
    update(change, &["overdraft_limit"])
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = || tenant.admin.accounts();
    let new = NewAccount {
        code: "old".into(),
        external_reference: "r-1".into(),
        metadata: attributes(json!({ "a": 1 })),
        balance_rule: BalanceRule::DebitsMustNotExceedCredits.into(),
        ..euros()
    };
    let before = open(&tenant.operator, new).await;
    // Only what the mask names is read, beside id and etag.
    let change = Account {
        asset: "BTC".into(),
        code: "new".into(),
        external_reference: "ignored".into(),
        metadata: attributes(json!({ "b": [true] })),
        overdraft_limit: "9".into(),
        ..before.clone()
    };
    let request = update(change.clone(), &["code", "metadata"]);

    let tried = UpdateAccountRequest { validate_only: true, ..request.clone() };
    assert_eq!(ok(accounts().update_account(tried).await).account.unwrap().code, "new");
    assert_eq!(try_get(&tenant.viewer, &before.id).await.unwrap(), before);

    let first = ok(accounts().update_account(request.clone()).await);
    let after = first.account.clone().unwrap();
    let wanted = Account {
        code: "new".into(),
        metadata: change.metadata.clone(),
        etag: after.etag.clone(),
        updated_at: after.updated_at,
        ..before.clone()
    };
    assert_eq!(after, wanted);
    assert_ne!(after.etag, before.etag);
    assert!(after.updated_at.unwrap().to_string() > before.updated_at.unwrap().to_string());
    assert_eq!(try_get(&tenant.viewer, &before.id).await.unwrap(), after);

    // A replay answers as the first call did, although its etag is old by now.
    let again = ok(accounts().update_account(request.clone()).await);
    assert_eq!(again, UpdateAccountResponse { replayed: true, ..first });
    let changed = Account { code: "newer".into(), ..change };
    let other = UpdateAccountRequest { account: Some(changed), ..request.clone() };
    let fault =
        refused(accounts().update_account(other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "account.code");
    let event =
        event(&tenant, ("account", &before.id), "account.update", &request.request_id).await;
    assert_eq!(event.method, "UpdateAccount");

    // Everything in the mask and nothing in the account clears it all.
    let bare = Account { id: before.id.clone(), ..Default::default() };
    let all = ["code", "external_reference", "metadata", "overdraft_limit"];
    let cleared = ok(accounts().update_account(update(bare, &all)).await).account.unwrap();
    assert_eq!((cleared.code.as_str(), cleared.external_reference.as_str()), ("", ""));
    assert_eq!((cleared.metadata, cleared.overdraft_limit.as_str()), (None, "0"));
    // The reference is free again.
    open(&tenant.operator, NewAccount { external_reference: "r-1".into(), ..euros() }).await;
}

#[tokio::test]
async fn an_old_etag_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let with = |etag: &str, code: &str| {
        let change = Account { etag: etag.into(), code: code.into(), ..account.clone() };
        update(change, &["code"])
    };
    let second = ok(tenant.admin.accounts().update_account(with(&account.etag, "a")).await);
    let current = second.account.unwrap().etag;
    for old in [account.etag.as_str(), OTHER_ETAG] {
        let outcome = tenant.admin.accounts().update_account(with(old, "b")).await;
        let fault = refused(outcome, Code::Aborted, "ETAG_MISMATCH");
        assert_eq!(fault.meta("current_etag"), current);
    }
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap().code, "a");
    // What it says is what works.
    ok(tenant.admin.accounts().update_account(with(&current, "b")).await);
    ok(tenant.admin.accounts().update_account(with("", "c")).await);
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap().code, "c");
}

#[tokio::test]
async fn one_of_many_with_one_etag_wins() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let calls: Vec<_> = (0..12)
        .map(|n| {
            let change = Account { code: format!("c{n}"), ..account.clone() };
            let admin = tenant.admin.clone();
            tokio::spawn(
                async move { admin.accounts().update_account(update(change, &["code"])).await },
            )
        })
        .collect();
    let mut won = Vec::new();
    for call in calls {
        match call.await.unwrap() {
            Ok(reply) => won.push(reply.into_inner().account.unwrap()),
            lost => drop(refused(lost, Code::Aborted, "ETAG_MISMATCH")),
        }
    }
    assert_eq!(won, [try_get(&tenant.viewer, &account.id).await.unwrap()]);
}

#[tokio::test]
async fn an_overdraft_limit_rules_the_next_transfer() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    for rule in [BalanceRule::DebitsMustNotExceedCredits, BalanceRule::CreditsMustNotExceedDebits] {
        let account = open_limited(&tenant.operator, rule, "10").await;
        let draw = |amount: &str| match rule {
            BalanceRule::DebitsMustNotExceedCredits => new_transfer(&account, &bank, amount),
            _ => new_transfer(&bank, &account, amount),
        };
        let over = make(&tenant.operator, draw("10.01")).await;
        let fault = refused(over, Code::FailedPrecondition, "LIMIT_EXCEEDED");
        assert_eq!((fault.meta("account_id"), fault.meta("available")), (&*account.id, "10"));
        let raised = ok(tenant.admin.accounts().update_account(limit(&account, "25")).await);
        assert_eq!(raised.account.unwrap().balance.unwrap().available, "25");
        make(&tenant.operator, draw("15")).await.unwrap();
        let pending = bursar_proto::ledger::v1::NewTransfer { pending: true, ..draw("4") };
        make(&tenant.operator, pending).await.unwrap();

        // 15 are used and 4 reserved: 18.99 is too little, 19 is just enough.
        let low = tenant.admin.accounts().update_account(limit(&account, "18.99")).await;
        let fault = refused(low, Code::FailedPrecondition, "LIMIT_EXCEEDED");
        assert_eq!((fault.meta("account_id"), fault.meta("available")), (&*account.id, "6"));
        let lowered = ok(tenant.admin.accounts().update_account(limit(&account, "19")).await);
        assert_eq!(lowered.account.unwrap().balance.unwrap().available, "0");
        let none_left = make(&tenant.operator, draw("0.01")).await;
        refused(none_left, Code::FailedPrecondition, "LIMIT_EXCEEDED");
    }
}

/// Balance and limit of 38 digits each add up without harm.
#[tokio::test]
async fn the_largest_limit_on_the_largest_balance() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let most = format!("{}.99", "9".repeat(36));
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let account = open_limited(&tenant.operator, rule, "0").await;
    moved(&tenant.operator, &bank, &account, &most).await;
    let raised = ok(tenant.admin.accounts().update_account(limit(&account, &most)).await);
    assert_eq!(raised.account.unwrap().overdraft_limit, most);
    let read = try_get(&tenant.viewer, &account.id).await.unwrap();
    // What can be told of it is bounded by the digits of an amount.
    assert_eq!(read.balance.unwrap().available, most);
    held(&tenant.operator, &account, &bank, &most).await;
}

#[tokio::test]
async fn a_reference_is_unique() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    open(&tenant.operator, NewAccount { external_reference: "taken".into(), ..euros() }).await;
    let account = open(&tenant.operator, euros()).await;
    let change = Account { external_reference: "taken".into(), ..account.clone() };
    let request = update(change.clone(), &["external_reference"]);
    let outcome = tenant.admin.accounts().update_account(request).await;
    refused(outcome, Code::AlreadyExists, "RESOURCE_EXISTS");
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), account);
}

#[tokio::test]
async fn a_closed_account_keeps_its_attributes_changeable() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = open(&tenant.operator, euros()).await;
    let closed = close(&tenant.admin, &account).await;
    let change = Account { code: "archived".into(), ..closed.clone() };
    let changed = ok(tenant.admin.accounts().update_account(update(change, &["code"])).await);
    let changed = changed.account.unwrap();
    assert_eq!((changed.code.as_str(), changed.state), ("archived", closed.state));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let foreign = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    let absent = id();
    let ask = async |id: &str| {
        let change = Account { id: id.into(), code: "stolen".into(), ..Default::default() };
        ours.admin.accounts().update_account(update(change, &["code"])).await
    };
    let fault = assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(try_get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
    assert!(bursar_testkit::events(&ours, "account", &foreign.id).await.is_empty());
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let good = || update(account.clone(), &["code"]);
    let with = |change: Account, path: &str| update(change, &[path]);
    let cases: Vec<(UpdateAccountRequest, &[&str])> = vec![
        (UpdateAccountRequest { request_id: "x".into(), ..good() }, &["request_id"]),
        (UpdateAccountRequest { account: None, ..good() }, &["account"]),
        (UpdateAccountRequest { update_mask: None, ..good() }, &["update_mask"]),
        (update(account.clone(), &[]), &["update_mask"]),
        (update(account.clone(), &["state"]), &["update_mask"]),
        (update(account.clone(), &["*"]), &["update_mask"]),
        (
            update(account.clone(), &["code", "balance.posted", "asset"]),
            &["update_mask", "update_mask"],
        ),
        (with(Account { id: "x".into(), ..account.clone() }, "code"), &["account.id"]),
        (with(Account { etag: "x".into(), ..account.clone() }, "code"), &["account.etag"]),
        (with(Account { etag: "01".into(), ..account.clone() }, "code"), &["account.etag"]),
        (with(Account { code: "a b".into(), ..account.clone() }, "code"), &["account.code"]),
        (
            with(
                Account { external_reference: "\t".into(), ..account.clone() },
                "external_reference",
            ),
            &["account.external_reference"],
        ),
        (
            with(
                Account { metadata: attribute_number("n", f64::NAN), ..account.clone() },
                "metadata",
            ),
            &["account.metadata"],
        ),
        (limit(&account, "-1"), &["account.overdraft_limit"]),
        (limit(&account, "0.001"), &["account.overdraft_limit"]),
        // An account without a rule has nothing to relax.
        (limit(&account, "1"), &["account.overdraft_limit"]),
        (
            UpdateAccountRequest {
                request_id: String::new(),
                ..update(
                    Account {
                        code: "?".into(),
                        external_reference: "\n".into(),
                        ..Default::default()
                    },
                    &["code", "external_reference"],
                )
            },
            &["request_id", "account.id", "account.code", "account.external_reference"],
        ),
    ];
    for (request, fields) in cases {
        invalid(tenant.admin.accounts().update_account(request).await, fields);
    }
    assert_eq!(try_get(&tenant.viewer, &account.id).await.unwrap(), account);
    ok(tenant.admin.accounts().update_account(limit(&account, "0")).await);
}
