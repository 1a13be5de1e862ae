//! What an institution's policy for the region asks for.

use bursar_proto::common::v1::Role;
use bursar_proto::escrow::v1::{
    CreatePositionRequest, PositionEventKind, TransitionPositionRequest,
};
use bursar_testkit::{Server, attributes, balance, money, ok, refused};
use serde_json::json;
use tonic::Code;

use super::{
    Disputed, Funded, Locked, Released, accounts, go, gone, house, locked, new_position, paying,
    policy, propose, read, to,
};

#[tokio::test]
async fn states_amounts_and_metadata() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (house, other) = (house(&server, &tenant).await, house(&server, &tenant).await);
    let caller = &tenant.operator;
    policy(
        &server,
        &tenant,
        &house,
        "allowed_states, minimum_amounts, required_metadata",
        r#"'{funded,locked,released}', '{"EUR": "50.5"}', '{contract}'"#,
    )
    .await;
    let create = |amount: &str, asset: &str, metadata| CreatePositionRequest {
        amount: money(asset, amount),
        metadata: attributes(metadata),
        ..new_position(&house)
    };
    let unmet = |outcome: Result<_, _>, rule: &str, wanted: &str| {
        let fault = refused(outcome, Code::FailedPrecondition, "POLICY_NOT_MET");
        assert_eq!((fault.meta("rule"), fault.meta("wanted")), (rule, wanted));
    };
    let contract = json!({ "contract": "c-1" });
    let positions = || caller.positions();
    unmet(
        positions().create_position(create("50.49", "EUR", contract.clone())).await,
        "minimum_amounts",
        "50.5 EUR",
    );
    unmet(
        positions().create_position(create("60", "EUR", json!({ "x": 1 }))).await,
        "required_metadata",
        "contract",
    );
    ok(positions().create_position(create("1", "USD", contract.clone())).await);
    let made =
        ok(positions().create_position(create("50.5", "EUR", contract)).await).position.unwrap();
    let (buyer, _) = accounts(caller).await;
    let funded = gone(caller, paying(&made, Funded, &buyer, "")).await;
    let fault = refused(
        go(caller, to(&funded, Disputed)).await,
        Code::FailedPrecondition,
        "POLICY_NOT_MET",
    );
    assert_eq!(
        (fault.meta("rule"), fault.meta("wanted")),
        ("allowed_states", "FUNDED,LOCKED,RELEASED")
    );
    gone(caller, to(&funded, Locked)).await;
    // Another institution's positions know nothing of it.
    propose(caller, &other).await;

    // A policy that came later is asked at the funding; the transition's metadata may say what was missing.
    let late = propose(caller, &other).await;
    policy(&server, &tenant, &other, "required_metadata", "'{kyc}'").await;
    let fund = paying(&late, Funded, &buyer, "");
    let fault = refused(go(caller, fund.clone()).await, Code::FailedPrecondition, "POLICY_NOT_MET");
    assert_eq!(fault.meta("wanted"), "kyc");
    gone(
        caller,
        TransitionPositionRequest { metadata: attributes(json!({ "kyc": "k-1" })), ..fund },
    )
    .await;
}

#[tokio::test]
async fn four_eyes() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    policy(&server, &tenant, &house, "four_eyes", "true").await;
    let (first, second) = (&tenant.operator, tenant.admin.new_key(Role::Operator).await);
    let (buyer, seller) = accounts(first).await;
    let position = locked(first, &house, &buyer).await;
    let made = go(first, paying(&position, Released, &seller, "40")).await.unwrap();
    let (proposed, event) = (made.position.unwrap(), made.event.unwrap());
    assert_eq!(
        (event.kind(), event.transfer_ids.len(), proposed.state()),
        (PositionEventKind::ReleaseProposed, 0, Locked)
    );
    let open = proposed.release_proposal.clone().unwrap();
    assert_eq!((&open.account_id, &*open.amount, &open.key_id), (&seller.id, "40", &event.key_id));
    assert_eq!(balance(first, &seller).await.posted, "0");
    assert_eq!(read(first, &position.id).await.position.as_ref(), Some(&proposed));

    // The same key, by whatever other call, does not approve what it proposed.
    let fault = refused(
        go(first, paying(&proposed, Released, &seller, "40.0")).await,
        Code::FailedPrecondition,
        "FOUR_EYES",
    );
    assert_eq!(fault.meta("position_id"), position.id);
    // Nor does another key with other terms: that is another proposal.
    let again = gone(&second, paying(&proposed, Released, &seller, "41")).await;
    assert_eq!((again.state(), &*again.release_proposal.clone().unwrap().amount), (Locked, "41"));
    refused(
        go(&second, paying(&again, Released, &seller, "41")).await,
        Code::FailedPrecondition,
        "FOUR_EYES",
    );
    let approved = gone(first, paying(&again, Released, &seller, "41")).await;
    assert_eq!((&*approved.held, approved.release_proposal), ("59", None));
    assert_eq!(balance(first, &seller).await.posted, "41");

    // Any other event ends a proposal, and the next call for a release proposes anew.
    let position = locked(first, &house, &buyer).await;
    let proposed = gone(first, paying(&position, Released, &seller, "")).await;
    let disputed = gone(first, to(&proposed, Disputed)).await;
    assert_eq!(disputed.release_proposal, None);
    let anew = gone(&second, paying(&disputed, Released, &seller, "")).await;
    assert_eq!((anew.state(), anew.release_proposal.is_some()), (Disputed, true));
    assert_eq!(gone(first, paying(&anew, Released, &seller, "")).await.state(), Released);
    // Then as it was: with its proposal.
    let at = bursar_proto::escrow::v1::GetPositionRequest {
        id: anew.id.clone(),
        as_of: anew.updated_at,
    };
    assert_eq!(ok(second.positions().get_position(at).await).position, Some(anew));
}
