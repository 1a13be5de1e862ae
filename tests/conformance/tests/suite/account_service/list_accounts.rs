//! Lists of accounts.

use bursar_proto::ledger::v1::{
    Account, AccountFilter, AccountState, BalanceRule, BatchCreateAccountsRequest,
    ListAccountsRequest, NewAccount,
};
use bursar_testkit::{Caller, Server, id, invalid, new_account, ok};

use super::{close, euros};

async fn all(caller: &Caller, filter: AccountFilter, page_size: i32) -> Vec<Account> {
    let mut request =
        ListAccountsRequest { filter: Some(filter), page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.accounts().list_accounts(request.clone()).await);
        assert!(page.accounts.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.accounts);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

async fn open_all(caller: &Caller, accounts: Vec<NewAccount>) -> Vec<Account> {
    let request = BatchCreateAccountsRequest { request_id: id(), accounts, validate_only: false };
    ok(caller.accounts().batch_create_accounts(request).await).accounts
}

/// Accounts of every mix of two assets, two codes and none, and two states; by id.
async fn some(tenant: &bursar_testkit::TestTenant) -> Vec<Account> {
    let mut new = Vec::new();
    for n in 0..24 {
        new.push(NewAccount {
            asset: ["EUR", "BTC"][n % 2].into(),
            code: ["", "2000", "3000"][n % 3].into(),
            external_reference: if n % 4 == 0 { format!("r-{n}") } else { String::new() },
            ..Default::default()
        });
    }
    let mut made = open_all(&tenant.operator, new).await;
    for account in made.iter_mut().skip(5).step_by(5) {
        *account = close(&tenant.admin, account).await;
    }
    made.sort_by(|a, b| a.id.cmp(&b.id));
    made
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = some(&tenant).await;
    for size in [1, 5, 24, 1_000] {
        assert_eq!(all(&tenant.viewer, AccountFilter::default(), size).await, made);
    }
    let request = ListAccountsRequest::default();
    assert_eq!(ok(tenant.viewer.accounts().list_accounts(request).await).accounts, made);

    for asset in ["", "EUR", "BTC", "USD"] {
        for code in ["", "2000", "4000"] {
            for reference in ["", "r-4", "r-5"] {
                for state in [AccountState::Unspecified, AccountState::Open, AccountState::Closed] {
                    let filter = AccountFilter {
                        asset: asset.into(),
                        code: code.into(),
                        external_reference: reference.into(),
                        state: state.into(),
                    };
                    let wanted: Vec<_> = made
                        .iter()
                        .filter(|a| asset.is_empty() || a.asset == asset)
                        .filter(|a| code.is_empty() || a.code == code)
                        .filter(|a| reference.is_empty() || a.external_reference == reference)
                        .filter(|a| state == AccountState::Unspecified || a.state() == state)
                        .cloned()
                        .collect();
                    assert_eq!(all(&tenant.viewer, filter.clone(), 3).await, wanted, "{filter:?}");
                }
            }
        }
    }
}

/// Accounts opened meanwhile may or may not show; none of those that were there is lost or shown twice.
#[tokio::test]
async fn pages_are_complete_under_inserts() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    // Ids of version 4, so that new accounts land before, between and behind.
    let random = || NewAccount { id: uuid::Uuid::new_v4().to_string(), ..euros() };
    let initial = open_all(&tenant.operator, (0..100).map(|_| random()).collect()).await;
    let writer = tenant.operator.clone();
    let inserting = tokio::spawn(async move {
        for _ in 0..10 {
            open_all(&writer, (0..20).map(|_| random()).collect()).await;
        }
    });
    let listed = all(&tenant.viewer, AccountFilter::default(), 3).await;
    inserting.await.unwrap();
    assert!(listed.windows(2).all(|two| two[0].id < two[1].id), "in order, nothing twice");
    for account in &initial {
        assert!(listed.contains(account), "{} is lost", account.id);
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let foreign = some(&theirs).await;
    let own = new_account(&ours.operator, "EUR", BalanceRule::Unlimited).await;
    assert_eq!(all(&ours.viewer, AccountFilter::default(), 10).await, [own]);
    let filter = AccountFilter { code: "2000".into(), ..Default::default() };
    assert_eq!(all(&ours.viewer, filter, 10).await, []);
    let filter = AccountFilter { external_reference: "r-0".into(), ..Default::default() };
    assert_eq!(all(&ours.viewer, filter, 10).await, []);

    let request = ListAccountsRequest { page_size: 3, ..Default::default() };
    let page = ok(theirs.viewer.accounts().list_accounts(request.clone()).await);
    assert_eq!(page.accounts, foreign[..3]);
    let stolen = ListAccountsRequest { page_token: page.next_page_token, ..request };
    invalid(ours.viewer.accounts().list_accounts(stolen).await, &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    some(&tenant).await;
    let first = ListAccountsRequest { page_size: 3, ..Default::default() };
    let token = ok(tenant.viewer.accounts().list_accounts(first.clone()).await).next_page_token;
    let next = ListAccountsRequest { page_token: token, ..first.clone() };
    let with = |filter| ListAccountsRequest { filter: Some(filter), ..Default::default() };
    let cases: Vec<(ListAccountsRequest, &[&str])> = vec![
        (with(AccountFilter { asset: "eur".into(), ..Default::default() }), &["filter.asset"]),
        (with(AccountFilter { code: "a b".into(), ..Default::default() }), &["filter.code"]),
        (
            with(AccountFilter { external_reference: "\0".into(), ..Default::default() }),
            &["filter.external_reference"],
        ),
        (with(AccountFilter { state: 3, ..Default::default() }), &["filter.state"]),
        (ListAccountsRequest { page_size: -5, ..first.clone() }, &["page_size"]),
        (ListAccountsRequest { page_token: "?".into(), ..first }, &["page_token"]),
        (
            ListAccountsRequest {
                filter: Some(AccountFilter { asset: "EUR".into(), ..Default::default() }),
                ..next
            },
            &["page_token"],
        ),
        (
            ListAccountsRequest {
                filter: Some(AccountFilter {
                    asset: "?".into(),
                    code: "?".into(),
                    external_reference: "\n".into(),
                    state: -1,
                }),
                page_size: -1,
                page_token: String::new(),
            },
            &[
                "filter.asset",
                "filter.code",
                "filter.external_reference",
                "filter.state",
                "page_size",
            ],
        ),
    ];
    for (request, fields) in cases {
        invalid(tenant.viewer.accounts().list_accounts(request).await, fields);
    }
}
