//! Statements: lines, balances, pages, and that those of closed periods never change.

use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::{
    Account, BalanceRule, GetStatementRequest, GetStatementResponse, NewTransfer,
    PostTransferRequest, ReverseTransferRequest, StatementLine, TransferKind,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, day, held, id, invalid, make, money, moved, new_account,
    new_transfer, ok, refused, void,
};
use tonic::Code;

use super::get_balance::read;
use crate::period_service::close;

pub(super) fn of(account: &Account, from: &str, to: &str) -> GetStatementRequest {
    GetStatementRequest {
        account_id: account.id.clone(),
        from: from.into(),
        to: to.into(),
        page_size: 1_000,
        page_token: String::new(),
    }
}

/// All pages of a statement.
pub(super) async fn pages(
    caller: &Caller,
    request: &GetStatementRequest,
    page_size: i32,
) -> Vec<GetStatementResponse> {
    let mut request = GetStatementRequest { page_size, ..request.clone() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.accounts().get_statement(request.clone()).await);
        request.page_token.clone_from(&page.next_page_token);
        found.push(page);
        if request.page_token.is_empty() {
            return found;
        }
    }
}

/// The pages joined, once it is seen that each goes on where the one before ended.
#[track_caller]
pub(super) fn joined(pages: Vec<GetStatementResponse>) -> GetStatementResponse {
    let mut pages = pages.into_iter();
    let mut whole = pages.next().unwrap();
    for page in pages {
        assert_eq!(page.opening, whole.closing);
        assert_eq!((&page.asset, page.closed), (&whole.asset, whole.closed));
        assert!(!page.lines.is_empty());
        whole.lines.extend(page.lines);
        whole.closing = page.closing;
    }
    whole.next_page_token.clear();
    whole
}

fn texts(line: &StatementLine) -> [&str; 4] {
    [&line.value_date, &line.debit, &line.credit, &line.posted]
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let bank = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let wallet = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let (before, yesterday) = (day(-2).await, day(-1).await);
    let (today, tomorrow) = (day(0).await, day(1).await);
    let dated = |amount: &str, day: &str| NewTransfer {
        value_date: day.into(),
        ..new_transfer(&bank, &wallet, amount)
    };
    let reference = NewTransfer {
        code: "fee".into(),
        external_reference: "invoice 7".into(),
        ..new_transfer(&bank, &wallet, "100")
    };
    let first = make(caller, reference).await.unwrap();
    let ahead = make(caller, dated("3", &tomorrow)).await.unwrap();
    let pending = held(caller, &wallet, &bank, "10").await;
    let gone = held(caller, &wallet, &bank, "9").await;
    void(caller, &gone).await.unwrap();
    make(caller, dated("7", &yesterday)).await.unwrap();
    make(caller, dated("0.5", "1993-01-31")).await.unwrap();
    let post = PostTransferRequest {
        id: id(),
        pending_id: pending.id.clone(),
        amount: money("EUR", "4"),
        value_date: yesterday.clone(),
        ..Default::default()
    };
    ok(caller.transfers().post_transfer(post).await);
    let reverse =
        ReverseTransferRequest { id: id(), transfer_id: first.id.clone(), ..Default::default() };
    let reversal = ok(caller.transfers().reverse_transfer(reverse).await).transfer.unwrap();

    let read_all =
        ok(tenant.auditor.accounts().get_statement(of(&wallet, &before, &tomorrow)).await);
    assert_eq!((read_all.asset.as_str(), read_all.closed), ("EUR", false));
    assert_eq!(read_all.next_page_token, "");
    let opening = read_all.opening.clone().unwrap();
    assert_eq!((opening.debits_posted.as_str(), opening.credits_posted.as_str()), ("0", "0.5"));
    assert_eq!(opening.posted, "0.5");
    let lines: Vec<_> = read_all.lines.iter().map(texts).collect();
    let wanted = [
        [yesterday.as_str(), "", "7", "7.5"],
        [&yesterday, "4", "", "3.5"],
        [&today, "", "100", "103.5"],
        [&today, "100", "", "3.5"],
        [&tomorrow, "", "3", "6.5"],
    ];
    assert_eq!(lines, wanted);
    let closing = read_all.closing.clone().unwrap();
    assert_eq!((closing.debits_posted.as_str(), closing.credits_posted.as_str()), ("104", "110.5"));
    assert_eq!(closing.posted, "6.5");
    let line = &read_all.lines[2];
    assert_eq!((&line.transfer_id, line.kind()), (&first.id, TransferKind::Direct));
    assert_eq!((line.posted_at, &line.other_account_id), (first.posted_at, &bank.id));
    assert_eq!((line.code.as_str(), line.external_reference.as_str()), ("fee", "invoice 7"));
    assert_eq!((line.pending_id.as_str(), line.reversed_id.as_str()), ("", ""));
    let line = &read_all.lines[1];
    assert_eq!((line.kind(), &line.pending_id), (TransferKind::Post, &pending.id));
    let line = &read_all.lines[3];
    assert_eq!((&line.transfer_id, line.kind()), (&reversal.id, TransferKind::Reversal));
    assert_eq!(line.reversed_id, first.id);
    assert_eq!(read_all.lines[4].transfer_id, ahead.id);

    for size in [1, 2, 3, 5] {
        let pages = pages(&tenant.viewer, &of(&wallet, &before, &tomorrow), size).await;
        assert_eq!(pages.len(), wanted.len().div_ceil(usize::try_from(size).unwrap()));
        assert_eq!(joined(pages), read_all, "{size}");
    }
    // Days without lines, before everything and after it.
    for (day, posted) in [("1993-01-30", "0"), (before.as_str(), "0.5"), ("9998-12-31", "6.5")] {
        let none = ok(tenant.viewer.accounts().get_statement(of(&wallet, day, day)).await);
        assert!(none.lines.is_empty());
        assert_eq!(none.opening, none.closing);
        assert_eq!(none.closing.unwrap().posted, posted, "{day}");
    }
}

/// The same bytes, whatever was posted and closed since.
#[tokio::test]
async fn a_closed_period_is_read_the_same_for_ever() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let bank = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let wallet = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let mut days = Vec::new();
    for shift in -6..=1 {
        days.push(day(shift).await);
    }
    let pay = async |day: &str| {
        let new = NewTransfer { value_date: day.into(), ..new_transfer(&bank, &wallet, "1.25") };
        make(caller, new).await.unwrap()
    };
    let hold = held(caller, &bank, &wallet, "5").await;
    let mut originals = Vec::new();
    for day in days.iter().chain(&days).chain(["1993-01-31".to_owned()].iter()) {
        originals.push(pay(day).await);
    }
    let asked = of(&wallet, &days[1], &days[3]);
    let bytes = async |size| -> Vec<Vec<u8>> {
        pages(&tenant.viewer, &asked, size)
            .await
            .iter()
            .map(prost::Message::encode_to_vec)
            .collect()
    };
    close(&tenant.admin, &days[2]).await;
    assert!(!joined(pages(&tenant.viewer, &asked, 2).await).closed, "its last day is open");
    close(&tenant.admin, &days[3]).await;
    let first = [bytes(1).await, bytes(4).await, bytes(1_000).await];
    assert_eq!(first[0].len(), 6);
    let whole = joined(pages(&tenant.viewer, &asked, 4).await);
    assert!(whole.closed);
    assert_eq!(
        (whole.opening.unwrap().posted, whole.closing.unwrap().posted),
        ("3.75".into(), "11.25".into())
    );

    for open in &days[4..] {
        pay(open).await;
    }
    let post = PostTransferRequest {
        id: id(),
        pending_id: hold.id,
        value_date: days[4].clone(),
        ..Default::default()
    };
    ok(caller.transfers().post_transfer(post).await);
    let reverse = ReverseTransferRequest {
        id: id(),
        transfer_id: originals[2].id.clone(),
        value_date: days[4].clone(),
        ..Default::default()
    };
    ok(caller.transfers().reverse_transfer(reverse).await);
    assert_eq!([bytes(1).await, bytes(4).await, bytes(1_000).await], first);
    close(&tenant.admin, &days[4]).await;
    moved(caller, &wallet, &bank, "3").await;
    close(&tenant.admin, &days[5]).await;
    assert_eq!([bytes(1).await, bytes(4).await, bytes(1_000).await], first);
}

/// What a page token holds on to while the days are open, as the contract says.
#[tokio::test]
async fn pages_of_open_days() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let bank = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let wallet = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let (yesterday, today, tomorrow) = (day(-1).await, day(0).await, day(1).await);
    let pay = async |amount: &str, day: &str| {
        let new = NewTransfer { value_date: day.into(), ..new_transfer(&bank, &wallet, amount) };
        make(caller, new).await.unwrap()
    };
    pay("1", &today).await;
    pay("2", &today).await;
    let request = GetStatementRequest { page_size: 1, ..of(&wallet, &yesterday, &tomorrow) };
    let page = ok(tenant.viewer.accounts().get_statement(request.clone()).await);
    pay("4", &yesterday).await;
    pay("8", &today).await;
    pay("16", &tomorrow).await;
    let rest =
        GetStatementRequest { page_size: 10, page_token: page.next_page_token, ..request.clone() };
    let rest = ok(tenant.viewer.accounts().get_statement(rest).await);
    let seen: Vec<_> = rest.lines.iter().map(|line| line.credit.as_str()).collect();
    assert_eq!((seen, rest.closing.unwrap().posted.as_str()), (vec!["2", "8", "16"], "27"));
    let again = joined(pages(&tenant.viewer, &request, 2).await);
    assert_eq!(again.closing.unwrap().posted, "31");
    let now = read(&tenant.viewer, &wallet, Some(AsOf::ValueDate(tomorrow))).await;
    assert_eq!(now.balance.unwrap().posted, "31");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let bank = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    let foreign = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    for _ in 0..2 {
        moved(&theirs.operator, &bank, &foreign, "5").await;
    }
    let today = day(0).await;
    let absent = Account { id: id(), ..foreign.clone() };
    let ask = async |account: &Account| {
        ours.viewer.accounts().get_statement(of(account, &today, &today)).await
    };
    let fault = assert_hidden((ask(&foreign).await, &foreign.id), (ask(&absent).await, &absent.id));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    let request = GetStatementRequest { page_size: 1, ..of(&foreign, &today, &today) };
    let page = ok(theirs.viewer.accounts().get_statement(request.clone()).await);
    let stolen = GetStatementRequest { page_token: page.next_page_token, ..request };
    invalid(ours.viewer.accounts().get_statement(stolen).await, &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let bank = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let account = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    for _ in 0..2 {
        moved(caller, &bank, &account, "5").await;
    }
    let today = day(0).await;
    let first = GetStatementRequest { page_size: 1, ..of(&account, &today, &today) };
    let token = ok(caller.accounts().get_statement(first.clone()).await).next_page_token;
    let next = GetStatementRequest { page_token: token.clone(), ..first.clone() };
    ok(caller.accounts().get_statement(next.clone()).await);
    let cases: Vec<(GetStatementRequest, &[&str])> = vec![
        (GetStatementRequest { from: String::new(), ..first.clone() }, &["from"]),
        (GetStatementRequest { from: "2026-02-30".into(), ..first.clone() }, &["from"]),
        (GetStatementRequest { to: "today".into(), ..first.clone() }, &["to"]),
        (GetStatementRequest { to: "9999-12-31".into(), ..first.clone() }, &["to"]),
        (GetStatementRequest { to: "2000-01-01".into(), ..first.clone() }, &["to"]),
        (GetStatementRequest { page_size: -1, ..first.clone() }, &["page_size"]),
        (GetStatementRequest { page_token: "x".into(), ..first.clone() }, &["page_token"]),
        (GetStatementRequest { page_token: token[1..].to_owned(), ..first }, &["page_token"]),
        // A token belongs to its account and days.
        (GetStatementRequest { account_id: bank.id, ..next.clone() }, &["page_token"]),
        (GetStatementRequest { from: "2000-01-01".into(), ..next.clone() }, &["page_token"]),
        (
            GetStatementRequest {
                account_id: "x".into(),
                from: "x".into(),
                to: "x".into(),
                ..next
            },
            &["account_id", "from", "to", "page_token"],
        ),
    ];
    for (request, fields) in cases {
        invalid(caller.accounts().get_statement(request).await, fields);
    }
    let absent = Account { id: id(), ..account };
    let outcome = caller.accounts().get_statement(of(&absent, &today, &today)).await;
    refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
}
