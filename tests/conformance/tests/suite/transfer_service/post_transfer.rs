//! Posting a hold.

use bursar_proto::ledger::v1::{
    HoldState, NewTransfer, PostTransferRequest, PostTransferResponse, TransferKind,
};
use bursar_testkit::{
    Server, assert_hidden, attribute_number, attributes, balance, day, held, hold_of, id, invalid,
    make, money, moved, new_hold, ok, post_part, refused, totals,
};
use serde_json::json;
use tonic::Code;

use super::{event_of, try_get, two};

fn request(pending: &str) -> PostTransferRequest {
    PostTransferRequest { id: id(), pending_id: pending.into(), ..Default::default() }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let transfers = || tenant.operator.transfers();
    let pending = held(&tenant.operator, &from, &to, "10").await;
    assert_eq!(pending.kind(), TransferKind::Pending);
    assert_eq!(totals(pending.debit_balance.as_ref().unwrap()), ["0", "0", "10", "0"]);
    assert_eq!(totals(pending.credit_balance.as_ref().unwrap()), ["0", "0", "0", "10"]);
    let call = PostTransferRequest {
        external_reference: "settled".into(),
        metadata: attributes(json!({ "batch": 7 })),
        value_date: day(-1).await,
        ..request(&pending.id)
    };

    let tried = PostTransferRequest { validate_only: true, ..call.clone() };
    let tried = ok(transfers().post_transfer(tried).await).transfer.unwrap();
    assert_eq!(totals(tried.credit_balance.as_ref().unwrap()), ["0", "10", "0", "0"]);
    assert_eq!(hold_of(&tenant.viewer, &pending).await.state(), HoldState::Open);

    let first = ok(transfers().post_transfer(call.clone()).await);
    let posted = first.transfer.clone().unwrap();
    assert_eq!((posted.kind(), &posted.id), (TransferKind::Post, &call.id));
    assert_eq!((&posted.pending_id, posted.hold.as_ref()), (&pending.id, None));
    assert_eq!((&posted.debit_account_id, &posted.credit_account_id), (&from.id, &to.id));
    assert_eq!(posted.amount, money("EUR", "10"));
    assert_eq!(
        (&posted.external_reference, &posted.value_date),
        (&call.external_reference, &call.value_date)
    );
    assert_eq!(posted.metadata, call.metadata);
    assert_eq!(totals(posted.debit_balance.as_ref().unwrap()), ["10", "0", "0", "0"]);
    assert_eq!(totals(posted.credit_balance.as_ref().unwrap()), ["0", "10", "0", "0"]);
    assert_eq!(try_get(&tenant.viewer, &call.id).await.unwrap(), posted);
    let hold = hold_of(&tenant.viewer, &pending).await;
    assert_eq!((hold.state(), hold.remaining.as_str()), (HoldState::Posted, "0"));

    let again = ok(transfers().post_transfer(call.clone()).await);
    assert_eq!(again, PostTransferResponse { replayed: true, ..first });
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "10", "0", "0"]);
    let event = event_of(&tenant, &call.id).await;
    assert_eq!((event.action.as_str(), event.method.as_str()), ("transfer.post", "PostTransfer"));
    assert_eq!(event.key_id, posted.key_id);
}

#[tokio::test]
async fn a_used_id_with_another_body_names_what_differs() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (pending, spare) = (
        held(&tenant.operator, &from, &to, "10").await,
        held(&tenant.operator, &from, &to, "10").await,
    );
    let direct = moved(&tenant.operator, &from, &to, "4").await;
    let part = PostTransferRequest { amount: money("EUR", "4"), ..request(&pending.id) };
    let rest = request(&pending.id);
    for call in [&part, &rest] {
        ok(tenant.operator.transfers().post_transfer(call.clone()).await);
    }
    for (changed, fields) in [
        (PostTransferRequest { pending_id: spare.id, ..part.clone() }, "pending_id"),
        (PostTransferRequest { amount: money("EUR", "5"), ..part.clone() }, "amount.amount"),
        (PostTransferRequest { amount: None, ..part.clone() }, "amount"),
        // What remained were 6: naming them is another call than asking for the rest.
        (PostTransferRequest { amount: money("EUR", "6"), ..rest }, "amount"),
        (PostTransferRequest { release_remainder: true, ..part.clone() }, "release_remainder"),
        (PostTransferRequest { value_date: day(-1).await, ..part.clone() }, "value_date"),
        (PostTransferRequest { external_reference: "r".into(), ..part }, "external_reference"),
        (PostTransferRequest { id: direct.id, ..request(&pending.id) }, "pending_id,amount,id"),
    ] {
        let outcome = tenant.operator.transfers().post_transfer(changed).await;
        let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
        assert_eq!(fault.meta("fields"), fields);
    }
}

#[tokio::test]
async fn what_cannot_be_posted() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let pending = held(&tenant.operator, &from, &to, "10").await;
    let direct = moved(&tenant.operator, &from, &to, "4").await;
    let before = totals(&balance(&tenant.viewer, &to).await).map(str::to_owned);
    let send =
        async |call: PostTransferRequest| tenant.operator.transfers().post_transfer(call).await;

    for unknown in [id(), direct.id] {
        let fault = refused(send(request(&unknown)).await, Code::NotFound, "RESOURCE_NOT_FOUND");
        assert!(fault.message.contains(&unknown), "{fault:?}");
    }
    let more = PostTransferRequest { amount: money("EUR", "10.01"), ..request(&pending.id) };
    let fault = refused(send(more).await, Code::FailedPrecondition, "HOLD_EXCEEDED");
    assert_eq!((fault.meta("pending_id"), fault.meta("remaining")), (&*pending.id, "10"));
    let other = PostTransferRequest { amount: money("USD", "1"), ..request(&pending.id) };
    let fault = refused(send(other).await, Code::FailedPrecondition, "ASSET_MISMATCH");
    assert_eq!((fault.meta("expected"), fault.meta("asset")), ("EUR", "USD"));
    let fine = PostTransferRequest { amount: money("EUR", "0.001"), ..request(&pending.id) };
    invalid(send(fine).await, &["amount.amount"]);
    let late = PostTransferRequest { value_date: day(2).await, ..request(&pending.id) };
    invalid(send(late).await, &["value_date"]);

    assert_eq!(totals(&balance(&tenant.viewer, &to).await), before.each_ref().map(String::as_str));
    post_part(&tenant.operator, &pending, "", false).await.unwrap();
    let twice = post_part(&tenant.operator, &pending, "", false).await;
    let fault = refused(twice, Code::FailedPrecondition, "HOLD_NOT_OPEN");
    assert_eq!((fault.meta("pending_id"), fault.meta("state")), (&*pending.id, "posted"));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (from, to) = two(&theirs.operator).await;
    let foreign = held(&theirs.operator, &from, &to, "10").await;
    let absent = id();
    let ask = async |id: &str| ours.operator.transfers().post_transfer(request(id)).await;
    let fault = assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(hold_of(&theirs.viewer, &foreign).await.remaining, "10");
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let new = NewTransfer { id: id(), ..new_hold(&from, &to, "10", 60) };
    let pending = make(&tenant.operator, new).await.unwrap();
    let good = || request(&pending.id);
    let cases: Vec<(PostTransferRequest, &[&str])> = vec![
        (PostTransferRequest { id: String::new(), ..good() }, &["id"]),
        (PostTransferRequest { pending_id: "x".into(), ..good() }, &["pending_id"]),
        (PostTransferRequest { amount: money("EUR", "0"), ..good() }, &["amount.amount"]),
        (PostTransferRequest { amount: money("EUR", "-1"), ..good() }, &["amount.amount"]),
        (PostTransferRequest { amount: money("EUR", "1e1"), ..good() }, &["amount.amount"]),
        (
            PostTransferRequest { amount: money("", ""), ..good() },
            &["amount.asset", "amount.amount"],
        ),
        (PostTransferRequest { value_date: "1899-12-31".into(), ..good() }, &["value_date"]),
        (
            PostTransferRequest { external_reference: "x".repeat(201), ..good() },
            &["external_reference"],
        ),
        (PostTransferRequest { metadata: attribute_number("n", 1e300), ..good() }, &["metadata"]),
        (
            PostTransferRequest {
                amount: money("?", "?"),
                external_reference: "\n".into(),
                metadata: attribute_number("n", f64::NAN),
                value_date: "?".into(),
                ..Default::default()
            },
            &[
                "id",
                "pending_id",
                "amount.asset",
                "amount.amount",
                "external_reference",
                "metadata",
                "value_date",
            ],
        ),
    ];
    for (call, fields) in cases {
        invalid(tenant.operator.transfers().post_transfer(call).await, fields);
    }
    assert_eq!(hold_of(&tenant.viewer, &pending).await.remaining, "10");
}
