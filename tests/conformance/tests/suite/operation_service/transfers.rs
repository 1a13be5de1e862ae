//! A transfer's id is its request id.

use bursar_proto::ledger::v1::{
    BatchMode, CreateTransferRequest, CreateTransferResponse, NewTransfer, PostTransferRequest,
    ReverseTransferRequest, VoidTransferRequest,
};
use bursar_proto::operation::v1::OperationState;
use bursar_testkit::{Server, attributes, batch, id, money, new_hold, new_transfer, ok};
use prost::Message as _;

use super::{ask, fence, not_recorded, refusal, succeeded, two_accounts};

const SERVICE: &str = "/bursar.ledger.v1.TransferService";

#[tokio::test]
async fn each_kind_is_told_with_its_first_reply() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let operator = &tenant.operator;
    let (one, two) = two_accounts(&tenant).await;
    let make = |transfer| CreateTransferRequest { transfer: Some(transfer), validate_only: false };

    let rich = NewTransfer {
        code: "fee".into(),
        external_reference: "invoice 7".into(),
        metadata: attributes(serde_json::json!({ "a": [1, { "b": null }] })),
        value_date: "2024-02-29".into(),
        ..new_transfer(&one, &two, "12.50")
    };
    let direct = ok(operator.transfers().create_transfer(make(rich.clone())).await);
    let pending = new_hold(&one, &two, "9", 3_600);
    let held = ok(operator.transfers().create_transfer(make(pending.clone())).await);
    let part = PostTransferRequest {
        id: id(),
        pending_id: pending.id.clone(),
        amount: money("EUR", "4"),
        ..Default::default()
    };
    let posted = ok(operator.transfers().post_transfer(part.clone()).await);
    let rest =
        VoidTransferRequest { id: id(), pending_id: pending.id.clone(), ..Default::default() };
    let voided = ok(operator.transfers().void_transfer(rest.clone()).await);
    let back =
        ReverseTransferRequest { id: id(), transfer_id: rich.id.clone(), ..Default::default() };
    let reversed = ok(operator.transfers().reverse_transfer(back.clone()).await);

    // Asked after all of it: what became of a transfer since does not change its first reply.
    let of = |rpc: &str| format!("{SERVICE}/{rpc}");
    for caller in [operator, &tenant.admin] {
        succeeded(&ask(caller, &rich.id).await, &of("CreateTransfer"), &direct);
        succeeded(&ask(caller, &pending.id).await, &of("CreateTransfer"), &held);
        succeeded(&ask(caller, &part.id).await, &of("PostTransfer"), &posted);
        succeeded(&ask(caller, &rest.id).await, &of("VoidTransfer"), &voided);
        succeeded(&ask(caller, &back.id).await, &of("ReverseTransfer"), &reversed);
    }
    let recorded_at = ask(operator, &part.id).await.recorded_at;
    assert_eq!(recorded_at, posted.transfer.unwrap().posted_at);
    assert_eq!(fence(operator, &back.id).await.state(), OperationState::Succeeded);
}

#[tokio::test]
async fn each_transfer_of_a_batch_is_told_by_its_own_id() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (one, two) = two_accounts(&tenant).await;
    let transfers: Vec<_> = (1..=3).map(|n| new_transfer(&one, &two, &n.to_string())).collect();
    batch(&tenant.operator, transfers.clone(), BatchMode::AllOrNothing).await.unwrap();
    for (transfer, total) in transfers.iter().zip(["1", "3", "6"]) {
        let found = ask(&tenant.operator, &transfer.id).await;
        assert_eq!(found.state(), OperationState::Succeeded);
        let reply = CreateTransferResponse::decode(found.reply.unwrap().value.as_slice()).unwrap();
        let made = reply.transfer.unwrap();
        assert_eq!(
            (made.id.as_str(), made.amount.as_ref()),
            (transfer.id.as_str(), transfer.amount.as_ref())
        );
        assert_eq!(made.credit_balance.unwrap().posted, total);
    }
}

#[tokio::test]
async fn what_was_refused_or_only_tried_is_not_recorded() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let operator = &tenant.operator;
    let (one, two) = two_accounts(&tenant).await;
    let dry = new_transfer(&one, &two, "1");
    let request = CreateTransferRequest { transfer: Some(dry.clone()), validate_only: true };
    ok(operator.transfers().create_transfer(request).await);
    let wrong = NewTransfer { amount: money("USD", "1"), ..new_transfer(&one, &two, "1") };
    let request = CreateTransferRequest { transfer: Some(wrong.clone()), validate_only: false };
    assert_eq!(
        refusal(operator.transfers().create_transfer(request).await).reason,
        "ASSET_MISMATCH"
    );
    let neighbours = vec![
        new_transfer(&one, &two, "1"),
        NewTransfer { amount: money("USD", "1"), ..new_transfer(&one, &two, "1") },
    ];
    batch(operator, neighbours.clone(), BatchMode::AllOrNothing).await.unwrap_err();
    let absent = VoidTransferRequest { id: id(), pending_id: id(), ..Default::default() };
    assert_eq!(
        refusal(operator.transfers().void_transfer(absent.clone()).await).reason,
        "RESOURCE_NOT_FOUND"
    );
    for id in [&dry.id, &wrong.id, &neighbours[0].id, &neighbours[1].id, &absent.id] {
        not_recorded(&ask(operator, id).await);
    }
    let retried = NewTransfer { id: wrong.id, ..new_transfer(&one, &two, "1") };
    let request = CreateTransferRequest { transfer: Some(retried), validate_only: false };
    assert!(!ok(operator.transfers().create_transfer(request).await).replayed, "the id was free");
}
