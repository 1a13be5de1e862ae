//! Taking everything back, whatever the steps left: asks the server what is there, and trusts no memory.

use super::world::new_id;
use super::{Outcome, World, Wrong, expecting};
use crate::cli::reason_of;
use bursar_proto::admin::v1::DeleteTenantRequest;
use bursar_proto::ledger::v1::{
    CloseAccountRequest, GetAccountRequest, GetBalanceRequest, VoidTransferRequest,
};
use tonic::Code;

/// The accounts that are there: none, when the step that makes them was not reached or its call failed.
async fn there(world: &World) -> Result<bool, Wrong> {
    if world.bank.is_empty() {
        return Ok(false);
    }
    let request = GetAccountRequest { id: world.customer.clone() };
    match world.client.accounts().get_account(request).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::NotFound => Ok(false),
        Err(status) => Err(Wrong::call("the accounts of this check", status)),
    }
}

pub(super) async fn money(world: &mut World) -> Result<Outcome, Wrong> {
    if !there(world).await? {
        return Ok(Outcome::Skipped("there are no accounts".into()));
    }
    let request = GetBalanceRequest { account_id: world.customer.clone(), as_of: None };
    for hold in world.balance(request).await?.holds {
        let request =
            VoidTransferRequest { id: new_id(), pending_id: hold.pending_id, ..Default::default() };
        let reply = world.client.transfers().void_transfer(request).await;
        reply.map_err(expecting("the hold released"))?;
    }
    // Never negative: its rule forbids that.
    let balance = world.customer_balance().await?;
    if balance.posted == "0" {
        return Ok(Outcome::Fine("nothing is left on the accounts".into()));
    }
    let back = world.transfer(&world.customer, &world.bank, &balance.posted);
    world.send(back).await.map_err(expecting("the money back at the bank"))?;
    Ok(Outcome::Fine(format!("{} {} back at the bank", balance.posted, world.asset)))
}

pub(super) async fn accounts(world: &mut World) -> Result<Outcome, Wrong> {
    if !there(world).await? {
        return Ok(Outcome::Skipped("there are no accounts".into()));
    }
    if !world.admin() {
        return Ok(Outcome::Skipped(format!(
            "only an admin's key closes accounts: {} and {} stay, empty",
            world.bank, world.customer
        )));
    }
    for id in [&world.customer, &world.bank] {
        let request = CloseAccountRequest {
            request_id: new_id(),
            id: id.clone(),
            etag: String::new(),
            validate_only: false,
        };
        let reply = world.client.accounts().close_account(request).await;
        reply.map_err(expecting("a closed account")).map_err(|wrong| {
            wrong.advise(&format!("close the account {id} by hand, once it is empty"))
        })?;
    }
    Ok(Outcome::Fine("both are empty and closed".into()))
}

pub(super) async fn tenants(world: &mut World) -> Result<Outcome, Wrong> {
    let mut tenants = world.given.tenants();
    let mut ids: Vec<_> = world.made.iter().map(|made| made.id.clone()).collect();
    if let Some(request) = world.unanswered.take() {
        // The same request again tells the id of what it made, or makes what can then be named.
        let reply = tenants.create_tenant(request).await;
        let reply = reply.map_err(expecting("the tenant whose answer did not come"))?;
        ids.extend(reply.into_inner().tenant.map(|tenant| tenant.id));
    }
    if ids.is_empty() {
        return Ok(Outcome::Skipped("none was made".into()));
    }
    let mut problem = None;
    for id in &ids {
        let expected = format!("the temporary tenant {id} offboarded");
        let request = DeleteTenantRequest {
            request_id: new_id(),
            id: id.clone(),
            force: false,
            validate_only: false,
        };
        let Err(status) = tenants.delete_tenant(request.clone()).await else { continue };
        let by_hand = format!("remove it by hand: bursar tenant delete {id} --force --yes");
        // The money did not go back, which its own step told; the tenant goes all the same.
        let gone = reason_of(&status) == "TENANT_NOT_EMPTY" && {
            let forced = DeleteTenantRequest { request_id: new_id(), force: true, ..request };
            tenants.delete_tenant(forced).await.is_ok()
        };
        let advice = if gone {
            "it is gone now, by force; see why its accounts were not empty"
        } else {
            &by_hand
        };
        problem = Some(Wrong::call(&expected, status).advise(advice));
    }
    match problem {
        Some(wrong) => Err(wrong),
        None => Ok(Outcome::Fine(format!("{} tenants", ids.len()))),
    }
}
