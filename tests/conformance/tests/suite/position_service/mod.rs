//! Positions: their life, the money that moves with it, and what is told of both.

mod create_position;
mod get_position;
mod life;
mod list_ledger_events;
mod list_position_events;
mod list_positions;
mod narrowed;
mod policies;
mod races;
mod random;
mod reserved;
mod transition_position;

use bursar_proto::escrow::v1::{
    CreatePositionRequest, GetPositionRequest, GetPositionResponse, Position, PositionState,
    TransitionPositionRequest, TransitionPositionResponse,
};
use bursar_proto::ledger::v1::{Account, BalanceRule};
use bursar_testkit::{Caller, Server, TestTenant, id, money, new_account, ok};
use tonic::{Code, Status};

pub(super) use PositionState::{
    Cancelled, Disputed, Expired, Funded, Locked, Proposed, Refunded, Released,
};

/// An institution with a template and an asset, written as the owner of the database does.
pub(super) struct House {
    pub(super) institution: String,
    pub(super) template: String,
    pub(super) asset: String,
}

/// A house whose template has this config.
pub(super) async fn house_with(server: &Server, tenant: &TestTenant, config: &str) -> House {
    let house = House { institution: id(), template: id(), asset: id() };
    let House { institution, template, asset } = &house;
    let tenant = &tenant.id;
    server
        .database
        .sql(&format!(
            "INSERT INTO bursar.escrow_institution (tenant_id, id, code, name)
                 VALUES ('{tenant}', '{institution}', '{institution}', 'A house');
             INSERT INTO bursar.escrow_asset_template (tenant_id, id, institution_id, code, name, region, config)
                 VALUES ('{tenant}', '{template}', '{institution}', 'flat', 'Flat', 'EU', '{config}');
             INSERT INTO bursar.escrow_asset (tenant_id, id, institution_id, template_id, label)
                 VALUES ('{tenant}', '{asset}', '{institution}', '{template}', 'Flat 1')"
        ))
        .await;
    house
}

/// A house without rules of its own.
pub(super) async fn house(server: &Server, tenant: &TestTenant) -> House {
    house_with(server, tenant, "{}").await
}

/// What a policy of the house for its region asks for: columns of the table, and their values.
pub(super) async fn policy(
    server: &Server,
    tenant: &TestTenant,
    house: &House,
    columns: &str,
    values: &str,
) {
    let (tenant, institution) = (&tenant.id, &house.institution);
    server
        .database
        .sql(&format!(
            "DELETE FROM bursar.escrow_policy WHERE institution_id = '{institution}';
             INSERT INTO bursar.escrow_policy (tenant_id, institution_id, region, {columns})
                 VALUES ('{tenant}', '{institution}', 'EU', {values})"
        ))
        .await;
}

/// A request for a position of 100 EUR.
pub(super) fn new_position(house: &House) -> CreatePositionRequest {
    CreatePositionRequest {
        request_id: id(),
        asset_id: house.asset.clone(),
        holder_reference: "holder-1".into(),
        amount: money("EUR", "100"),
        ..Default::default()
    }
}

/// Proposes a position of 100 EUR.
pub(super) async fn propose(caller: &Caller, house: &House) -> Position {
    ok(caller.positions().create_position(new_position(house)).await).position.unwrap()
}

/// A request to move the position as it was read.
pub(super) fn to(position: &Position, state: PositionState) -> TransitionPositionRequest {
    TransitionPositionRequest {
        request_id: id(),
        id: position.id.clone(),
        etag: position.etag.clone(),
        state: state.into(),
        ..Default::default()
    }
}

/// The same, with an account and an amount.
pub(super) fn paying(
    position: &Position,
    state: PositionState,
    account: &Account,
    amount: &str,
) -> TransitionPositionRequest {
    TransitionPositionRequest {
        account_id: account.id.clone(),
        amount: amount.into(),
        ..to(position, state)
    }
}

/// Makes the transition.
pub(super) async fn go(
    caller: &Caller,
    request: TransitionPositionRequest,
) -> Result<TransitionPositionResponse, Status> {
    Ok(caller.positions().transition_position(request).await?.into_inner())
}

/// Makes a transition that must succeed; the position after it.
pub(super) async fn gone(caller: &Caller, request: TransitionPositionRequest) -> Position {
    ok(caller.positions().transition_position(request).await).position.unwrap()
}

/// Reads a position.
pub(super) async fn read(caller: &Caller, id: &str) -> GetPositionResponse {
    let request = GetPositionRequest { id: id.into(), as_of: None };
    ok(caller.positions().get_position(request).await)
}

/// Two accounts of money without limit.
pub(super) async fn accounts(caller: &Caller) -> (Account, Account) {
    let buyer = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    (buyer, new_account(caller, "EUR", BalanceRule::Unlimited).await)
}

/// A position of 100 EUR that is locked, and who paid.
pub(super) async fn locked(caller: &Caller, house: &House, buyer: &Account) -> Position {
    let position = propose(caller, house).await;
    let position = gone(caller, paying(&position, Funded, buyer, "")).await;
    gone(caller, to(&position, Locked)).await
}

/// The call must be refused as a stranger's id is.
#[track_caller]
pub(super) fn absent<T: std::fmt::Debug>(outcome: Result<T, Status>) {
    bursar_testkit::refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
}

/// The account that holds a position's money.
pub(super) async fn account_of(caller: &Caller, position: &Position) -> Account {
    bursar_testkit::account(caller, &position.account_id).await
}
