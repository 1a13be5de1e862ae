//! Opening one account.

use bursar_proto::ledger::v1::{
    Account, AccountState, Balance, BalanceRule, CreateAccountRequest, CreateAccountResponse,
    NewAccount,
};
use bursar_testkit::{
    Server, assert_hidden, attribute_number, attributes, event, id, invalid, moved, new_account,
    ok, open, refused,
};
use serde_json::json;
use tonic::Code;

use super::{create, euros, try_get};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = || tenant.operator.accounts();
    let new = NewAccount {
        id: id(),
        code: "2000:wallets/eu-1.x_y".into(),
        external_reference: "customer 4711 ü".into(),
        metadata: attributes(json!({ "tier": "gold", "since": 2019 })),
        balance_rule: BalanceRule::DebitsMustNotExceedCredits.into(),
        overdraft_limit: "100.50".into(),
        ..euros()
    };
    let request = create(new.clone());

    let tried = CreateAccountRequest { validate_only: true, ..request.clone() };
    assert_eq!(ok(accounts().create_account(tried).await).account.unwrap().id, new.id);
    refused(try_get(&tenant.viewer, &new.id).await, Code::NotFound, "RESOURCE_NOT_FOUND");

    let first = ok(accounts().create_account(request.clone()).await);
    let account = first.account.clone().unwrap();
    assert!(!first.replayed && !account.etag.is_empty());
    assert!(account.created_at.is_some() && account.created_at == account.updated_at);
    let balance = Balance {
        asset: "EUR".into(),
        debits_posted: "0".into(),
        credits_posted: "0".into(),
        debits_pending: "0".into(),
        credits_pending: "0".into(),
        posted: "0".into(),
        available: "100.5".into(),
        version: 0,
    };
    let wanted = Account {
        id: new.id.clone(),
        reserved: false,
        asset: "EUR".into(),
        code: new.code.clone(),
        external_reference: new.external_reference.clone(),
        metadata: new.metadata.clone(),
        state: AccountState::Open.into(),
        balance_rule: BalanceRule::DebitsMustNotExceedCredits.into(),
        overdraft_limit: "100.5".into(),
        balance: Some(balance),
        etag: account.etag.clone(),
        created_at: account.created_at,
        updated_at: account.updated_at,
    };
    assert_eq!(account, wanted);
    assert_eq!(try_get(&tenant.viewer, &new.id).await.unwrap(), wanted);

    // The first reply comes again, even after money has moved.
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    moved(&tenant.operator, &bank, &account, "1").await;
    let again = ok(accounts().create_account(request.clone()).await);
    assert_eq!(again, CreateAccountResponse { replayed: true, ..first });
    let changed =
        NewAccount { code: String::new(), overdraft_limit: "100.5".into(), ..new.clone() };
    let other = CreateAccountRequest { account: Some(changed), ..request.clone() };
    let fault =
        refused(accounts().create_account(other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "account.code,account.overdraft_limit");

    let event = event(&tenant, ("account", &new.id), "account.create", &request.request_id).await;
    assert_eq!(event.method, "CreateAccount");
    assert_eq!(event.path, "/bursar.ledger.v1.AccountService/CreateAccount");
    assert_eq!(bursar_testkit::events(&tenant, "account", &new.id).await.len(), 1);
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = open(&tenant.operator, euros()).await;
    let made = uuid::Uuid::parse_str(&account.id).unwrap();
    assert_eq!(made.get_version_num(), 7);
    assert_eq!(account.balance_rule(), BalanceRule::Unlimited);
    assert_eq!((account.code.as_str(), account.external_reference.as_str()), ("", ""));
    assert_eq!(account.overdraft_limit, "0");
    assert_eq!(account.metadata, None);
    assert_eq!(account.balance.unwrap().available, "");
    // Without a reference there is nothing to be unique.
    assert_ne!(open(&tenant.operator, euros()).await.id, account.id);
}

#[tokio::test]
async fn ids_and_references_are_taken_once() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let new = NewAccount { id: id(), external_reference: "iban-1".into(), ..euros() };
    open(&tenant.operator, new.clone()).await;
    for taken in [
        NewAccount { external_reference: String::new(), ..new.clone() },
        NewAccount { id: id(), ..new.clone() },
        new.clone(),
    ] {
        let outcome = tenant.operator.accounts().create_account(create(taken)).await;
        refused(outcome, Code::AlreadyExists, "RESOURCE_EXISTS");
    }
    // A refused call stores nothing: its request id can be used again.
    let request = create(NewAccount { id: id(), ..new.clone() });
    let outcome = tenant.operator.accounts().create_account(request.clone()).await;
    refused(outcome, Code::AlreadyExists, "RESOURCE_EXISTS");
    let account = NewAccount { external_reference: "iban-2".into(), ..request.account.unwrap() };
    let retried = CreateAccountRequest { account: Some(account), ..request };
    assert!(!ok(tenant.operator.accounts().create_account(retried).await).replayed);
}

#[tokio::test]
async fn many_at_once_with_one_request_id_make_one() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = create(euros());
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let (caller, request) = (tenant.operator.clone(), request.clone());
            tokio::spawn(async move { ok(caller.accounts().create_account(request).await) })
        })
        .collect();
    let mut replies = Vec::new();
    for call in calls {
        replies.push(call.await.unwrap());
    }
    assert_eq!(replies.iter().filter(|reply| !reply.replayed).count(), 1);
    assert!(replies.iter().all(|reply| reply.account == replies[0].account));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let own = bursar_proto::ledger::v1::CreateAssetRequest {
        request_id: id(),
        code: "THEIRS".into(),
        name: "theirs".into(),
        ..Default::default()
    };
    ok(theirs.admin.assets().create_asset(own).await);
    // Their id, reference and request id are free here, and stay theirs there.
    let request = create(NewAccount { id: id(), external_reference: "iban-1".into(), ..euros() });
    let foreign = ok(theirs.operator.accounts().create_account(request.clone()).await).account;
    let made = ok(ours.operator.accounts().create_account(request.clone()).await);
    assert!(!made.replayed);
    let new = request.account.unwrap();
    assert_eq!(try_get(&theirs.viewer, &new.id).await.unwrap(), foreign.unwrap());
    assert_eq!(bursar_testkit::events(&theirs, "account", &new.id).await.len(), 1);

    let ask = async |asset: &str| {
        let request = create(NewAccount { asset: asset.into(), ..Default::default() });
        ours.operator.accounts().create_account(request).await
    };
    let fault = assert_hidden((ask("THEIRS").await, "THEIRS"), (ask("NOSUCH").await, "NOSUCH"));
    assert_eq!(
        (fault.reason.as_str(), fault.fields),
        ("INVALID_FIELD", vec!["account.asset".into()])
    );
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let ruled =
        || NewAccount { balance_rule: BalanceRule::CreditsMustNotExceedDebits.into(), ..euros() };
    let limit = |limit: &str| create(NewAccount { overdraft_limit: limit.into(), ..ruled() });
    let cases: Vec<(CreateAccountRequest, &[&str])> = vec![
        (CreateAccountRequest { request_id: String::new(), ..create(euros()) }, &["request_id"]),
        (CreateAccountRequest { account: None, ..create(euros()) }, &["account"]),
        (create(NewAccount { id: "4711".into(), ..euros() }), &["account.id"]),
        // The id that stands for none could never be listed.
        (create(NewAccount { id: uuid::Uuid::nil().to_string(), ..euros() }), &["account.id"]),
        (create(NewAccount::default()), &["account.asset"]),
        (create(NewAccount { asset: "eur".into(), ..euros() }), &["account.asset"]),
        (create(NewAccount { asset: "NOSUCH".into(), ..euros() }), &["account.asset"]),
        (create(NewAccount { code: "a b".into(), ..euros() }), &["account.code"]),
        (create(NewAccount { code: "x".repeat(65), ..euros() }), &["account.code"]),
        (
            create(NewAccount { external_reference: "x".repeat(201), ..euros() }),
            &["account.external_reference"],
        ),
        (
            create(NewAccount { external_reference: "a\0".into(), ..euros() }),
            &["account.external_reference"],
        ),
        (
            create(NewAccount { metadata: attribute_number("n", f64::NAN), ..euros() }),
            &["account.metadata"],
        ),
        (create(NewAccount { balance_rule: 4, ..euros() }), &["account.balance_rule"]),
        (
            create(NewAccount { overdraft_limit: "1".into(), ..euros() }),
            &["account.overdraft_limit"],
        ),
        (limit("-1"), &["account.overdraft_limit"]),
        (limit("1e3"), &["account.overdraft_limit"]),
        (limit("NaN"), &["account.overdraft_limit"]),
        (limit("0.001"), &["account.overdraft_limit"]),
        (limit(&"9".repeat(37)), &["account.overdraft_limit"]),
        (limit(&"9".repeat(39)), &["account.overdraft_limit"]),
        (
            CreateAccountRequest {
                request_id: "x".into(),
                account: Some(NewAccount {
                    id: "x".into(),
                    code: "ü".into(),
                    external_reference: "\n".into(),
                    metadata: attribute_number("n", 2_f64.powi(53)),
                    balance_rule: -1,
                    overdraft_limit: "x".into(),
                    ..Default::default()
                }),
                validate_only: false,
            },
            &[
                "request_id",
                "account.id",
                "account.asset",
                "account.code",
                "account.external_reference",
                "account.metadata",
                "account.balance_rule",
                "account.overdraft_limit",
            ],
        ),
    ];
    for (request, fields) in cases {
        invalid(tenant.operator.accounts().create_account(request).await, fields);
    }
    // The largest of everything is taken.
    let most = NewAccount {
        id: uuid::Uuid::max().to_string(),
        code: "x".repeat(64),
        external_reference: "é".repeat(200),
        overdraft_limit: format!("{}.99", "9".repeat(36)),
        ..ruled()
    };
    let account = open(&tenant.operator, most.clone()).await;
    assert_eq!((account.overdraft_limit, account.id), (most.overdraft_limit, most.id));
}
