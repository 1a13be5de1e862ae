//! The steps that move money: 25 come in, 10 are held, 6 of them posted, 4 released, the 6 go back.

use super::world::new_id;
use super::{Outcome, World, Wrong, expecting};
use crate::cli::reason_of;
use bursar_proto::ledger::v1::{
    NewTransfer, PostTransferRequest, ReverseTransferRequest, Transfer, VoidTransferRequest,
};
use tonic::{Response, Status};

/// What comes in first.
pub(super) const AMOUNT: &str = "25";

pub(super) async fn transfer(world: &mut World) -> Result<Outcome, Wrong> {
    world.asked = world.transfer(&world.bank, &world.customer, AMOUNT);
    let reply = world.send(world.asked.clone()).await.map_err(expecting("a transfer"))?;
    if reply.replayed {
        return Err(Wrong::new("a new transfer", "the replay of an earlier one"));
    }
    world.first = reply.transfer.unwrap_or_default();
    let found = posted(&world.first);
    same("the balances -25 and 25 in the reply", &["-25", "25"], &found)?;
    Ok(Outcome::Fine(format!("{AMOUNT} {} from the bank to the customer", world.asset)))
}

pub(super) async fn replay(world: &mut World) -> Result<Outcome, Wrong> {
    let expected = "the first reply again, marked as replayed";
    let reply = world.send(world.asked.clone()).await.map_err(expecting(expected))?;
    if !reply.replayed {
        return Err(Wrong::new(expected, "a reply that is not marked"));
    }
    if reply.transfer.as_ref() != Some(&world.first) {
        return Err(Wrong::new(expected, "another reply"));
    }
    Ok(Outcome::Fine("the same call gets the first reply".into()))
}

pub(super) async fn conflict(world: &mut World) -> Result<Outcome, Wrong> {
    let other = NewTransfer { amount: Some(world.money("26")), ..world.asked.clone() };
    refused(
        world.send(other).await,
        "REQUEST_ID_REUSED",
        "the same id with another amount is refused",
    )?;
    Ok(Outcome::Fine("another call with the same id is refused".into()))
}

pub(super) async fn limit(world: &mut World) -> Result<Outcome, Wrong> {
    let more = world.transfer(&world.customer, &world.bank, "25.01");
    refused(
        world.send(more).await,
        "LIMIT_EXCEEDED",
        "a customer cannot spend more than there is",
    )?;
    Ok(Outcome::Fine("more than the balance is refused".into()))
}

pub(super) async fn hold(world: &mut World) -> Result<Outcome, Wrong> {
    let held = NewTransfer {
        pending: true,
        timeout: Some(prost_types::Duration { seconds: 3600, nanos: 0 }),
        ..world.transfer(&world.customer, &world.bank, "10")
    };
    world.pending.clone_from(&held.id);
    world.send(held).await.map_err(expecting("a hold"))?;
    let balance = world.customer_balance().await?;
    let found = [balance.posted, balance.debits_pending, balance.available];
    same("25 posted, 10 held, 15 available", &["25", "10", "15"], &found)?;
    Ok(Outcome::Fine("10 held, 15 available".into()))
}

pub(super) async fn post(world: &mut World) -> Result<Outcome, Wrong> {
    let request = PostTransferRequest {
        id: new_id(),
        pending_id: world.pending.clone(),
        amount: Some(world.money("6")),
        external_reference: format!("smoke:{}", world.run),
        ..Default::default()
    };
    let reply = world.client.transfers().post_transfer(request).await;
    world.posted = reply
        .map_err(expecting("a part of the hold posted"))?
        .into_inner()
        .transfer
        .unwrap_or_default();
    let debit = world.posted.debit_balance.clone().unwrap_or_default();
    let found = [debit.posted, debit.debits_pending];
    same("19 posted, 4 still held", &["19", "4"], &found)?;
    Ok(Outcome::Fine("6 of the 10 posted, 4 still held".into()))
}

pub(super) async fn void(world: &mut World) -> Result<Outcome, Wrong> {
    let request = VoidTransferRequest {
        id: new_id(),
        pending_id: world.pending.clone(),
        ..Default::default()
    };
    let again = VoidTransferRequest { id: new_id(), ..request.clone() };
    let mut transfers = world.client.transfers();
    transfers.void_transfer(request).await.map_err(expecting("the rest of the hold released"))?;
    let balance = world.customer_balance().await?;
    let found = [balance.debits_pending, balance.available];
    same("nothing held, 19 available", &["0", "19"], &found)?;
    refused(
        transfers.void_transfer(again).await.map(Response::into_inner),
        "HOLD_NOT_OPEN",
        "a hold that has ended cannot end again",
    )?;
    Ok(Outcome::Fine("the other 4 released".into()))
}

pub(super) async fn reverse(world: &mut World) -> Result<Outcome, Wrong> {
    let request = ReverseTransferRequest {
        id: new_id(),
        transfer_id: world.posted.id.clone(),
        ..Default::default()
    };
    let again = ReverseTransferRequest { id: new_id(), ..request.clone() };
    let mut transfers = world.client.transfers();
    let reply = transfers.reverse_transfer(request).await.map_err(expecting("a reversal"))?;
    let reversal = reply.into_inner().transfer.unwrap_or_default();
    same("the balances -25 and 25 again", &["-25", "25"], &posted(&reversal))?;
    refused(
        transfers.reverse_transfer(again).await.map(Response::into_inner),
        "ALREADY_REVERSED",
        "a transfer is reversed once",
    )?;
    Ok(Outcome::Fine("the 6 are back with the customer, once".into()))
}

/// The balances in a transfer: first the bank's, which all of them touch, then the customer's.
fn posted(transfer: &Transfer) -> [String; 2] {
    let of = |balance: &Option<bursar_proto::ledger::v1::Balance>| {
        balance.as_ref().map(|b| b.posted.clone()).unwrap_or_default()
    };
    [of(&transfer.debit_balance), of(&transfer.credit_balance)]
}

/// Compares amounts.
pub(super) fn same(expected: &str, want: &[&str], found: &[String]) -> Result<(), Wrong> {
    if want == found {
        return Ok(());
    }
    Err(Wrong::new(expected, found.join(", ")))
}

/// Expects a refusal with this reason.
fn refused<T>(reply: Result<T, Status>, reason: &str, expected: &str) -> Result<(), Wrong> {
    match reply {
        Err(status) if reason_of(&status) == reason => Ok(()),
        Err(status) => Err(Wrong::call(&format!("{expected} ({reason})"), status)),
        Ok(_) => Err(Wrong::new(&format!("{expected} ({reason})"), "it was taken")),
    }
}
