//! Opening many accounts, all or none.

use bursar_proto::ledger::v1::{
    Account, BalanceRule, BatchCreateAccountsRequest, BatchCreateAccountsResponse,
    ListAccountsRequest, NewAccount,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, attribute_number, attributes, event, id, invalid, ok, open,
    refused,
};
use serde_json::json;
use tonic::Code;

use super::{euros, try_get};

fn request(accounts: Vec<NewAccount>) -> BatchCreateAccountsRequest {
    BatchCreateAccountsRequest { request_id: id(), accounts, validate_only: false }
}

async fn count(caller: &Caller) -> usize {
    let all = ListAccountsRequest { page_size: 1_000, ..Default::default() };
    ok(caller.accounts().list_accounts(all).await).accounts.len()
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = || tenant.operator.accounts();
    let new = vec![
        NewAccount { id: id(), code: "a".into(), ..euros() },
        NewAccount { asset: "BTC".into(), external_reference: "r-1".into(), ..Default::default() },
        NewAccount {
            balance_rule: BalanceRule::DebitsMustNotExceedCredits.into(),
            overdraft_limit: "3".into(),
            ..euros()
        },
    ];
    let call = request(new.clone());

    let tried = BatchCreateAccountsRequest { validate_only: true, ..call.clone() };
    assert_eq!(ok(accounts().batch_create_accounts(tried).await).accounts.len(), 3);
    assert_eq!(count(&tenant.viewer).await, 0);

    let first = ok(accounts().batch_create_accounts(call.clone()).await);
    assert!(!first.replayed);
    let made = &first.accounts;
    assert_eq!((made[0].id.as_str(), made[0].code.as_str()), (new[0].id.as_str(), "a"));
    assert_eq!((made[1].asset.as_str(), made[1].external_reference.as_str()), ("BTC", "r-1"));
    assert_eq!(made[2].overdraft_limit, "3");
    for account in made {
        assert_eq!(&try_get(&tenant.viewer, &account.id).await.unwrap(), account);
    }

    let again = ok(accounts().batch_create_accounts(call.clone()).await);
    assert_eq!(again, BatchCreateAccountsResponse { replayed: true, ..first.clone() });
    let mut other = call.clone();
    other.accounts[2].code = "x".into();
    let fault = refused(
        accounts().batch_create_accounts(other).await,
        Code::AlreadyExists,
        "REQUEST_ID_REUSED",
    );
    assert_eq!(fault.meta("fields"), "accounts[2].code");
    assert_eq!(count(&tenant.viewer).await, 3);

    // Each account has its own event, with its own part of the request.
    for (account, code) in made.iter().zip(["a", "", ""]) {
        let resource = ("account", account.id.as_str());
        let event = event(&tenant, resource, "account.create", &call.request_id).await;
        assert_eq!(event.method, "BatchCreateAccounts");
        let payload = event.payload.unwrap();
        let wanted = attributes(json!({ "code": code })).unwrap();
        assert_eq!(
            payload.fields.get("code"),
            wanted.fields.get("code").filter(|_| !code.is_empty())
        );
        assert!(!payload.fields.contains_key("accounts"), "{payload:?}");
    }
}

/// Random ids do not compress: an event that named all of them would not fit the trail's index.
#[tokio::test]
async fn two_hundred_random_ids() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let random = || NewAccount { id: uuid::Uuid::new_v4().to_string(), ..euros() };
    let new: Vec<_> = (0..200).map(|_| random()).collect();
    let call = request(new.clone());
    let made = ok(tenant.operator.accounts().batch_create_accounts(call.clone()).await).accounts;
    assert!(made.iter().map(|account| &account.id).eq(new.iter().map(|account| &account.id)));
    event(&tenant, ("account", &new[199].id), "account.create", &call.request_id).await;
}

#[tokio::test]
async fn the_largest_batch_fits_request_and_reply() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    // 200 × 14 KB of metadata: near the 3 MiB that a request of accounts may have.
    let metadata = attributes(json!({ "text": "x".repeat(14_000) }));
    let new = vec![NewAccount { metadata: metadata.clone(), ..euros() }; 200];
    let made = ok(tenant.operator.accounts().batch_create_accounts(request(new)).await).accounts;
    assert_eq!(made.len(), 200);
    assert!(made.iter().all(|account| account.metadata == metadata));
    assert_eq!(count_pages(&tenant.viewer, &made).await, 200);
}

/// A list of large accounts comes in pages that a client can take, whatever the page size.
async fn count_pages(caller: &Caller, made: &[Account]) -> usize {
    let mut request = ListAccountsRequest { page_size: 1_000, ..Default::default() };
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = ok(caller.accounts().list_accounts(request.clone()).await);
        found.extend(page.accounts);
        pages += 1;
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let mut wanted: Vec<_> = made.iter().map(|account| &account.id).collect();
    wanted.sort();
    assert_eq!(found.iter().map(|account| &account.id).collect::<Vec<_>>(), wanted);
    // 2.8 MB of metadata alone stay below one page's 3 MiB, or take two.
    assert!((1..=2).contains(&pages), "{pages}");
    found.len()
}

#[tokio::test]
async fn one_that_exists_refuses_all() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let there = NewAccount { id: id(), external_reference: "there".into(), ..euros() };
    open(&tenant.operator, there.clone()).await;
    for taken in [
        NewAccount { id: there.id.clone(), ..euros() },
        NewAccount { external_reference: "there".into(), ..euros() },
    ] {
        let call = request(vec![euros(), taken, euros()]);
        let outcome = tenant.operator.accounts().batch_create_accounts(call).await;
        refused(outcome, Code::AlreadyExists, "RESOURCE_EXISTS");
    }
    assert_eq!(count(&tenant.viewer).await, 1);
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
    let foreign =
        open(&theirs.operator, NewAccount { external_reference: "r".into(), ..euros() }).await;
    let same = NewAccount { id: foreign.id.clone(), external_reference: "r".into(), ..euros() };
    ok(ours.operator.accounts().batch_create_accounts(request(vec![same, euros()])).await);
    assert_eq!(try_get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
    assert_eq!(count(&theirs.viewer).await, 1);

    let ask = async |asset: &str| {
        let new = NewAccount { asset: asset.into(), ..Default::default() };
        ours.operator.accounts().batch_create_accounts(request(vec![euros(), new])).await
    };
    let fault = assert_hidden((ask("THEIRS").await, "THEIRS"), (ask("NOSUCH").await, "NOSUCH"));
    assert_eq!(fault.fields, ["accounts[1].asset"]);
    assert_eq!(count(&ours.viewer).await, 2);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let twin = NewAccount { id: id(), ..euros() };
    let named = NewAccount { external_reference: "r".into(), ..euros() };
    let cases: Vec<(BatchCreateAccountsRequest, &[&str])> = vec![
        (request(vec![]), &["accounts"]),
        (request(vec![euros(); 201]), &["accounts"]),
        (
            BatchCreateAccountsRequest { request_id: "x".into(), ..request(vec![]) },
            &["request_id", "accounts"],
        ),
        (request(vec![twin.clone(), euros(), twin]), &["accounts[2].id"]),
        (request(vec![named.clone(), named]), &["accounts[1].external_reference"]),
        // One or several: the field has the same path.
        (request(vec![NewAccount { asset: "NOSUCH".into(), ..euros() }]), &["accounts[0].asset"]),
        (
            request(vec![euros(), NewAccount { asset: "NOSUCH".into(), ..euros() }]),
            &["accounts[1].asset"],
        ),
        (
            request(vec![
                euros(),
                NewAccount {
                    overdraft_limit: "0.001".into(),
                    balance_rule: BalanceRule::DebitsMustNotExceedCredits.into(),
                    ..euros()
                },
            ]),
            &["accounts[1].overdraft_limit"],
        ),
        (
            request(vec![
                NewAccount { code: "?".into(), ..euros() },
                euros(),
                NewAccount { id: "x".into(), asset: String::new(), ..Default::default() },
                NewAccount { metadata: attribute_number("n", 1e300), ..euros() },
            ]),
            &["accounts[0].code", "accounts[2].id", "accounts[2].asset", "accounts[3].metadata"],
        ),
    ];
    for (call, fields) in cases {
        invalid(tenant.operator.accounts().batch_create_accounts(call).await, fields);
    }
    assert_eq!(count(&tenant.viewer).await, 0);
}
