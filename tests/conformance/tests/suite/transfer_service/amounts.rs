//! What an amount may be, and what totals can hold.

use bursar_proto::ledger::v1::BalanceRule;
use bursar_testkit::{
    Server, balance, history, id, invalid, make, money, moved, new_account, new_hold, new_transfer,
    post_part, refused, totals, void,
};
use tonic::Code;

use super::two;

#[tokio::test]
async fn bad_forms_are_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (thirty_nine, many) = ("9".repeat(39), "1".repeat(400));
    let nineteen_places = format!("0.{}1", "0".repeat(18));
    for amount in [
        "",
        " ",
        "0",
        "0.00",
        "-0",
        "-1",
        "-0.01",
        "+1",
        "--1",
        " 1",
        "1 ",
        "1\n",
        "01",
        "00.5",
        ".5",
        "5.",
        ".",
        "1.2.3",
        "1,5",
        "1_000",
        "1 000",
        "1e3",
        "1E3",
        "1e-2",
        "1.5e0",
        "0x10",
        "NaN",
        "nan",
        "inf",
        "Infinity",
        "-Infinity",
        "１",
        "٣",
        "1\0",
        "€1",
        "0.001",
        "5.000001",
        &thirty_nine,
        &many,
        &nineteen_places,
        "1/3",
        // 37 digits of euros are 39 of cents.
        "1000000000000000000000000000000000000",
    ] {
        let mut transfer = new_transfer(&from, &to, "1");
        transfer.amount = money("EUR", amount);
        invalid(make(&tenant.operator, transfer.clone()).await, &["transfer.amount.amount"]);
        transfer.pending = true;
        invalid(make(&tenant.operator, transfer).await, &["transfer.amount.amount"]);
    }
    assert!(history(&tenant.viewer, &from).await.is_empty());
}

#[tokio::test]
async fn replies_are_canonical() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    for (given, canonical) in [
        ("0.01", "0.01"),
        ("0.10", "0.1"),
        ("1.00", "1"),
        ("100", "100"),
        ("12.5000000000000000000000000", "12.5"),
        ("99999999999999999999999999999999999.00", "99999999999999999999999999999999999"),
    ] {
        let made = moved(&tenant.operator, &from, &to, given).await;
        assert_eq!(made.amount, money("EUR", canonical), "{given}");
        let back = moved(&tenant.operator, &to, &from, given).await;
        assert_eq!(back.credit_balance.unwrap().posted, "0");
    }
}

/// Tiny and huge amounts add up to the last digit.
#[tokio::test]
async fn sums_are_exact() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "ETH", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "ETH", BalanceRule::Unlimited).await;
    for amount in
        ["12345678901234567890", "0.000000000000000001", "0.1", "0.2", "0.000000000000000009"]
    {
        moved(&tenant.operator, &from, &to, amount).await;
    }
    assert_eq!(balance(&tenant.viewer, &to).await.posted, "12345678901234567890.30000000000000001");
}

#[tokio::test]
async fn totals_stay_within_38_digits() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "JPY", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "JPY", BalanceRule::Unlimited).await;
    let third = new_account(&tenant.operator, "JPY", BalanceRule::Unlimited).await;
    let most = "9".repeat(38);
    let pending = make(&tenant.operator, new_hold(&from, &to, &most, 0)).await.unwrap();
    let overflow = async |debit, credit, hold: bool, account: &str| {
        let mut transfer = new_transfer(debit, credit, "1");
        transfer.pending = hold;
        let outcome = make(&tenant.operator, transfer).await;
        let fault = refused(outcome, Code::FailedPrecondition, "TOTAL_OVERFLOW");
        assert_eq!(fault.meta("account_id"), account);
    };
    // The pending totals are full; the posted ones are not.
    overflow(&from, &third, true, &from.id).await;
    overflow(&third, &to, true, &to.id).await;
    moved(&tenant.operator, &from, &to, &most).await;
    overflow(&from, &third, false, &from.id).await;
    overflow(&third, &to, false, &to.id).await;
    let posted = post_part(&tenant.operator, &pending, "1", false).await;
    refused(posted, Code::FailedPrecondition, "TOTAL_OVERFLOW");
    assert_eq!(totals(&balance(&tenant.viewer, &from).await), [&most, "0", &most, "0"]);
    assert_eq!(balance(&tenant.viewer, &third).await.version, 0);

    // Debits and credits are totals of their own: the way back is free, and ends at zero.
    let back = moved(&tenant.operator, &to, &from, &most).await;
    assert_eq!(back.debit_balance.unwrap().posted, "0");
    void(&tenant.operator, &pending).await.unwrap();
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), [&*most, &most, "0", "0"]);
    let request = bursar_proto::ledger::v1::PostTransferRequest {
        id: id(),
        pending_id: pending.id,
        amount: money("JPY", "0.5"),
        ..Default::default()
    };
    // A hold that has ended is told before the amount is looked at.
    refused(
        tenant.operator.transfers().post_transfer(request).await,
        Code::FailedPrecondition,
        "HOLD_NOT_OPEN",
    );
}
