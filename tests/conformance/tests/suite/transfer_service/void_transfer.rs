//! Voiding a hold.

use bursar_proto::ledger::v1::{
    HoldState, TransferKind, VoidTransferRequest, VoidTransferResponse,
};
use bursar_testkit::{
    Server, assert_hidden, attribute_number, attributes, balance, held, hold_of, id, invalid,
    money, moved, ok, post_part, refused, totals, void,
};
use serde_json::json;
use tonic::Code;

use super::{event_of, try_get, two};

fn request(pending: &str) -> VoidTransferRequest {
    VoidTransferRequest { id: id(), pending_id: pending.into(), ..Default::default() }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let transfers = || tenant.operator.transfers();
    let pending = held(&tenant.operator, &from, &to, "10").await;
    let call = VoidTransferRequest {
        external_reference: "cancelled".into(),
        metadata: attributes(json!({ "why": "customer" })),
        ..request(&pending.id)
    };
    let tried = VoidTransferRequest { validate_only: true, ..call.clone() };
    ok(transfers().void_transfer(tried).await);
    assert_eq!(hold_of(&tenant.viewer, &pending).await.state(), HoldState::Open);

    let first = ok(transfers().void_transfer(call.clone()).await);
    let made = first.transfer.clone().unwrap();
    assert_eq!((made.kind(), &made.id), (TransferKind::Void, &call.id));
    assert_eq!(
        (&made.pending_id, &made.external_reference),
        (&pending.id, &call.external_reference)
    );
    assert_eq!((&made.amount, &made.metadata), (&money("EUR", "10"), &call.metadata));
    assert_eq!((&made.debit_account_id, &made.credit_account_id), (&from.id, &to.id));
    assert_eq!(totals(made.debit_balance.as_ref().unwrap()), ["0"; 4]);
    assert_eq!(totals(made.credit_balance.as_ref().unwrap()), ["0"; 4]);
    assert_eq!(made.credit_balance.as_ref().unwrap().version, 2);
    assert_eq!(try_get(&tenant.viewer, &call.id).await.unwrap(), made);
    let hold = hold_of(&tenant.viewer, &pending).await;
    assert_eq!((hold.state(), hold.remaining.as_str()), (HoldState::Voided, "0"));
    assert_eq!(totals(&balance(&tenant.viewer, &from).await), ["0"; 4]);

    let again = ok(transfers().void_transfer(call.clone()).await);
    assert_eq!(again, VoidTransferResponse { replayed: true, ..first });
    let other = held(&tenant.operator, &from, &to, "1").await;
    for (changed, fields) in [
        (VoidTransferRequest { pending_id: other.id.clone(), ..call.clone() }, "pending_id"),
        (
            VoidTransferRequest {
                external_reference: String::new(),
                metadata: None,
                ..call.clone()
            },
            "external_reference,metadata",
        ),
        (VoidTransferRequest { id: pending.id.clone(), ..request(&other.id) }, "pending_id,id"),
    ] {
        let outcome = transfers().void_transfer(changed).await;
        let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
        assert_eq!(fault.meta("fields"), fields);
    }
    let event = event_of(&tenant, &call.id).await;
    assert_eq!((event.action.as_str(), event.method.as_str()), ("transfer.void", "VoidTransfer"));
}

#[tokio::test]
async fn what_cannot_be_voided() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let direct = moved(&tenant.operator, &from, &to, "4").await;
    for unknown in [id(), direct.id] {
        let outcome = tenant.operator.transfers().void_transfer(request(&unknown)).await;
        let fault = refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
        assert!(fault.message.contains(&unknown), "{fault:?}");
    }
    let voided = held(&tenant.operator, &from, &to, "10").await;
    void(&tenant.operator, &voided).await.unwrap();
    let posted = held(&tenant.operator, &from, &to, "10").await;
    post_part(&tenant.operator, &posted, "3", true).await.unwrap();
    for (pending, state) in [(&voided, "voided"), (&posted, "posted")] {
        let outcome = void(&tenant.operator, pending).await;
        let fault = refused(outcome, Code::FailedPrecondition, "HOLD_NOT_OPEN");
        assert_eq!((fault.meta("pending_id"), fault.meta("state")), (&*pending.id, state));
        let outcome = post_part(&tenant.operator, pending, "0.01", false).await;
        let fault = refused(outcome, Code::FailedPrecondition, "HOLD_NOT_OPEN");
        assert_eq!(fault.meta("state"), state);
    }
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "7", "0", "0"]);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (from, to) = two(&theirs.operator).await;
    let foreign = held(&theirs.operator, &from, &to, "10").await;
    let absent = id();
    let ask = async |id: &str| ours.operator.transfers().void_transfer(request(id)).await;
    let fault = assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(hold_of(&theirs.viewer, &foreign).await.state(), HoldState::Open);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let pending = held(&tenant.operator, &from, &to, "10").await;
    let good = || request(&pending.id);
    let cases: Vec<(VoidTransferRequest, &[&str])> = vec![
        (VoidTransferRequest { id: "x".into(), ..good() }, &["id"]),
        (VoidTransferRequest { pending_id: String::new(), ..good() }, &["pending_id"]),
        (
            VoidTransferRequest { external_reference: "\0".into(), ..good() },
            &["external_reference"],
        ),
        (
            VoidTransferRequest {
                external_reference: "x".repeat(201),
                metadata: attribute_number("n", f64::NEG_INFINITY),
                ..Default::default()
            },
            &["id", "pending_id", "external_reference", "metadata"],
        ),
    ];
    for (call, fields) in cases {
        invalid(tenant.operator.transfers().void_transfer(call).await, fields);
    }
    assert_eq!(hold_of(&tenant.viewer, &pending).await.state(), HoldState::Open);
}
