//! Proposing positions.

use bursar_proto::escrow::v1::{CreatePositionRequest, PositionEventKind};
use bursar_proto::ledger::v1::BalanceRule;
use bursar_testkit::{Server, account, attributes, id, invalid, money, ok, refused};
use serde_json::json;
use tonic::Code;

use super::{Proposed, absent, house, house_with, new_position, read};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let positions = || tenant.operator.positions();
    let request = CreatePositionRequest {
        amount: money("EUR", "1234.50"),
        external_reference: "deal-7".into(),
        metadata: attributes(json!({ "contract": "c-1", "deep": { "n": 2 } })),
        ..new_position(&house)
    };
    let dry = CreatePositionRequest { request_id: id(), validate_only: true, ..request.clone() };
    let told = ok(positions().create_position(dry).await).position.unwrap();
    absent(
        tenant
            .viewer
            .positions()
            .get_position(super::GetPositionRequest { id: told.id, as_of: None })
            .await,
    );

    let made = ok(positions().create_position(request.clone()).await);
    let position = made.position.clone().unwrap();
    assert_eq!(
        [&position.institution_id, &position.template_id, &position.asset_id],
        [&house.institution, &house.template, &house.asset]
    );
    assert_eq!(
        (position.holder_reference.as_str(), &position.amount),
        ("holder-1", &money("EUR", "1234.5"))
    );
    assert_eq!([&*position.held, &*position.released, &*position.refunded], ["0", "0", "0"]);
    assert_eq!((position.state(), position.etag.as_str()), (Proposed, "1"));
    assert_eq!(
        (&position.metadata, position.external_reference.as_str()),
        (&request.metadata, "deal-7")
    );
    assert!(position.release_proposal.is_none() && position.funding_account_id.is_empty());
    let account = account(&tenant.viewer, &position.account_id).await;
    assert_eq!((account.asset.as_str(), account.code.as_str()), ("EUR", "escrow"));
    assert_eq!(account.balance_rule(), BalanceRule::DebitsMustNotExceedCredits);
    assert_eq!(account.metadata, attributes(json!({ "position_id": position.id })));
    let found = read(&tenant.viewer, &position.id).await;
    assert_eq!(found.position.as_ref(), Some(&position));
    assert_eq!(found.events.len(), 1);
    assert_eq!(found.events[0].kind(), PositionEventKind::Created);
    assert_eq!(
        (found.events[0].occurred_at, &found.events[0].etag),
        (position.created_at, &position.etag)
    );

    let again = ok(positions().create_position(request.clone()).await);
    assert!(again.replayed && !made.replayed);
    assert_eq!(again.position, made.position);
    let other = CreatePositionRequest { holder_reference: "other".into(), ..request.clone() };
    let fault =
        refused(positions().create_position(other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "holder_reference");
    let twice = CreatePositionRequest { request_id: id(), ..request };
    refused(positions().create_position(twice).await, Code::AlreadyExists, "RESOURCE_EXISTS");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let house = house(&server, &theirs).await;
    let request = new_position(&house);
    absent(ours.operator.positions().create_position(request.clone()).await);
    ok(theirs.operator.positions().create_position(request).await);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let positions = || tenant.operator.positions();
    let empty = CreatePositionRequest::default();
    invalid(
        positions().create_position(empty).await,
        &["request_id", "asset_id", "holder_reference", "amount"],
    );
    let long = CreatePositionRequest {
        holder_reference: "x".repeat(201),
        external_reference: "x".repeat(201),
        amount: money("eur", "x"),
        ..new_position(&house)
    };
    invalid(
        positions().create_position(long).await,
        &["holder_reference", "amount.asset", "amount.amount", "external_reference"],
    );
    for (asset, amount, field) in [
        ("EUR", "0", "amount.amount"),
        ("EUR", "-1", "amount.amount"),
        ("EUR", "0.001", "amount.amount"),
        ("NONE", "1", "amount.asset"),
    ] {
        let bad = CreatePositionRequest { amount: money(asset, amount), ..new_position(&house) };
        invalid(positions().create_position(bad).await, &[field]);
    }
    let nowhere = CreatePositionRequest { asset_id: id(), ..new_position(&house) };
    absent(positions().create_position(nowhere).await);
    let odd = house_with(&server, &tenant, r#"{"transitions": {"PROPOSED": ["RELEASED"]}}"#).await;
    let fault = invalid(positions().create_position(new_position(&odd)).await, &["asset_id"]);
    assert!(fault.message.contains("can only narrow"), "{fault:?}");
}
