//! Lists of balances.

use bursar_proto::ledger::v1::{
    AccountBalance, AccountFilter, AccountState, BalanceRule, ListBalancesRequest, NewAccount,
};
use bursar_testkit::{
    Caller, Server, account, held, invalid, moved, new_account, ok, open, totals,
};

use super::{close, euros};

async fn all(caller: &Caller, filter: AccountFilter, page_size: i32) -> Vec<AccountBalance> {
    let mut request =
        ListBalancesRequest { filter: Some(filter), page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.accounts().list_balances(request.clone()).await);
        found.extend(page.balances);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut made = vec![bank.clone()];
    for n in 1..=9_u8 {
        let code = if n % 2 == 0 { "even" } else { "odd" };
        let wallet = open(&tenant.operator, NewAccount { code: code.into(), ..euros() }).await;
        moved(&tenant.operator, &bank, &wallet, &n.to_string()).await;
        made.push(wallet);
    }
    held(&tenant.operator, &made[1], &bank, "0.5").await;
    let empty = open(&tenant.operator, NewAccount { code: "odd".into(), ..euros() }).await;
    made.push(close(&tenant.admin, &empty).await);
    made.push(new_account(&tenant.operator, "BTC", BalanceRule::Unlimited).await);
    made.sort_by(|a, b| a.id.cmp(&b.id));

    let mut wanted = Vec::new();
    for made in &made {
        let account = account(&tenant.viewer, &made.id).await;
        wanted.push(AccountBalance { account_id: account.id, balance: account.balance });
    }
    for size in [1, 4, 1_000] {
        assert_eq!(all(&tenant.viewer, AccountFilter::default(), size).await, wanted);
    }
    let of_bank = wanted.iter().find(|b| b.account_id == bank.id).unwrap();
    assert_eq!(totals(of_bank.balance.as_ref().unwrap()), ["45", "0", "0", "0.5"]);
    let of = |pick: fn(&bursar_proto::ledger::v1::Account) -> bool| {
        let picked = made.iter().zip(&wanted).filter(|(account, _)| pick(account));
        picked.map(|(_, balance)| balance.clone()).collect::<Vec<_>>()
    };
    let filter = AccountFilter { code: "odd".into(), ..Default::default() };
    assert_eq!(all(&tenant.viewer, filter, 2).await, of(|account| account.code == "odd"));
    let filter = AccountFilter { asset: "BTC".into(), ..Default::default() };
    assert_eq!(all(&tenant.viewer, filter, 2).await, of(|account| account.asset == "BTC"));
    let filter = AccountFilter { state: AccountState::Closed.into(), ..Default::default() };
    assert_eq!(all(&tenant.viewer, filter, 2).await, of(|a| a.state() == AccountState::Closed));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    for _ in 0..3 {
        new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    }
    assert_eq!(all(&ours.viewer, AccountFilter::default(), 10).await, []);
    let request = ListBalancesRequest { page_size: 1, ..Default::default() };
    let page = ok(theirs.viewer.accounts().list_balances(request.clone()).await);
    let stolen = ListBalancesRequest { page_token: page.next_page_token, ..request };
    invalid(ours.viewer.accounts().list_balances(stolen).await, &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for _ in 0..3 {
        new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    }
    let first = ListBalancesRequest { page_size: 1, ..Default::default() };
    let token = ok(tenant.viewer.accounts().list_balances(first.clone()).await).next_page_token;
    let accounts = bursar_proto::ledger::v1::ListAccountsRequest {
        page_token: token.clone(),
        page_size: 1,
        ..Default::default()
    };
    // A token belongs to its list.
    invalid(tenant.viewer.accounts().list_accounts(accounts).await, &["page_token"]);
    let filtered = AccountFilter { code: "x".into(), ..Default::default() };
    let cases: Vec<(ListBalancesRequest, &[&str])> = vec![
        (
            ListBalancesRequest { filter: Some(filtered), page_token: token, ..first.clone() },
            &["page_token"],
        ),
        (
            ListBalancesRequest {
                filter: Some(AccountFilter {
                    asset: "?".into(),
                    code: "?".into(),
                    external_reference: "\n".into(),
                    state: 9,
                }),
                page_size: -1,
                ..first
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
        invalid(tenant.viewer.accounts().list_balances(request).await, fields);
    }
}
