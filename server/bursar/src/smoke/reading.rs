//! The steps that read back what happened.

use super::entry::absent;
use super::posting::{AMOUNT, same};
use super::world::new_id;
use super::{Outcome, World, Wrong, expecting};
use bursar_proto::audit::v1::GetAuditEventRequest;
use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::{
    GetAccountRequest, GetBalanceRequest, ListTransfersRequest, SortOrder, TransferFilter,
    TransferKind,
};
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};

pub(super) async fn balance_now(world: &mut World) -> Result<Outcome, Wrong> {
    let balance = world.customer_balance().await?;
    let found = [balance.posted, balance.debits_pending, balance.version.to_string()];
    same("25 posted, nothing held, after 5 transfers", &[AMOUNT, "0", "5"], &found)?;
    Ok(Outcome::Fine("25 after 5 transfers".into()))
}

pub(super) async fn balance_as_of(world: &mut World) -> Result<Outcome, Wrong> {
    let at = |as_of| GetBalanceRequest { account_id: world.customer.clone(), as_of: Some(as_of) };
    let mut found = Vec::new();
    let first = world.first.posted_at.unwrap_or_default();
    let posted = world.posted.posted_at.unwrap_or_default();
    let days = [world.first.value_date.clone()].map(AsOf::ValueDate);
    for as_of in [first, posted].map(AsOf::PostingTime).into_iter().chain(days) {
        let balance = world.balance(at(as_of)).await?.balance.unwrap_or_default();
        found.push(balance.posted);
    }
    let expected = "25 after the first transfer, 19 after the posting, 25 at the end of the day";
    same(expected, &[AMOUNT, "19", AMOUNT], &found)?;
    Ok(Outcome::Fine("25, then 19, and 25 at the end of the day".into()))
}

pub(super) async fn pages(world: &mut World) -> Result<Outcome, Wrong> {
    use TransferKind::{Direct, Pending, Post, Reversal, Void};
    let filter = TransferFilter { account_id: world.customer.clone(), ..Default::default() };
    let mut request = ListTransfersRequest {
        filter: Some(filter),
        order: SortOrder::OldestFirst.into(),
        page_size: 2,
        page_token: String::new(),
    };
    let (mut kinds, mut pages) = (Vec::new(), 0);
    let mut transfers = world.client.transfers();
    loop {
        let reply = transfers.list_transfers(request.clone()).await;
        let page = reply.map_err(expecting("a page of transfers"))?.into_inner();
        pages += 1;
        kinds.extend(page.transfers.iter().map(bursar_proto::ledger::v1::Transfer::kind));
        if page.next_page_token.is_empty() || pages > 5 {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let want = [Direct, Pending, Post, Void, Reversal];
    if kinds != want || pages != 3 {
        return Err(Wrong::new(
            "five transfers, oldest first, in three pages",
            format!("{kinds:?} in {pages}"),
        ));
    }
    Ok(Outcome::Fine("5 transfers in 3 pages".into()))
}

pub(super) async fn operation(world: &mut World) -> Result<Outcome, Wrong> {
    let mut operations = world.client.operations();
    for (id, want) in [
        (world.first.id.clone(), OperationState::Succeeded),
        (new_id(), OperationState::NotRecorded),
    ] {
        let expected = format!("{want:?}");
        let reply = operations.get_operation(GetOperationRequest { id, fence: false }).await;
        let found = reply.map_err(expecting(&expected))?.into_inner();
        if found.state() != want {
            return Err(Wrong::new(&expected, format!("{:?}", found.state())));
        }
    }
    Ok(Outcome::Fine("tells what committed and what did not".into()))
}

pub(super) async fn audit(world: &mut World) -> Result<Outcome, Wrong> {
    if !world.admin() {
        return Ok(Outcome::Skipped("only an admin's key reads the audit trail".into()));
    }
    let expected = "the audit event of the first transfer";
    let request = GetAuditEventRequest { id: world.first.id.clone() };
    let reply = world.client.audit().get_audit_event(request).await;
    let event = reply.map_err(expecting(expected))?.into_inner().event.unwrap_or_default();
    if event.action != "transfer.create" || event.key_id != world.first.key_id {
        let found = format!("{} by the key {}", event.action, event.key_id);
        return Err(Wrong::new(&format!("{expected} by the key {}", world.first.key_id), found));
    }
    Ok(Outcome::Fine("the transfer is in the trail, with the key that made it".into()))
}

pub(super) async fn other_tenant(world: &mut World) -> Result<Outcome, Wrong> {
    if !world.own() {
        return Ok(Outcome::Skipped("takes a key of the platform, to make another tenant".into()));
    }
    world.make_tenant("neighbour").await?;
    let expected = "another tenant's account is not there";
    let Some(other) = world.made.last() else { return Ok(Outcome::Skipped(String::new())) };
    let request = GetAccountRequest { id: world.customer.clone() };
    absent(other.client.accounts().get_account(request).await, expected).map_err(|wrong| {
        wrong.advise("stop the server: the wall between tenants is down; then report it")
    })?;
    Ok(Outcome::Fine("a neighbour sees nothing of it".into()))
}
