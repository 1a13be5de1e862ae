//! Moving the money of a transfer back.

use bursar_proto::ledger::v1::{
    BalanceRule, CloseAccountRequest, ReverseTransferRequest, ReverseTransferResponse, TransferKind,
};
use bursar_testkit::{
    Server, assert_hidden, attribute_number, attributes, balance, day, held, history, id, invalid,
    money, moved, ok, open_limited, post_part, refused, totals, void,
};
use serde_json::json;
use tonic::Code;

use super::{event_of, reverse, try_get, two};

fn request(original: &str) -> ReverseTransferRequest {
    ReverseTransferRequest { id: id(), transfer_id: original.into(), ..Default::default() }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let transfers = || tenant.operator.transfers();
    let original = moved(&tenant.operator, &from, &to, "12.5").await;
    let call = ReverseTransferRequest {
        value_date: day(-3).await,
        external_reference: "refund".into(),
        metadata: attributes(json!({ "why": "duplicate" })),
        ..request(&original.id)
    };
    let tried = ReverseTransferRequest { validate_only: true, ..call.clone() };
    ok(transfers().reverse_transfer(tried).await);
    assert_eq!(balance(&tenant.viewer, &to).await.posted, "12.5");

    let first = ok(transfers().reverse_transfer(call.clone()).await);
    let made = first.transfer.clone().unwrap();
    assert_eq!((made.kind(), &made.id), (TransferKind::Reversal, &call.id));
    assert_eq!((&made.debit_account_id, &made.credit_account_id), (&to.id, &from.id));
    assert_eq!((&made.reversed_id, &made.amount), (&original.id, &money("EUR", "12.5")));
    assert_eq!(
        (&made.value_date, &made.external_reference),
        (&call.value_date, &call.external_reference)
    );
    assert_eq!(made.metadata, call.metadata);
    assert_eq!(totals(made.debit_balance.as_ref().unwrap()), ["12.5", "12.5", "0", "0"]);
    assert_eq!(made.credit_balance.as_ref().unwrap().posted, "0");
    assert_eq!(try_get(&tenant.viewer, &call.id).await.unwrap(), made);
    // The original stays as it was.
    assert_eq!(try_get(&tenant.viewer, &original.id).await.unwrap(), original);

    let again = ok(transfers().reverse_transfer(call.clone()).await);
    assert_eq!(again, ReverseTransferResponse { replayed: true, ..first });
    let spare = moved(&tenant.operator, &from, &to, "1").await;
    for (changed, fields) in [
        (ReverseTransferRequest { transfer_id: spare.id.clone(), ..call.clone() }, "transfer_id"),
        (ReverseTransferRequest { value_date: String::new(), ..call.clone() }, "value_date"),
        (
            ReverseTransferRequest { id: original.id.clone(), ..request(&spare.id) },
            "transfer_id,id",
        ),
    ] {
        let outcome = transfers().reverse_transfer(changed).await;
        let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
        assert_eq!(fault.meta("fields"), fields);
    }
    let event = event_of(&tenant, &call.id).await;
    assert_eq!(event.action, "transfer.reverse");
    assert_eq!(event.method, "ReverseTransfer");
}

#[tokio::test]
async fn once_and_only_what_moved_money() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let original = moved(&tenant.operator, &from, &to, "5").await;
    let reversal = reverse(&tenant.operator, &original).await.unwrap();
    let fault = refused(
        reverse(&tenant.operator, &original).await,
        Code::FailedPrecondition,
        "ALREADY_REVERSED",
    );
    assert_eq!(fault.meta("transfer_id"), original.id);
    assert_eq!(fault.meta("reversal_id"), reversal.id);

    let pending = held(&tenant.operator, &from, &to, "9").await;
    let post = post_part(&tenant.operator, &pending, "4", false).await.unwrap();
    let voided = void(&tenant.operator, &pending).await.unwrap();
    for (other, kind) in [(&reversal, "reversal"), (&pending, "pending"), (&voided, "void")] {
        let outcome = reverse(&tenant.operator, other).await;
        let fault = refused(outcome, Code::FailedPrecondition, "NOT_REVERSIBLE");
        assert_eq!((fault.meta("transfer_id"), fault.meta("kind")), (&*other.id, kind));
    }
    // What a hold's part moved comes back alone, and reserves nothing again.
    let back = reverse(&tenant.operator, &post).await.unwrap();
    assert_eq!(back.amount, money("EUR", "4"));
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["9", "9", "0", "0"]);
    assert_eq!(history(&tenant.viewer, &to).await.len(), 6);
}

#[tokio::test]
async fn under_the_same_rules_as_any_transfer() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, shop) = two(&tenant.operator).await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let wallet = open_limited(&tenant.operator, rule, "0").await;
    let paid_in = moved(&tenant.operator, &bank, &wallet, "10").await;
    let spent = moved(&tenant.operator, &wallet, &shop, "4").await;
    let outcome = reverse(&tenant.operator, &paid_in).await;
    let fault = refused(outcome, Code::FailedPrecondition, "LIMIT_EXCEEDED");
    assert_eq!((fault.meta("account_id"), fault.meta("available")), (&*wallet.id, "6"));
    reverse(&tenant.operator, &spent).await.unwrap();
    reverse(&tenant.operator, &paid_in).await.unwrap();

    let past = moved(&tenant.operator, &bank, &shop, "3").await;
    moved(&tenant.operator, &shop, &bank, "3").await;
    let close = CloseAccountRequest { request_id: id(), id: shop.id.clone(), ..Default::default() };
    ok(tenant.admin.accounts().close_account(close).await);
    let outcome = reverse(&tenant.operator, &past).await;
    let fault = refused(outcome, Code::FailedPrecondition, "ACCOUNT_CLOSED");
    assert_eq!(fault.meta("account_id"), shop.id);
    let late = ReverseTransferRequest { value_date: day(2).await, ..request(&past.id) };
    invalid(tenant.operator.transfers().reverse_transfer(late).await, &["value_date"]);
    let absent = tenant.operator.transfers().reverse_transfer(request(&id())).await;
    refused(absent, Code::NotFound, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (from, to) = two(&theirs.operator).await;
    let foreign = moved(&theirs.operator, &from, &to, "10").await;
    let absent = id();
    let ask = async |id: &str| ours.operator.transfers().reverse_transfer(request(id)).await;
    let fault = assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(history(&theirs.viewer, &to).await, [foreign]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let original = moved(&tenant.operator, &from, &to, "10").await;
    let good = || request(&original.id);
    let cases: Vec<(ReverseTransferRequest, &[&str])> = vec![
        (ReverseTransferRequest { id: String::new(), ..good() }, &["id"]),
        (ReverseTransferRequest { transfer_id: "x".into(), ..good() }, &["transfer_id"]),
        (ReverseTransferRequest { value_date: "2026-13-01".into(), ..good() }, &["value_date"]),
        (
            ReverseTransferRequest {
                value_date: "yesterday".into(),
                external_reference: "x".repeat(201),
                metadata: attribute_number("n", 2_f64.powi(53)),
                ..Default::default()
            },
            &["id", "transfer_id", "external_reference", "metadata", "value_date"],
        ),
    ];
    for (call, fields) in cases {
        invalid(tenant.operator.transfers().reverse_transfer(call).await, fields);
    }
    assert_eq!(history(&tenant.viewer, &to).await, [original]);
}
