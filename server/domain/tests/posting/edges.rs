//! Edge cases of single transfers: amounts, accounts, limits, days, reversals.

use bursar_domain::account::AccountState;
use bursar_domain::money::MAX_UNITS;
use bursar_domain::posting::{Command, Create, HoldTerms, Post, Release, Reverse};
use bursar_domain::transfer::{Details, utc_day};
use bursar_domain::{Error, Refusal, Result};
use jiff::civil::Date;

use crate::bank::{
    ALICE, BOB, Bank, CASH, ESCROW, SHUT, VAULT, YEN, decimal, money, refusal, wrong_field,
};
use crate::world::{NOBODY, account, asset, transfer};

/// The largest amount of an asset with two decimal places.
const MOST: &str = "999999999999999999999999999999999999.99";

#[test]
fn the_same_account_twice_is_refused() {
    assert_eq!(wrong_field(Bank::new().pay(CASH, CASH, "1")), "credit_account_id");
}

#[test]
fn an_amount_in_another_asset_than_either_account_is_refused() {
    let mut bank = Bank::new();
    let mismatch = |n, expected, given| Refusal::AssetMismatch {
        account: account(n),
        expected: asset(expected),
        asset: asset(given),
    };
    assert_eq!(refusal(bank.pay(CASH, YEN, "1")), mismatch(YEN, 1, 0));
    assert_eq!(refusal(bank.pay(YEN, CASH, "1")), mismatch(YEN, 1, 0));
    let create = Create { amount: money("ETH", "1"), ..bank.create(CASH, ALICE, "1") };
    assert_eq!(refusal(bank.0.one(Command::Create(create))), mismatch(CASH, 0, 2));
}

#[test]
fn too_many_decimals_are_refused_and_never_rounded() {
    let mut bank = Bank::new();
    assert_eq!(wrong_field(bank.pay(CASH, ALICE, "0.001")), "amount.amount");
    bank.pay(CASH, ALICE, "0.010").unwrap();
    assert_eq!(bank.balance(ALICE), 1);
}

#[test]
fn a_reserved_account_takes_its_owners_transfers_alone() {
    let mut bank = Bank::new();
    let reserved = || Refusal::AccountReserved { account: account(ESCROW) };
    assert_eq!(refusal(bank.pay(CASH, ESCROW, "1")), reserved());
    bank.own(&[ESCROW]);
    let paid_in = bank.pay(CASH, ESCROW, "10").unwrap().transfer.id;
    let hold = bank.hold(ESCROW, CASH, "1", None);
    let brief = bank.hold(ESCROW, CASH, "1", Some(1));
    // Another's own account is none of theirs.
    bank.own(&[CASH]);
    assert_eq!(refusal(bank.pay(ESCROW, CASH, "1")), reserved());
    bank.own(&[]);
    assert_eq!(refusal(bank.pay(ESCROW, CASH, "1")), reserved());
    assert_eq!(refusal(bank.post(hold, None, false)), reserved());
    assert_eq!(refusal(bank.void(hold)), reserved());
    assert_eq!(refusal(bank.reverse(paid_in)), reserved());
    assert_eq!(bank.totals(ESCROW).debits_pending, 200);
    // The server's own job is nobody's call.
    bank.wait(2);
    bank.expire(brief).unwrap();
    bank.own(&[ESCROW]);
    bank.void(hold).unwrap();
    assert_eq!((bank.balance(ESCROW), bank.totals(ESCROW).debits_pending), (1_000, 0));
}

#[test]
fn zero_and_negative_amounts_are_refused() {
    for amount in ["0", "0.00", "-1", "-0.01"] {
        assert_eq!(wrong_field(Bank::new().pay(CASH, ALICE, amount)), "amount.amount", "{amount}");
    }
}

#[test]
fn an_unknown_account_is_not_found_on_either_side() {
    let mut bank = Bank::new();
    let create = bank.create(CASH, ALICE, "1");
    for create in [Create { debit: NOBODY, ..create.clone() }, Create { credit: NOBODY, ..create }]
    {
        let not_found = Err(Error::not_found("account", NOBODY));
        assert_eq!(bank.0.one(Command::Create(create)), not_found);
    }
}

#[test]
fn a_value_date_may_be_tomorrow_or_long_ago_but_no_later() {
    let mut bank = Bank::new();
    let today = utc_day(bank.0.now);
    let mut on = |date| {
        let details = Details { value_date: Some(date), ..Details::default() };
        let create = Create { details, ..bank.create(CASH, ALICE, "1") };
        bank.0.one(Command::Create(create))
    };
    let tomorrow = today.tomorrow().unwrap();
    assert_eq!(on(tomorrow).unwrap().transfer.value_date, tomorrow);
    assert_eq!(on("1900-01-01".parse().unwrap()).unwrap().transfer.value_date.year(), 1900);
    assert_eq!(wrong_field(on(tomorrow.tomorrow().unwrap())), "value_date");
}

#[test]
fn nothing_is_dated_into_a_closed_period() {
    let mut bank = Bank::new();
    let (ends_on, next): (Date, Date) =
        ("2026-02-27".parse().unwrap(), "2026-02-28".parse().unwrap());
    let pending = bank.hold(CASH, ALICE, "10", None);
    let original = bank.pay(CASH, ALICE, "10").unwrap().transfer.id;
    bank.0.closed_through = Some(ends_on);
    let mut at = |value_date: Option<Date>| {
        let details = Details { value_date, ..Details::default() };
        let create = Create { details: details.clone(), ..bank.create(CASH, ALICE, "1") };
        let id = |n| bank.0.fresh_id(n);
        let commands = vec![
            Command::Create(create.clone()),
            Command::Create(Create {
                id: id(1),
                hold: Some(HoldTerms { timeout_seconds: None }),
                ..create
            }),
            Command::Post(Post {
                id: id(2),
                pending,
                amount: Some(money("EUR", "1")),
                release_remainder: false,
                details: details.clone(),
            }),
            Command::Reverse(Reverse { id: id(3), original, details: details.clone() }),
            Command::Void(Release { id: id(4), pending, details }),
        ];
        let results = bank.call(commands, false).results;
        results.into_iter().map(|result| result.map(drop)).collect::<Vec<_>>()
    };
    let value_date = ends_on;
    let closed = || Err(Refusal::PeriodClosed { ends_on, value_date }.into());
    assert_eq!(at(Some(ends_on)), [closed(), closed(), closed(), closed(), closed()]);
    assert!(at(Some(next)).iter().all(Result::is_ok));

    // The clock stepped back into the period: what moves money is refused, what gives room back is not.
    let pending = bank.hold(CASH, ALICE, "10", Some(1));
    let voided = bank.hold(CASH, ALICE, "10", None);
    bank.wait(2);
    let today = utc_day(bank.0.now);
    bank.0.closed_through = Some(today);
    let refused = refusal(bank.pay(CASH, ALICE, "1"));
    assert_eq!(refused, Refusal::PeriodClosed { ends_on: today, value_date: today });
    bank.expire(pending).unwrap();
    bank.void(voided).unwrap();
}

#[test]
fn the_posting_day_counts_when_no_value_date_is_given() {
    let mut bank = Bank::new();
    let first = bank.pay(CASH, ALICE, "1").unwrap().transfer;
    assert_eq!(first.value_date.to_string(), "2026-02-28");
    bank.wait(2);
    let second = bank.pay(CASH, ALICE, "1").unwrap().transfer;
    assert_eq!(second.value_date.to_string(), "2026-03-01");
    // The clock steps back over midnight; the account's history does not.
    bank.wait(-2);
    let third = bank.pay(CASH, ALICE, "1").unwrap().transfer;
    assert_eq!(third.value_date.to_string(), "2026-03-01");
    assert!(first.posted_at < second.posted_at && second.posted_at < third.posted_at);
    assert_eq!(third.posted_at.as_microsecond(), second.posted_at.as_microsecond() + 1);
}

#[test]
fn a_closed_account_takes_nothing() {
    let mut bank = Bank::new();
    let closed = |n| Refusal::AccountClosed { account: account(n) };
    assert_eq!(refusal(bank.pay(SHUT, CASH, "1")), closed(SHUT));
    assert_eq!(refusal(bank.pay(CASH, SHUT, "1")), closed(SHUT));
    let paid = bank.pay(CASH, ALICE, "1").unwrap().transfer.id;
    let held = bank.hold(CASH, ALICE, "1", None);
    bank.set_state(ALICE, AccountState::Closed);
    assert_eq!(refusal(bank.reverse(paid)), closed(ALICE));
    assert_eq!(refusal(bank.post(held, None, false)), closed(ALICE));
    bank.set_state(ALICE, AccountState::Open);
    bank.reverse(paid).unwrap();
}

#[test]
fn a_hold_is_released_even_when_its_account_is_closed() {
    let mut bank = Bank::new();
    let (held, timed) = (bank.hold(CASH, ALICE, "1", None), bank.hold(CASH, ALICE, "1", Some(1)));
    bank.set_state(CASH, AccountState::Closed);
    bank.wait(2);
    bank.void(held).unwrap();
    bank.expire(timed).unwrap();
    assert_eq!(bank.totals(ALICE).credits_pending, 0);
}

#[test]
fn a_limit_counts_what_is_pending() {
    let mut bank = Bank::new();
    bank.pay(CASH, ALICE, "10").unwrap();
    let held = bank.hold(ALICE, CASH, "7.50", None);
    let exceeded = |available| Refusal::LimitExceeded {
        account: account(ALICE),
        available: decimal(available),
    };
    assert_eq!(refusal(bank.pay(ALICE, CASH, "2.51")), exceeded("2.5"));
    bank.pay(ALICE, CASH, "2.50").unwrap();
    assert_eq!(refusal(bank.pay(ALICE, CASH, "0.01")), exceeded("0"));
    // Money on its way in is not there yet.
    bank.hold(CASH, ALICE, "100", None);
    assert_eq!(refusal(bank.pay(ALICE, CASH, "0.01")), exceeded("0"));
    bank.void(held).unwrap();
    bank.pay(ALICE, CASH, "7.50").unwrap();
    assert_eq!((bank.balance(ALICE), bank.available(ALICE)), (0, Some(0)));
}

#[test]
fn an_overdraft_limit_is_used_to_the_last_cent_and_can_be_changed() {
    let mut bank = Bank::new();
    assert_eq!(refusal(bank.pay(BOB, CASH, "50.01")).reason(), "LIMIT_EXCEEDED");
    bank.pay(BOB, CASH, "50").unwrap();
    assert_eq!((bank.balance(BOB), bank.available(BOB)), (-5_000, Some(0)));
    bank.set_limit(BOB, 6_000);
    bank.pay(BOB, CASH, "10").unwrap();
    assert_eq!(refusal(bank.pay(BOB, CASH, "0.01")).reason(), "LIMIT_EXCEEDED");
}

#[test]
fn the_mirror_rule_limits_credits() {
    let mut bank = Bank::new();
    assert_eq!(refusal(bank.pay(CASH, VAULT, "0.01")).reason(), "LIMIT_EXCEEDED");
    bank.pay(VAULT, CASH, "10").unwrap();
    bank.hold(CASH, VAULT, "4", None);
    assert_eq!(refusal(bank.pay(CASH, VAULT, "6.01")).reason(), "LIMIT_EXCEEDED");
    bank.pay(CASH, VAULT, "6").unwrap();
    assert_eq!(bank.available(VAULT), Some(0));
}

#[test]
fn no_total_passes_38_digits() {
    let mut bank = Bank::new();
    let overflow = |n| Refusal::TotalOverflow { account: account(n) };
    bank.pay(CASH, ALICE, MOST).unwrap();
    assert_eq!(bank.totals(ALICE).credits_posted, MAX_UNITS);
    assert_eq!(refusal(bank.pay(CASH, BOB, "0.01")), overflow(CASH));
    assert_eq!(refusal(bank.pay(BOB, ALICE, "0.01")), overflow(ALICE));
    // A hold is a total of its own; posting it is not.
    let held = bank.hold(CASH, BOB, MOST, None);
    assert_eq!(refusal(bank.post(held, None, false)), overflow(CASH));
    bank.void(held).unwrap();
    bank.hold(CASH, BOB, MOST, None);
}

#[test]
fn a_balance_and_a_limit_of_38_digits_each_can_be_added() {
    let mut bank = Bank::new();
    bank.set_limit(ALICE, MAX_UNITS);
    bank.pay(CASH, ALICE, MOST).unwrap();
    assert_eq!(bank.available(ALICE), Some(MAX_UNITS));
    bank.hold(ALICE, CASH, MOST, None);
    bank.pay(ALICE, CASH, MOST).unwrap();
    assert_eq!((bank.balance(ALICE), bank.available(ALICE)), (0, Some(0)));
}

#[test]
fn a_reversal_moves_the_money_back_once() {
    let mut bank = Bank::new();
    let paid = bank.pay(CASH, ALICE, "10").unwrap().transfer;
    let reversal = bank.reverse(paid.id).unwrap().transfer;
    assert_eq!((reversal.debit, reversal.credit), (paid.credit, paid.debit));
    assert_eq!((reversal.amount, reversal.reversed), (1_000, Some(paid.id)));
    assert_eq!(bank.balance(ALICE), 0);
    let once = Refusal::AlreadyReversed { transfer: paid.id, reversal: reversal.id };
    assert_eq!(refusal(bank.reverse(paid.id)), once);
}

#[test]
fn only_direct_and_posted_transfers_are_reversed() {
    let mut bank = Bank::new();
    let paid = bank.pay(CASH, ALICE, "10").unwrap().transfer.id;
    let reversal = bank.reverse(paid).unwrap().transfer.id;
    let held = bank.hold(CASH, ALICE, "3", Some(1));
    let part = bank.post(held, Some("1"), false).unwrap().transfer.id;
    let void = bank.void(held).unwrap().transfer.id;
    let timed = bank.hold(CASH, ALICE, "3", Some(1));
    bank.wait(2);
    let expired = bank.expire(timed).unwrap().transfer.id;
    for (id, kind) in
        [(reversal, "reversal"), (held, "pending"), (void, "void"), (expired, "expire")]
    {
        assert_eq!(refusal(bank.reverse(id)), Refusal::NotReversible { transfer: id, kind });
    }
    bank.reverse(part).unwrap();
    assert_eq!(bank.balance(ALICE), 0);
    assert_eq!(bank.reverse(transfer(999)), Err(Error::not_found("transfer", transfer(999))));
}

#[test]
fn a_reversal_obeys_the_limits() {
    let mut bank = Bank::new();
    let paid = bank.pay(CASH, ALICE, "10").unwrap().transfer.id;
    bank.pay(ALICE, CASH, "4").unwrap();
    let exceeded = Refusal::LimitExceeded { account: account(ALICE), available: decimal("6") };
    assert_eq!(refusal(bank.reverse(paid)), exceeded);
    bank.pay(CASH, ALICE, "4").unwrap();
    bank.reverse(paid).unwrap();
}
