//! Making one transfer.

use bursar_proto::audit::v1::{AuditFilter, ListAuditEventsRequest};
use bursar_proto::ledger::v1::{
    Balance, BalanceRule, CreateTransferRequest, CreateTransferResponse, NewTransfer, Transfer,
    TransferKind,
};
use bursar_testkit::{
    Server, assert_hidden, attribute_number, attributes, balance, day, history, id, invalid, make,
    money, moved, new_account, new_hold, new_transfer, ok, refused, totals,
};
use prost_types::Duration;
use serde_json::json;
use tonic::Code;

use super::{create, event_of, try_get, two};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let transfers = || tenant.operator.transfers();
    let new = NewTransfer {
        code: "card/fee:1".into(),
        external_reference: "invoice 7 ü".into(),
        metadata: attributes(json!({ "b": 1, "a": ["x", 0.1] })),
        ..new_transfer(&from, &to, "12.50")
    };
    let request = create(new.clone());

    let tried = CreateTransferRequest { validate_only: true, ..request.clone() };
    let tried = ok(transfers().create_transfer(tried).await);
    assert_eq!(tried.transfer.unwrap().credit_balance.unwrap().posted, "12.5");
    refused(try_get(&tenant.viewer, &new.id).await, Code::NotFound, "RESOURCE_NOT_FOUND");
    assert_eq!(balance(&tenant.viewer, &to).await, to.balance.clone().unwrap());

    let first = ok(transfers().create_transfer(request.clone()).await);
    let made = first.transfer.clone().unwrap();
    let after = |debits: &str, credits: &str, posted: &str| {
        Some(Balance {
            asset: "EUR".into(),
            debits_posted: debits.into(),
            credits_posted: credits.into(),
            debits_pending: "0".into(),
            credits_pending: "0".into(),
            posted: posted.into(),
            available: String::new(),
            version: 1,
        })
    };
    let wanted = Transfer {
        id: new.id.clone(),
        kind: TransferKind::Direct.into(),
        debit_account_id: from.id.clone(),
        credit_account_id: to.id.clone(),
        amount: money("EUR", "12.5"),
        code: new.code.clone(),
        external_reference: new.external_reference.clone(),
        metadata: new.metadata.clone(),
        value_date: day(0).await,
        posted_at: made.posted_at,
        pending_id: String::new(),
        reversed_id: String::new(),
        group_id: String::new(),
        debit_balance: after("12.5", "0", "-12.5"),
        credit_balance: after("0", "12.5", "12.5"),
        key_id: made.key_id.clone(),
        hold: None,
        expires_at: None,
    };
    assert!(!first.replayed && made.posted_at.is_some());
    assert_eq!(made, wanted);
    assert_eq!(try_get(&tenant.viewer, &new.id).await.unwrap(), made);
    assert_eq!(balance(&tenant.viewer, &from).await.posted, "-12.5");

    // The first reply comes again whatever has happened since, and however the amount is spelled.
    moved(&tenant.operator, &from, &to, "1").await;
    let respelled = NewTransfer { amount: money("EUR", "12.5"), ..new.clone() };
    for same in [request.clone(), create(respelled)] {
        let again = ok(transfers().create_transfer(same).await);
        assert_eq!(again, CreateTransferResponse { replayed: true, ..first.clone() });
    }
    assert_eq!(balance(&tenant.viewer, &to).await.posted, "13.5");

    let event = event_of(&tenant, &new.id).await;
    assert_eq!(
        (event.action.as_str(), event.method.as_str()),
        ("transfer.create", "CreateTransfer")
    );
    assert_eq!((&event.key_id, event.recorded_at), (&made.key_id, made.posted_at));
    let filter = AuditFilter { resource_type: "transfer".into(), ..Default::default() };
    let trail = ListAuditEventsRequest { filter: Some(filter), ..Default::default() };
    let events = ok(tenant.auditor.audit().list_audit_events(trail).await).events;
    assert_eq!(events.len(), 2);
    assert_eq!(events[1], event);
}

#[tokio::test]
async fn a_used_id_with_another_body_names_what_differs() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let other = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let direct = NewTransfer { code: "a".into(), ..new_transfer(&from, &to, "5") };
    let pending = NewTransfer { code: "a".into(), ..new_hold(&from, &to, "5", 60) };
    make(&tenant.operator, direct.clone()).await.unwrap();
    make(&tenant.operator, pending.clone()).await.unwrap();
    let day_before = day(-1).await;
    let cases: Vec<(NewTransfer, &str)> = vec![
        (NewTransfer { debit_account_id: other.id.clone(), ..direct.clone() }, "debit_account_id"),
        (NewTransfer { credit_account_id: other.id, ..direct.clone() }, "credit_account_id"),
        (NewTransfer { amount: money("EUR", "5.01"), ..direct.clone() }, "amount.amount"),
        (NewTransfer { amount: money("USD", "5"), ..direct.clone() }, "amount.asset"),
        (NewTransfer { code: "b".into(), ..direct.clone() }, "code"),
        (NewTransfer { external_reference: "r".into(), ..direct.clone() }, "external_reference"),
        (NewTransfer { metadata: attributes(json!({ "a": 1 })), ..direct.clone() }, "metadata"),
        (NewTransfer { value_date: day_before, ..direct.clone() }, "value_date"),
        (NewTransfer { pending: true, ..direct.clone() }, "pending"),
        (NewTransfer { pending: false, timeout: None, ..pending.clone() }, "pending,timeout"),
        (
            NewTransfer { timeout: Some(Duration { seconds: 61, nanos: 0 }), ..pending.clone() },
            "timeout",
        ),
        (NewTransfer { timeout: None, ..pending }, "timeout"),
        (
            NewTransfer { amount: money("EUR", "6"), code: String::new(), ..direct.clone() },
            "amount.amount,code",
        ),
    ];
    for (changed, fields) in cases {
        let outcome = tenant.operator.transfers().create_transfer(create(changed)).await;
        let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
        let wanted: Vec<_> = fields.split(',').map(|field| format!("transfer.{field}")).collect();
        assert_eq!(fault.meta("fields"), wanted.join(","));
    }
    // Saying today's date is saying what was left out; an empty object is none.
    let metadata = attributes(json!({}));
    let same = NewTransfer { value_date: day(0).await, metadata, ..direct };
    assert!(ok(tenant.operator.transfers().create_transfer(create(same)).await).replayed);
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "5", "0", "5"]);
}

#[tokio::test]
async fn refusals_change_nothing_and_free_the_id() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let coins = new_account(&tenant.operator, "BTC", BalanceRule::Unlimited).await;
    let good = new_transfer(&from, &to, "5");
    let send = async |transfer: NewTransfer| make(&tenant.operator, transfer).await;

    let absent = id();
    for unknown in [
        NewTransfer { debit_account_id: absent.clone(), ..good.clone() },
        NewTransfer { credit_account_id: absent.clone(), ..good.clone() },
    ] {
        let fault = refused(send(unknown).await, Code::NotFound, "RESOURCE_NOT_FOUND");
        assert!(fault.message.contains(&absent), "{fault:?}");
    }
    let itself = NewTransfer { credit_account_id: from.id.to_uppercase(), ..good.clone() };
    invalid(send(itself).await, &["transfer.credit_account_id"]);

    for (transfer, account, expected, asset) in [
        (NewTransfer { amount: money("USD", "5"), ..good.clone() }, &from, "EUR", "USD"),
        (NewTransfer { amount: money("NOSUCH", "5"), ..good.clone() }, &from, "EUR", "NOSUCH"),
        (NewTransfer { credit_account_id: coins.id.clone(), ..good.clone() }, &coins, "BTC", "EUR"),
        (
            NewTransfer {
                debit_account_id: coins.id.clone(),
                amount: money("BTC", "5"),
                ..good.clone()
            },
            &to,
            "EUR",
            "BTC",
        ),
    ] {
        let fault = refused(send(transfer).await, Code::FailedPrecondition, "ASSET_MISMATCH");
        let facts = [fault.meta("account_id"), fault.meta("expected"), fault.meta("asset")];
        assert_eq!(facts, [&account.id, expected, asset]);
    }
    let checked = CreateTransferRequest {
        transfer: Some(NewTransfer { amount: money("USD", "5"), ..good.clone() }),
        validate_only: true,
    };
    let checked = tenant.operator.transfers().create_transfer(checked).await;
    refused(checked, Code::FailedPrecondition, "ASSET_MISMATCH");
    for account in [&from, &to, &coins] {
        assert_eq!(balance(&tenant.viewer, account).await, account.balance.clone().unwrap());
    }
    assert_eq!(send(good).await.unwrap().debit_balance.unwrap().version, 1);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (own, spare) = two(&ours.operator).await;
    let (foreign, bank) = two(&theirs.operator).await;
    let taken = moved(&theirs.operator, &bank, &foreign, "100").await;
    let absent = id();
    for pending in [false, true] {
        for side in ["debit", "credit"] {
            let ask = async |id: &str| {
                let new = NewTransfer { pending, ..new_transfer(&own, &own, "5") };
                let new = match side {
                    "debit" => NewTransfer { debit_account_id: id.into(), ..new },
                    _ => NewTransfer { credit_account_id: id.into(), ..new },
                };
                make(&ours.operator, new).await
            };
            let fault =
                assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
            assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        }
    }
    assert_eq!(history(&theirs.viewer, &foreign).await, std::slice::from_ref(&taken));
    assert_eq!(balance(&ours.viewer, &own).await, own.balance.clone().unwrap());
    // An id that they used is free here.
    let same = NewTransfer { id: taken.id.clone(), ..new_transfer(&own, &spare, "7") };
    let reply = ok(ours.operator.transfers().create_transfer(create(same)).await);
    assert!(!reply.replayed);
    assert_eq!(try_get(&theirs.viewer, &taken.id).await.unwrap(), taken);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let good = || new_transfer(&from, &to, "5");
    let timeout = |seconds, nanos| NewTransfer {
        timeout: Some(Duration { seconds, nanos }),
        ..new_hold(&from, &to, "5", 0)
    };
    let cases: Vec<(NewTransfer, &[&str])> = vec![
        (NewTransfer { id: String::new(), ..good() }, &["id"]),
        (NewTransfer { id: id().replace('-', ""), ..good() }, &["id"]),
        (NewTransfer { debit_account_id: "x".into(), ..good() }, &["debit_account_id"]),
        (NewTransfer { credit_account_id: String::new(), ..good() }, &["credit_account_id"]),
        (NewTransfer { amount: None, ..good() }, &["amount"]),
        (NewTransfer { amount: money("", "5"), ..good() }, &["amount.asset"]),
        (NewTransfer { amount: money("eur", "x"), ..good() }, &["amount.asset", "amount.amount"]),
        (NewTransfer { code: "a b".into(), ..good() }, &["code"]),
        (NewTransfer { code: "x".repeat(65), ..good() }, &["code"]),
        (NewTransfer { external_reference: "x".repeat(201), ..good() }, &["external_reference"]),
        (NewTransfer { external_reference: "a\0".into(), ..good() }, &["external_reference"]),
        (NewTransfer { metadata: attribute_number("n", f64::NAN), ..good() }, &["metadata"]),
        (NewTransfer { value_date: "today".into(), ..good() }, &["value_date"]),
        (NewTransfer { group_id: "x".into(), ..good() }, &["group_id"]),
        // A group links transfers of one batch.
        (NewTransfer { group_id: id(), ..good() }, &["group_id"]),
        (NewTransfer { pending: false, ..timeout(60, 0) }, &["timeout"]),
        (timeout(0, 0), &["timeout"]),
        (timeout(-1, 0), &["timeout"]),
        (timeout(1, 500_000_000), &["timeout"]),
        (timeout(1, -1_000), &["timeout"]),
        (timeout(366 * 86_400 + 1, 0), &["timeout"]),
        (timeout(i64::MAX, 0), &["timeout"]),
        (
            NewTransfer {
                id: "1".into(),
                debit_account_id: "2".into(),
                credit_account_id: "3".into(),
                amount: money("?", "?"),
                code: "?".into(),
                external_reference: "\n".into(),
                metadata: attribute_number("n", f64::NAN),
                value_date: "?".into(),
                pending: false,
                timeout: Some(Duration { seconds: 1, nanos: 0 }),
                group_id: "?".into(),
            },
            &[
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
            ],
        ),
    ];
    for (transfer, fields) in cases {
        let fields: Vec<_> = fields.iter().map(|field| format!("transfer.{field}")).collect();
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        invalid(make(&tenant.operator, transfer).await, &fields);
    }
    let none = tenant.operator.transfers().create_transfer(CreateTransferRequest::default()).await;
    invalid(none, &["transfer"]);
    assert!(history(&tenant.viewer, &from).await.is_empty());
    make(&tenant.operator, timeout(366 * 86_400, 0)).await.unwrap();
    make(&tenant.operator, timeout(1, 0)).await.unwrap();
}
