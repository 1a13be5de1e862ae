//! Edge cases of holds: parts, remainders, expiry.

use bursar_domain::posting::{Command, Post};
use bursar_domain::transfer::{Details, HoldState};
use bursar_domain::{Error, Refusal};

use crate::bank::{ALICE, Bank, CASH, decimal, money, refusal};
use crate::world::{account, asset, transfer};

#[test]
fn a_hold_reserves_on_both_sides_and_moves_nothing() {
    let mut bank = Bank::new();
    bank.hold(CASH, ALICE, "10", None);
    assert_eq!(
        (bank.totals(CASH).debits_pending, bank.totals(ALICE).credits_pending),
        (1_000, 1_000)
    );
    assert_eq!((bank.balance(CASH), bank.balance(ALICE)), (0, 0));
}

#[test]
fn a_hold_is_posted_once() {
    let mut bank = Bank::new();
    let held = bank.hold(CASH, ALICE, "10", None);
    let posted = bank.post(held, None, false).unwrap().transfer;
    assert_eq!((posted.amount, posted.pending, posted.whole), (1_000, Some(held), true));
    assert_eq!((bank.balance(ALICE), bank.totals(ALICE).credits_pending), (1_000, 0));
    let row = &bank.0.book.holds[&held];
    assert_eq!(
        (row.state, row.remaining, row.ended_at),
        (HoldState::Posted, 0, Some(posted.posted_at))
    );
    let ended = Refusal::HoldNotOpen { pending: held, state: "posted" };
    assert_eq!(refusal(bank.post(held, None, false)), ended);
    assert_eq!(refusal(bank.post(held, Some("0.01"), false)), ended);
    assert_eq!(refusal(bank.void(held)), ended);
}

#[test]
fn a_hold_is_posted_in_thirds() {
    let mut bank = Bank::new();
    let held = bank.hold(CASH, ALICE, "10", None);
    bank.post(held, Some("3.33"), false).unwrap();
    bank.post(held, Some("3.33"), false).unwrap();
    assert_eq!((bank.balance(ALICE), bank.totals(ALICE).credits_pending), (666, 334));
    let exceeded = Refusal::HoldExceeded { pending: held, remaining: decimal("3.34") };
    assert_eq!(refusal(bank.post(held, Some("3.35"), false)), exceeded);
    let rest = bank.post(held, None, false).unwrap().transfer;
    assert_eq!(rest.amount, 334);
    assert_eq!((bank.balance(ALICE), bank.totals(ALICE).credits_pending), (1_000, 0));
    assert_eq!(bank.0.book.holds[&held].state, HoldState::Posted);
}

#[test]
fn what_remains_after_a_part_can_be_voided() {
    let mut bank = Bank::new();
    let held = bank.hold(CASH, ALICE, "10", None);
    bank.post(held, Some("4"), false).unwrap();
    let void = bank.void(held).unwrap().transfer;
    assert_eq!(void.amount, 600);
    assert_eq!(bank.0.book.holds[&held].remaining, 0);
    assert_eq!((bank.balance(ALICE), bank.totals(ALICE).credits_pending), (400, 0));
    let ended = Refusal::HoldNotOpen { pending: held, state: "voided" };
    assert_eq!(refusal(bank.void(held)), ended);
    assert_eq!(refusal(bank.post(held, None, false)), ended);
}

#[test]
fn a_last_part_can_release_the_remainder() {
    let mut bank = Bank::new();
    let held = bank.hold(CASH, ALICE, "10", None);
    let part = bank.post(held, Some("4"), true).unwrap().transfer;
    assert_eq!((part.amount, part.release_remainder), (400, true));
    assert_eq!((bank.balance(ALICE), bank.totals(CASH).debits_pending), (400, 0));
    assert_eq!(refusal(bank.void(held)), Refusal::HoldNotOpen { pending: held, state: "posted" });
}

#[test]
fn a_hold_over_its_time_is_not_posted_even_before_the_job_came_by() {
    let mut bank = Bank::new();
    let held = bank.hold(CASH, ALICE, "10", Some(2));
    bank.wait(1);
    bank.post(held, Some("1"), false).unwrap();
    // At the very moment of its end it is over.
    bank.wait(1);
    let over = Refusal::HoldNotOpen { pending: held, state: "expired" };
    assert_eq!(refusal(bank.post(held, None, false)), over);
    assert_eq!(refusal(bank.void(held)), over);
    // Until the job releases it, the account shows it.
    assert_eq!(bank.totals(CASH).debits_pending, 900);
    let expired = bank.expire(held).unwrap().transfer;
    assert_eq!((expired.amount, expired.pending), (900, Some(held)));
    assert_eq!(bank.totals(CASH).debits_pending, 0);
    assert_eq!(refusal(bank.expire(held)), over);
    assert_eq!(bank.0.book.holds[&held].state, HoldState::Expired);
}

#[test]
fn the_job_releases_nothing_before_its_time() {
    let mut bank = Bank::new();
    let (forever, timed) =
        (bank.hold(CASH, ALICE, "1", None), bank.hold(CASH, ALICE, "1", Some(60)));
    // The second hold came a microsecond after the first, so its minute ends as much later.
    bank.wait(60);
    for held in [forever, timed] {
        assert_eq!(
            refusal(bank.expire(held)),
            Refusal::HoldNotOpen { pending: held, state: "open" }
        );
    }
    bank.wait(1);
    bank.expire(timed).unwrap();
    bank.wait(400 * 86_400);
    assert_eq!(refusal(bank.expire(forever)).reason(), "HOLD_NOT_OPEN");
    bank.post(forever, None, false).unwrap();
}

#[test]
fn a_post_in_another_asset_or_of_nothing_is_refused() {
    let mut bank = Bank::new();
    let pending = bank.hold(CASH, ALICE, "10", None);
    let (id, details) = (bank.0.fresh_id(0), Details::default());
    let post =
        Post { id, pending, amount: Some(money("JPY", "1")), release_remainder: false, details };
    let mismatch =
        Refusal::AssetMismatch { account: account(CASH), expected: asset(0), asset: asset(1) };
    assert_eq!(refusal(bank.0.one(Command::Post(post))), mismatch);
    for amount in ["0", "-1", "0.001"] {
        assert!(
            matches!(bank.post(pending, Some(amount), false), Err(Error::Invalid(_))),
            "{amount}"
        );
    }
}

#[test]
fn only_a_pending_transfer_is_posted_or_voided() {
    let mut bank = Bank::new();
    let paid = bank.pay(CASH, ALICE, "1").unwrap().transfer.id;
    for id in [paid, transfer(999)] {
        let not_found = Err(Error::not_found("pending transfer", id));
        assert_eq!(bank.post(id, None, false), not_found);
        assert_eq!(bank.void(id), not_found);
    }
}
