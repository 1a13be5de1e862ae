//! Two-phase transfers: what a hold reserves is posted in parts, released or voided.

use bursar_proto::ledger::v1::{BalanceRule, HoldState};
use bursar_testkit::{
    Server, balance, held, hold_of, make, money, moved, new_transfer, open_limited, post_part,
    refused, totals, void,
};
use tonic::Code;

use super::two;

#[tokio::test]
async fn a_third_a_third_and_the_rest() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let pending = held(&tenant.operator, &from, &to, "10").await;
    for (asked, posted, total, left) in [
        ("3.33", "3.33", "3.33", "6.67"),
        ("3.33", "3.33", "6.66", "3.34"),
        ("", "3.34", "10", "0"),
    ] {
        let part = post_part(&tenant.operator, &pending, asked, false).await.unwrap();
        assert_eq!(part.amount, money("EUR", posted));
        assert_eq!(totals(&part.debit_balance.unwrap()), [total, "0", left, "0"]);
        assert_eq!(totals(&part.credit_balance.unwrap()), ["0", total, "0", left]);
        let hold = hold_of(&tenant.viewer, &pending).await;
        assert_eq!((hold.amount.as_str(), hold.remaining.as_str()), ("10", left));
        let state = if left == "0" { HoldState::Posted } else { HoldState::Open };
        assert_eq!(hold.state(), state);
    }
    let more = post_part(&tenant.operator, &pending, "0.01", false).await;
    refused(more, Code::FailedPrecondition, "HOLD_NOT_OPEN");
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "10", "0", "0"]);
}

#[tokio::test]
async fn a_part_that_releases_the_remainder() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let pending = held(&tenant.operator, &from, &to, "10").await;
    post_part(&tenant.operator, &pending, "2", false).await.unwrap();
    let part = post_part(&tenant.operator, &pending, "3", true).await.unwrap();
    assert_eq!(part.amount, money("EUR", "3"));
    assert_eq!(totals(&part.debit_balance.unwrap()), ["5", "0", "0", "0"]);
    assert_eq!(totals(&part.credit_balance.unwrap()), ["0", "5", "0", "0"]);
    let hold = hold_of(&tenant.viewer, &pending).await;
    assert_eq!((hold.state(), hold.remaining.as_str()), (HoldState::Posted, "0"));
    let outcome = void(&tenant.operator, &pending).await;
    let fault = refused(outcome, Code::FailedPrecondition, "HOLD_NOT_OPEN");
    assert_eq!(fault.meta("state"), "posted");
}

#[tokio::test]
async fn a_void_of_the_remainder() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let pending = held(&tenant.operator, &from, &to, "10").await;
    post_part(&tenant.operator, &pending, "2.5", false).await.unwrap();
    let more = post_part(&tenant.operator, &pending, "7.51", true).await;
    let fault = refused(more, Code::FailedPrecondition, "HOLD_EXCEEDED");
    assert_eq!(fault.meta("remaining"), "7.5");
    let voided = void(&tenant.operator, &pending).await.unwrap();
    assert_eq!(voided.amount, money("EUR", "7.5"));
    assert_eq!(totals(&voided.debit_balance.unwrap()), ["2.5", "0", "0", "0"]);
    let hold = hold_of(&tenant.viewer, &pending).await;
    assert_eq!((hold.state(), hold.remaining.as_str()), (HoldState::Voided, "0"));
}

/// What is reserved cannot be spent twice, and posting it needs no room beside it.
#[tokio::test]
async fn a_hold_takes_room_until_it_ends() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, shop) = two(&tenant.operator).await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let wallet = open_limited(&tenant.operator, rule, "0").await;
    moved(&tenant.operator, &bank, &wallet, "10").await;
    let pending = held(&tenant.operator, &wallet, &shop, "8").await;
    assert_eq!(balance(&tenant.viewer, &wallet).await.available, "2");
    let over = make(&tenant.operator, new_transfer(&wallet, &shop, "2.01")).await;
    let fault = refused(over, Code::FailedPrecondition, "LIMIT_EXCEEDED");
    assert_eq!((fault.meta("account_id"), fault.meta("available")), (&*wallet.id, "2"));
    moved(&tenant.operator, &wallet, &shop, "2").await;
    assert_eq!(balance(&tenant.viewer, &wallet).await.available, "0");
    post_part(&tenant.operator, &pending, "5", false).await.unwrap();
    assert_eq!(balance(&tenant.viewer, &wallet).await.available, "0");
    post_part(&tenant.operator, &pending, "1", true).await.unwrap();
    let left = balance(&tenant.viewer, &wallet).await;
    assert_eq!((left.available.as_str(), totals(&left)), ("2", ["8", "10", "0", "0"]));
}
