//! Moving positions, and their money with them.

use bursar_proto::common::v1::Money;
use bursar_proto::escrow::v1::{PositionEventKind, TransitionPositionRequest};
use bursar_proto::ledger::v1::{BalanceRule, GetTransferRequest};
use bursar_testkit::{
    Server, attributes, balance, history, id, invalid, money, new_account, ok, refused,
};
use serde_json::json;
use tonic::Code;

use super::{
    Cancelled, Disputed, Funded, Locked, Refunded, Released, absent, account_of, accounts, go,
    gone, house, locked, paying, propose, read, to,
};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    let (buyer, seller) = accounts(caller).await;
    let position = propose(caller, &house).await;
    let request = TransitionPositionRequest {
        reason: "paid by wire".into(),
        metadata: attributes(json!({ "wire": "w-1" })),
        ..paying(&position, Funded, &buyer, "")
    };
    let dry =
        TransitionPositionRequest { request_id: id(), validate_only: true, ..request.clone() };
    assert_eq!(go(caller, dry).await.unwrap().position.unwrap().state(), Funded);
    assert_eq!(read(caller, &position.id).await.position, Some(position.clone()));
    assert_eq!(balance(caller, &buyer).await.posted, "0");

    let made = go(caller, request.clone()).await.unwrap();
    let (funded, event) = (made.position.clone().unwrap(), made.event.clone().unwrap());
    assert_eq!((funded.state(), &*funded.held, &*funded.etag), (Funded, "100", "2"));
    assert_eq!(funded.funding_account_id, buyer.id);
    assert_eq!(
        (event.kind(), event.previous_state(), event.state()),
        (PositionEventKind::Moved, super::Proposed, Funded)
    );
    assert_eq!(
        (&*event.amount, &event.account_id, &event.metadata),
        ("100", &buyer.id, &request.metadata)
    );
    assert_eq!((&*event.reason, event.occurred_at), ("paid by wire", funded.updated_at));
    assert!(event.occurred_at.unwrap().seconds > 0 && !event.key_id.is_empty());
    let [transfer] = &event.transfer_ids[..] else { panic!("{event:?}") };
    let transfer =
        ok(caller.transfers().get_transfer(GetTransferRequest { id: transfer.clone() }).await);
    let transfer = transfer.transfer.unwrap();
    assert_eq!(
        (&transfer.debit_account_id, &transfer.credit_account_id),
        (&buyer.id, &position.account_id)
    );
    assert_eq!((&transfer.amount, &*transfer.code), (&money("EUR", "100"), "escrow.funded"));
    assert_eq!(transfer.metadata, attributes(json!({ "position_id": position.id })));
    let traced = format!(
        "SELECT count(*) FROM bursar.trace_link WHERE kind = 'position' AND resource_id = '{}'
        AND transfer_id = '{}'",
        position.id, transfer.id
    );
    assert_eq!(server.database.rows(&traced).await[0].get::<_, i64>(0), 1);

    let again = go(caller, request.clone()).await.unwrap();
    assert!(again.replayed && !made.replayed);
    assert_eq!((again.position, again.event), (made.position, made.event));
    let other = TransitionPositionRequest { reason: "other".into(), ..request };
    refused(go(caller, other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");

    // Parts to different accounts, and what is left back.
    let locked = gone(caller, to(&funded, Locked)).await;
    let part = gone(caller, paying(&locked, Released, &seller, "30.5")).await;
    assert_eq!((part.state(), &*part.held, &*part.released), (Locked, "69.5", "30.5"));
    let part =
        gone(caller, TransitionPositionRequest { amount: "9.5".into(), ..to(&part, Refunded) })
            .await;
    assert_eq!((part.state(), &*part.held, &*part.refunded), (Locked, "60", "9.5"));
    let fault = refused(
        go(caller, paying(&part, Released, &seller, "60.01")).await,
        Code::FailedPrecondition,
        "HOLDING_EXCEEDED",
    );
    assert_eq!((fault.meta("held"), fault.meta("position_id")), ("60", &*part.id));
    let done = gone(caller, paying(&part, Released, &seller, "")).await;
    assert_eq!((done.state(), &*done.held, &*done.released), (Released, "0", "90.5"));
    assert_eq!(balance(caller, &seller).await.posted, "90.5");
    assert_eq!(balance(caller, &buyer).await.posted, "-90.5");
    let own = account_of(caller, &done).await;
    assert_eq!(balance(caller, &own).await.posted, "0");
    assert_eq!(history(caller, &own).await.len(), 4);
}

#[tokio::test]
async fn a_step_and_its_money_stand_or_fall_together() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    let position = propose(caller, &house).await;
    let poor = new_account(caller, "EUR", BalanceRule::DebitsMustNotExceedCredits).await;
    refused(
        go(caller, paying(&position, Funded, &poor, "")).await,
        Code::FailedPrecondition,
        "LIMIT_EXCEEDED",
    );
    let dollars = new_account(caller, "USD", BalanceRule::Unlimited).await;
    refused(
        go(caller, paying(&position, Funded, &dollars, "")).await,
        Code::FailedPrecondition,
        "ASSET_MISMATCH",
    );
    let nowhere = TransitionPositionRequest { account_id: id(), ..to(&position, Funded) };
    absent(go(caller, nowhere).await);
    let found = read(caller, &position.id).await;
    assert_eq!((found.position, found.events.len()), (Some(position.clone()), 1));
    assert_eq!(history(caller, &account_of(caller, &position).await).await, []);
    // A refused call stores nothing: its id may be used again.
    let buyer = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let request = paying(&position, Funded, &poor, "");
    go(caller, request.clone()).await.unwrap_err();
    go(caller, TransitionPositionRequest { account_id: buyer.id, ..request }).await.unwrap();
}

#[tokio::test]
async fn an_end_pays_back() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    let (buyer, _) = accounts(caller).await;
    for end in [Cancelled, super::Expired, Refunded] {
        let position = propose(caller, &house).await;
        let funded = gone(caller, paying(&position, Funded, &buyer, "")).await;
        let ended = gone(caller, to(&funded, end)).await;
        assert_eq!((ended.state(), &*ended.held, &*ended.refunded), (end, "0", "100"));
        assert_eq!(balance(caller, &buyer).await.posted, "0");
        let fault = refused(
            go(caller, to(&ended, Disputed)).await,
            Code::FailedPrecondition,
            "TRANSITION_NOT_ALLOWED",
        );
        assert_eq!(fault.meta("allowed"), "");
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let house = house(&server, &theirs).await;
    let (buyer, _) = accounts(&theirs.operator).await;
    let position = locked(&theirs.operator, &house, &buyer).await;
    absent(go(&ours.operator, to(&position, Disputed)).await);
    let (foreign, _) = accounts(&ours.operator).await;
    absent(go(&theirs.operator, paying(&position, Released, &foreign, "")).await);
    gone(&theirs.operator, to(&position, Disputed)).await;
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    invalid(
        go(caller, TransitionPositionRequest::default()).await,
        &["request_id", "id", "etag", "state"],
    );
    let (buyer, seller) = accounts(caller).await;
    let position = locked(caller, &house, &buyer).await;
    let bad = TransitionPositionRequest {
        etag: "01".into(),
        state: 99,
        reason: "x".repeat(501),
        account_id: "x".into(),
        amount: "-1".into(),
        ..to(&position, Released)
    };
    invalid(go(caller, bad).await, &["etag", "state", "reason", "account_id", "amount"]);
    for (request, field) in [
        (to(&position, Released), "account_id"),
        (paying(&position, Released, &seller, "0.001"), "amount"),
        (paying(&position, Disputed, &seller, ""), "account_id"),
        (TransitionPositionRequest { amount: "1".into(), ..to(&position, Disputed) }, "amount"),
        (
            TransitionPositionRequest {
                account_id: position.account_id.clone(),
                ..to(&position, Released)
            },
            "account_id",
        ),
    ] {
        invalid(go(caller, request).await, &[field]);
    }
    assert_eq!(position.amount, Some(Money { asset: "EUR".into(), amount: "100".into() }));
}
