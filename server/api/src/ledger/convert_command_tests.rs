//! Tests of the conversions of single transfers.

use bursar_domain::ids::{AccountId, GroupId, TransferId};
use bursar_domain::money::{AssetCode, Decimal};
use jiff::civil::Date;
use prost_types::Duration as WireDuration;

use super::super::tests::{attributes, fields, not_a_number, problem};
use super::*;

fn wire(amount: &str) -> WireMoney {
    WireMoney { asset: "EUR".into(), amount: amount.into() }
}

fn euros(amount: &str) -> Money {
    Money { asset: AssetCode::parse("EUR").unwrap(), amount: Decimal::parse(amount).unwrap() }
}

pub(in super::super) fn new_request() -> pb::NewTransfer {
    pb::NewTransfer {
        id: TransferId::generate().to_string(),
        debit_account_id: AccountId::generate().to_string(),
        credit_account_id: AccountId::generate().to_string(),
        amount: Some(wire("12.50")),
        ..pb::NewTransfer::default()
    }
}

fn seconds(seconds: i64) -> WireDuration {
    WireDuration { seconds, nanos: 0 }
}

#[test]
fn a_plain_transfer() {
    let m = new_request();
    let new = new_transfer(&m).unwrap();
    assert_eq!((new.id.to_string(), new.debit.to_string()), (m.id, m.debit_account_id));
    assert_eq!((new.credit.to_string(), new.amount), (m.credit_account_id, euros("12.5")));
    assert_eq!((new.hold, new.group, new.details), (None, None, Details::default()));
    let empty = pb::NewTransfer { metadata: Some(Struct::default()), ..new_request() };
    assert_eq!(new_transfer(&empty).unwrap().details.metadata, None);
}

#[test]
fn a_full_transfer() {
    let group = GroupId::generate();
    let m = pb::NewTransfer {
        code: "fee".into(),
        external_reference: "invoice 7".into(),
        metadata: Some(attributes("a", "b")),
        value_date: "1993-01-31".into(),
        pending: true,
        timeout: Some(seconds(i64::from(MAX_HOLD_SECONDS))),
        group_id: group.to_string(),
        ..new_request()
    };
    let alone = pb::CreateTransferRequest { transfer: Some(m.clone()), validate_only: false };
    assert_eq!(fields(create(&alone)), ["transfer.group_id"]);
    let new = new_transfer(&m).unwrap();
    assert_eq!(new.hold, Some(HoldTerms { timeout_seconds: Some(MAX_HOLD_SECONDS) }));
    assert_eq!(new.group, Some(group));
    let want = Details {
        code: "fee".into(),
        external_reference: Some("invoice 7".into()),
        metadata: json("metadata", Some(&attributes("a", "b"))).ok(),
        value_date: Some(Date::constant(1993, 1, 31)),
    };
    assert_eq!(new.details, want);
}

#[test]
fn all_violations_of_a_new_transfer_at_once() {
    let bad = pb::NewTransfer {
        id: "1".into(),
        debit_account_id: "2".into(),
        credit_account_id: String::new(),
        amount: Some(WireMoney { asset: "eur".into(), amount: "1e3".into() }),
        code: "a b".into(),
        external_reference: "x".repeat(201),
        metadata: Some(not_a_number()),
        value_date: "1899-12-31".into(),
        pending: false,
        timeout: Some(seconds(1)),
        group_id: "g".into(),
    };
    let bare = [
        "id",
        "debit_account_id",
        "credit_account_id",
        "amount.asset",
        "amount.amount",
        "code",
        "external_reference",
        "metadata",
        "value_date",
        "timeout",
        "group_id",
    ];
    assert_eq!(fields(new_transfer(&bad)), bare);
    let prefixed: Vec<String> = bare.iter().map(|field| format!("transfer.{field}")).collect();
    assert_eq!(
        fields(create(&pb::CreateTransferRequest { transfer: Some(bad), validate_only: false })),
        prefixed
    );
    assert_eq!(fields(create(&pb::CreateTransferRequest::default())), ["transfer"]);
}

#[test]
fn amounts() {
    for bad in
        ["0", "0.00", "-1", "-0", "1e3", "NaN", "", "+1", "0.0000000000000000001", &"9".repeat(39)]
    {
        let m = pb::NewTransfer { amount: Some(wire(bad)), ..new_request() };
        assert_eq!(fields(new_transfer(&m)), ["amount.amount"], "{bad}");
    }
    assert_eq!(
        fields(new_transfer(&pb::NewTransfer { amount: None, ..new_request() })),
        ["amount"]
    );
    let most = "9".repeat(38);
    let m = pb::NewTransfer { amount: Some(wire(&most)), ..new_request() };
    assert_eq!(new_transfer(&m).unwrap().amount, euros(&most));
}

#[test]
fn timeouts() {
    let with =
        |pending, timeout| new_transfer(&pb::NewTransfer { pending, timeout, ..new_request() });
    assert_eq!(with(true, None).unwrap().hold, Some(HoldTerms { timeout_seconds: None }));
    assert_eq!(
        with(true, Some(seconds(1))).unwrap().hold,
        Some(HoldTerms { timeout_seconds: Some(1) })
    );
    for bad in [0, -1, i64::from(MAX_HOLD_SECONDS) + 1, i64::MAX] {
        assert_eq!(fields(with(true, Some(seconds(bad)))), ["timeout"], "{bad}");
    }
    let half = Some(WireDuration { seconds: 1, nanos: 500_000_000 });
    assert_eq!(problem(with(true, half)), "has a part of a second; give whole seconds");
    assert!(problem(with(false, Some(seconds(1)))).starts_with("is only for pending transfers"));
}

#[test]
fn dates() {
    let on = |day: &str| new_transfer(&pb::NewTransfer { value_date: day.into(), ..new_request() });
    assert_eq!(on("1900-01-01").unwrap().details.value_date, Some(Date::constant(1900, 1, 1)));
    for bad in ["1899-12-31", "2026-02-30", "2026-1-1", "20260101", "2026-01-01T00:00:00Z", "today"]
    {
        assert_eq!(fields(on(bad)), ["value_date"], "{bad}");
    }
}

#[test]
fn posts() {
    let (id, pending) = (TransferId::generate(), TransferId::generate());
    let m = pb::PostTransferRequest {
        id: id.to_string(),
        pending_id: pending.to_string(),
        amount: Some(wire("3")),
        release_remainder: true,
        value_date: "2026-01-31".into(),
        ..pb::PostTransferRequest::default()
    };
    let details = Details { value_date: Some(Date::constant(2026, 1, 31)), ..Details::default() };
    let want = Post { id, pending, amount: Some(euros("3")), release_remainder: true, details };
    assert_eq!(post(&m), Ok(Command::Post(want.clone())));
    let whole = pb::PostTransferRequest { amount: None, ..m.clone() };
    assert_eq!(post(&whole), Ok(Command::Post(Post { amount: None, ..want })));
    let bad = pb::PostTransferRequest {
        id: String::new(),
        pending_id: "x".into(),
        amount: Some(wire("0")),
        value_date: "x".into(),
        external_reference: "\n".into(),
        metadata: Some(not_a_number()),
        ..m
    };
    let want =
        ["id", "pending_id", "amount.amount", "external_reference", "metadata", "value_date"];
    assert_eq!(fields(post(&bad)), want);
}

#[test]
fn voids_and_reversals() {
    let (id, other) = (TransferId::generate(), TransferId::generate());
    let m = pb::VoidTransferRequest {
        id: id.to_string(),
        pending_id: other.to_string(),
        external_reference: "r".into(),
        ..pb::VoidTransferRequest::default()
    };
    let details = Details { external_reference: Some("r".into()), ..Details::default() };
    assert_eq!(void(&m), Ok(Command::Void(Release { id, pending: other, details })));
    let bad = pb::VoidTransferRequest {
        metadata: Some(not_a_number()),
        ..pb::VoidTransferRequest::default()
    };
    assert_eq!(fields(void(&bad)), ["id", "pending_id", "metadata"]);

    let m = pb::ReverseTransferRequest {
        id: id.to_string(),
        transfer_id: other.to_string(),
        ..pb::ReverseTransferRequest::default()
    };
    assert_eq!(
        reverse(&m),
        Ok(Command::Reverse(Reverse { id, original: other, details: Details::default() }))
    );
    let bad = pb::ReverseTransferRequest {
        value_date: "x".into(),
        ..pb::ReverseTransferRequest::default()
    };
    assert_eq!(fields(reverse(&bad)), ["id", "transfer_id", "value_date"]);
}
