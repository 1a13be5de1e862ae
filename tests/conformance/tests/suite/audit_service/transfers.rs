//! Transfers appear as the events they are: the row is its own record.

use std::time::Duration;

use bursar_proto::admin::v1::WhoAmIRequest;
use bursar_proto::audit::v1::{AuditEvent, AuditFilter};
use bursar_proto::ledger::v1::{
    HoldState, NewTransfer, ReverseTransferRequest, Transfer, TransferFilter, TransferKind,
};
use bursar_testkit::{
    Server, held, hold_of, id, list_all, make, moved, new_hold, new_transfer, ok, post_part, void,
    within,
};
use serde_json::json;

use super::{get, list, payload, two_accounts};

/// What every event of a transfer must say.
#[track_caller]
fn is_event_of(event: &AuditEvent, transfer: &Transfer, method: &str, action: &str) {
    assert_eq!((&event.id, &event.resource_id), (&transfer.id, &transfer.id));
    assert_eq!((event.method.as_str(), event.action.as_str()), (method, action));
    assert_eq!(event.resource_type, "transfer");
    assert_eq!((&event.key_id, event.institution_id.as_str()), (&transfer.key_id, ""));
    assert_eq!((event.occurred_at, event.recorded_at), (transfer.posted_at, transfer.posted_at));
    let said = payload(event);
    assert_eq!(said["id"], json!(transfer.id));
    assert_eq!(said["debit_account_id"], json!(transfer.debit_account_id));
    assert_eq!(said["credit_account_id"], json!(transfer.credit_account_id));
    let amount = transfer.amount.as_ref().unwrap();
    assert_eq!(said["amount"], json!({ "asset": amount.asset, "amount": amount.amount }));
    assert_eq!(said["value_date"], json!(transfer.value_date));
}

#[tokio::test]
async fn of_each_kind() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let operator = &tenant.operator;
    let (one, two) = two_accounts(&tenant).await;
    let key_id = ok(operator.server().who_am_i(WhoAmIRequest {}).await).key_id;
    let rich = NewTransfer {
        code: "fee".into(),
        external_reference: "invoice 7".into(),
        ..new_transfer(&one, &two, "12.50")
    };
    let direct = make(operator, rich).await.unwrap();
    let hold = held(operator, &one, &two, "9").await;
    let posted = post_part(operator, &hold, "4", false).await.unwrap();
    let voided = void(operator, &hold).await.unwrap();
    let request =
        ReverseTransferRequest { id: id(), transfer_id: direct.id.clone(), ..Default::default() };
    let reversal = ok(operator.transfers().reverse_transfer(request).await).transfer.unwrap();
    let made = [
        (&reversal, "ReverseTransfer", "transfer.reverse"),
        (&voided, "VoidTransfer", "transfer.void"),
        (&posted, "PostTransfer", "transfer.post"),
        (&hold, "CreateTransfer", "transfer.create"),
        (&direct, "CreateTransfer", "transfer.create"),
    ];
    let events = list(&tenant.auditor, AuditFilter::default()).await;
    for (event, (transfer, method, action)) in events.iter().zip(made) {
        is_event_of(event, transfer, method, action);
        assert_eq!((&event.key_id, &event.request_id), (&key_id, &transfer.id));
        assert_eq!(event.path, format!("/bursar.ledger.v1.TransferService/{method}"));
        assert_eq!(&get(&tenant.auditor, &transfer.id).await, event);
    }
    let said = payload(&events[4]);
    assert_eq!((&said["code"], &said["external_reference"]), (&json!("fee"), &json!("invoice 7")));
    assert_eq!((&said["kind"], &said["amount"]["amount"]), (&json!("direct"), &json!("12.5")));
    assert_eq!(payload(&events[2])["pending_id"], json!(hold.id));
    assert_eq!(payload(&events[1])["pending_id"], json!(hold.id));
    assert_eq!(payload(&events[0])["reversed_id"], json!(direct.id));
}

#[tokio::test]
async fn of_an_expiry_that_no_key_asked_for() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (one, two) = two_accounts(&tenant).await;
    let hold = make(&tenant.operator, new_hold(&one, &two, "9", 1)).await.unwrap();
    let after = moved(&tenant.operator, &one, &two, "1").await;
    within(Duration::from_secs(5), "the expiry", async || {
        hold_of(&tenant.viewer, &hold).await.state() == HoldState::Expired
    })
    .await;
    let filter = TransferFilter {
        pending_id: hold.id.clone(),
        kind: TransferKind::Expire.into(),
        ..Default::default()
    };
    let expiry = list_all(&tenant.viewer, filter, 10).await.remove(0);
    let events = list(&tenant.auditor, AuditFilter::default()).await;
    is_event_of(&events[0], &expiry, "holds_expire", "transfer.expire");
    assert_eq!(
        (events[0].path.as_str(), events[0].request_id.as_str()),
        ("", ""),
        "a job, not an RPC"
    );
    assert_eq!(events[0].key_id, "00000000-0000-0000-0000-000000000000");
    assert_eq!((&events[1].id, &events[2].id), (&after.id, &hold.id), "in the order of time");
    assert_eq!(get(&tenant.auditor, &expiry.id).await, events[0]);
    let from = hold.posted_at;
    let by_action = AuditFilter { action: "transfer.expire".into(), from, ..Default::default() };
    assert_eq!(list(&tenant.auditor, by_action).await, events[..1]);
    let by_nobody = AuditFilter { key_id: events[0].key_id.clone(), from, ..Default::default() };
    assert_eq!(list(&tenant.auditor, by_nobody).await, events[..1]);
}
