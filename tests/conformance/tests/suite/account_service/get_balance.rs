//! Reading a balance: now, as of a posting time, by value date.

use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::{
    Account, BalanceRule, BatchMode, GetBalanceRequest, GetBalanceResponse, HoldState, NewTransfer,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, batch, day, held, id, invalid, make, moved, new_account,
    new_hold, new_transfer, ok, open_limited, post_part, refused, totals, void,
};
use prost_types::Timestamp;
use tonic::Code;

pub(super) async fn read(
    caller: &Caller,
    account: &Account,
    as_of: Option<AsOf>,
) -> GetBalanceResponse {
    let request = GetBalanceRequest { account_id: account.id.clone(), as_of };
    ok(caller.accounts().get_balance(request).await)
}

/// The posted balance by value date.
async fn on(caller: &Caller, account: &Account, day: &str) -> String {
    read(caller, account, Some(AsOf::ValueDate(day.into()))).await.balance.unwrap().posted
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let wallet = open_limited(&tenant.operator, rule, "1").await;
    let empty = read(&tenant.viewer, &wallet, None).await;
    assert_eq!(empty.balance, wallet.balance);
    assert!(empty.holds.is_empty() && !empty.holds_truncated);

    let first = moved(&tenant.operator, &bank, &wallet, "50").await;
    let one = make(&tenant.operator, new_hold(&wallet, &bank, "10", 3_600)).await.unwrap();
    let two = held(&tenant.operator, &bank, &wallet, "4").await;
    let gone = held(&tenant.operator, &wallet, &bank, "9").await;
    let part = post_part(&tenant.operator, &one, "2.5", false).await.unwrap();
    void(&tenant.operator, &gone).await.unwrap();

    let now = read(&tenant.viewer, &wallet, None).await;
    let balance = now.balance.clone().unwrap();
    assert_eq!(totals(&balance), ["2.5", "50", "7.5", "4"]);
    assert_eq!((balance.posted.as_str(), balance.available.as_str()), ("47.5", "41"));
    assert_eq!((balance.version, balance.asset.as_str()), (6, "EUR"));
    assert_eq!(now.holds.len(), 2);
    let hold = &now.holds[0];
    assert_eq!((&hold.pending_id, hold.state()), (&one.id, HoldState::Open));
    assert_eq!((hold.amount.as_str(), hold.remaining.as_str()), ("10", "7.5"));
    assert_eq!((&hold.debit_account_id, &hold.credit_account_id), (&wallet.id, &bank.id));
    assert_eq!((hold.created_at, hold.expires_at), (one.posted_at, one.expires_at));
    assert_eq!((&now.holds[1].pending_id, now.holds[1].expires_at), (&two.id, None));
    assert_eq!(read(&tenant.viewer, &bank, None).await.holds, now.holds);

    let at = |time: Option<Timestamp>| Some(AsOf::PostingTime(time.unwrap()));
    let then = read(&tenant.viewer, &wallet, at(first.posted_at)).await;
    assert_eq!(totals(then.balance.as_ref().unwrap()), ["0", "50", "0", "0"]);
    assert_eq!((then.balance.unwrap().available.as_str(), then.holds.len()), ("", 0));
    let then = read(&tenant.viewer, &wallet, at(gone.posted_at)).await;
    assert_eq!(totals(then.balance.as_ref().unwrap()), ["0", "50", "19", "4"]);
    let open: Vec<_> = then.holds.iter().map(|h| (&h.pending_id, h.remaining.as_str())).collect();
    assert_eq!(open, [(&one.id, "10"), (&two.id, "4"), (&gone.id, "9")]);
    let then = read(&tenant.viewer, &wallet, at(part.posted_at)).await;
    assert_eq!(then.holds[0].remaining, "7.5");
    let before = Timestamp { seconds: 0, nanos: 0 };
    let never = read(&tenant.viewer, &wallet, at(Some(before))).await.balance.unwrap();
    assert_eq!((totals(&never), never.version), (["0"; 4], 0));
    let later = Timestamp { seconds: 4_000_000_000, nanos: 0 };
    let later = read(&tenant.viewer, &wallet, at(Some(later))).await;
    assert_eq!((totals(&later.balance.unwrap()), later.holds), (totals(&balance), now.holds));
}

/// A backdated transfer changes balances by value date from its day on, and no balance by posting time.
#[tokio::test]
async fn backdating() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let dated = |amount: &str, day: &str| NewTransfer {
        value_date: day.into(),
        ..new_transfer(&from, &to, amount)
    };
    let (before, yesterday) = (day(-2).await, day(-1).await);
    let (today, tomorrow) = (day(0).await, day(1).await);

    let first = moved(&tenant.operator, &from, &to, "100").await;
    assert_eq!(first.value_date, today);
    let then = || read(&tenant.viewer, &to, Some(AsOf::PostingTime(first.posted_at.unwrap())));
    assert_eq!(then().await.balance.unwrap().posted, "100");
    assert_eq!(on(&tenant.viewer, &to, &yesterday).await, "0");
    assert_eq!(on(&tenant.viewer, &to, &today).await, "100");

    make(&tenant.operator, dated("7", &yesterday)).await.unwrap();
    make(&tenant.operator, dated("0.5", "1993-01-31")).await.unwrap();
    make(&tenant.operator, dated("3", &tomorrow)).await.unwrap();
    assert_eq!(then().await.balance.unwrap().posted, "100");
    assert_eq!(read(&tenant.viewer, &to, None).await.balance.unwrap().posted, "110.5");
    for (day, posted) in [
        ("1993-01-30", "0"),
        ("1993-01-31", "0.5"),
        (before.as_str(), "0.5"),
        (&yesterday, "7.5"),
        (&today, "107.5"),
        (&tomorrow, "110.5"),
        ("9998-12-31", "110.5"),
    ] {
        assert_eq!(on(&tenant.viewer, &to, day).await, posted, "{day}");
        let mirrored = if posted == "0" { posted.to_owned() } else { format!("-{posted}") };
        assert_eq!(on(&tenant.viewer, &from, day).await, mirrored, "{day}");
    }
}

/// Holds have no value date; what posts them has.
#[tokio::test]
async fn holds_by_value_date_are_those_of_the_day() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let yesterday = day(-1).await;
    let pending = NewTransfer { value_date: yesterday.clone(), ..new_hold(&from, &to, "10", 0) };
    let pending = make(&tenant.operator, pending).await.unwrap();
    assert_eq!(pending.value_date, yesterday);
    let request = bursar_proto::ledger::v1::PostTransferRequest {
        id: id(),
        pending_id: pending.id.clone(),
        amount: bursar_testkit::money("EUR", "4"),
        value_date: yesterday.clone(),
        ..Default::default()
    };
    ok(tenant.operator.transfers().post_transfer(request).await);
    let past = read(&tenant.viewer, &to, Some(AsOf::ValueDate(yesterday))).await;
    assert_eq!(totals(past.balance.as_ref().unwrap()), ["0", "4", "0", "0"]);
    assert!(past.holds.is_empty());
    let now = read(&tenant.viewer, &to, Some(AsOf::ValueDate(day(0).await))).await;
    assert_eq!(totals(now.balance.as_ref().unwrap()), ["0", "4", "0", "6"]);
    assert_eq!(now.holds[0].remaining, "6");
}

#[tokio::test]
async fn holds_are_truncated_and_totals_are_not() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let holds: Vec<_> = (0..1_001).map(|_| new_hold(&from, &to, "0.01", 0)).collect();
    let results = batch(&tenant.operator, holds.clone(), BatchMode::AllOrNothing).await.unwrap();
    let full = results.last().unwrap().posted_at;

    let shown = read(&tenant.viewer, &from, None).await;
    assert!(shown.holds_truncated);
    assert_eq!(shown.balance.unwrap().debits_pending, "10.01");
    let ids: Vec<_> = shown.holds.iter().map(|hold| &hold.pending_id).collect();
    assert_eq!(ids, holds[..1_000].iter().map(|hold| &hold.id).collect::<Vec<_>>());

    let last =
        bursar_proto::ledger::v1::Transfer { id: holds[1_000].id.clone(), ..Default::default() };
    void(&tenant.operator, &last).await.unwrap();
    let fewer = read(&tenant.viewer, &from, None).await;
    assert!(!fewer.holds_truncated);
    assert_eq!(fewer.holds.len(), 1_000);
    assert_eq!(fewer.balance.unwrap().debits_pending, "10");
    let then = read(&tenant.viewer, &from, full.map(AsOf::PostingTime)).await;
    assert!(then.holds_truncated);
    assert_eq!(then.balance.unwrap().debits_pending, "10.01");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let bank = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    let foreign = new_account(&theirs.operator, "EUR", BalanceRule::Unlimited).await;
    moved(&theirs.operator, &bank, &foreign, "5").await;
    let absent = id();
    let time = Timestamp { seconds: 4_000_000_000, nanos: 0 };
    for as_of in [None, Some(AsOf::PostingTime(time)), Some(AsOf::ValueDate("2026-01-31".into()))] {
        let ask = async |id: &str| {
            let request = GetBalanceRequest { account_id: id.into(), as_of: as_of.clone() };
            ours.viewer.accounts().get_balance(request).await
        };
        let fault =
            assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
        assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    }
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let time = |seconds, nanos| Some(AsOf::PostingTime(Timestamp { seconds, nanos }));
    let on = |day: &str| Some(AsOf::ValueDate(day.into()));
    for (as_of, field) in [
        (time(0, 1), "posting_time"),
        (time(0, -1_000), "posting_time"),
        (time(0, 1_000_000_000), "posting_time"),
        (time(i64::MAX, 0), "posting_time"),
        (time(-62_135_596_801, 0), "posting_time"),
        (on(""), "value_date"),
        (on("today"), "value_date"),
        (on("2026-02-30"), "value_date"),
        (on("2026-1-1"), "value_date"),
        (on("20260101"), "value_date"),
        (on("2026-01-01T00:00:00Z"), "value_date"),
        (on("1899-12-31"), "value_date"),
        (on("99999-01-01"), "value_date"),
        (on("-002-01-01"), "value_date"),
    ] {
        let request = GetBalanceRequest { account_id: account.id.clone(), as_of };
        invalid(tenant.viewer.accounts().get_balance(request).await, &[field]);
    }
    let both = GetBalanceRequest { account_id: "x".into(), as_of: on("x") };
    invalid(tenant.viewer.accounts().get_balance(both).await, &["account_id", "value_date"]);
    let absent = GetBalanceRequest { account_id: id(), as_of: None };
    refused(
        tenant.viewer.accounts().get_balance(absent).await,
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
    read(&tenant.viewer, &account, on("1900-01-01")).await;
    read(&tenant.viewer, &account, time(-62_135_596_800, 0)).await;
    read(&tenant.viewer, &account, time(253_402_207_199, 999_999_000)).await;
}
