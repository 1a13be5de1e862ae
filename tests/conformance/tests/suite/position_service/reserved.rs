//! A position's account is its own: nothing but its transitions moves its money.

use std::time::Duration;

use bursar_proto::ledger::v1::{
    AccountState, BalanceRule, BatchMode, CloseAccountRequest, ListAccountsRequest, NewTransfer,
    PostLeg, PostTransfersRequest, ReverseTransferRequest, TransferKind, UpdateAccountRequest,
    VoidLeg, VoidTransfersRequest,
};
use bursar_testkit::{
    Caller, Server, account, attributes, balance, batch, held, history, id, make, moved,
    new_account, new_hold, new_transfer, ok, post_part, refused, void, within,
};
use prost_types::FieldMask;
use serde_json::json;
use tonic::{Code, Status};

use super::{
    Funded, Locked, Released, account_of, accounts, go, gone, house, locked, paying, propose, to,
};

/// The refusal of whatever touches the account.
#[track_caller]
fn reserved<T: std::fmt::Debug>(outcome: Result<T, Status>, account: &str) {
    let fault = refused(outcome, Code::FailedPrecondition, "ACCOUNT_RESERVED");
    assert_eq!(fault.meta("account_id"), account);
}

async fn reverse(caller: &Caller, transfer: &str) -> Result<(), Status> {
    let request =
        ReverseTransferRequest { id: id(), transfer_id: transfer.into(), ..Default::default() };
    caller.transfers().reverse_transfer(request).await.map(drop)
}

#[tokio::test]
async fn no_transfer_of_another_touches_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.admin;
    let (buyer, seller) = accounts(caller).await;
    assert!(!buyer.reserved);
    let position = locked(caller, &house, &buyer).await;
    let own = account_of(caller, &position).await;
    assert!(own.reserved);
    let listed = ok(caller.accounts().list_accounts(ListAccountsRequest::default()).await);
    let listed = listed.accounts.iter().filter(|a| a.reserved).map(|a| &a.id);
    assert_eq!(listed.collect::<Vec<_>>(), [&own.id]);

    let out = || new_transfer(&own, &seller, "1");
    reserved(make(caller, out()).await, &own.id);
    reserved(make(caller, new_transfer(&buyer, &own, "1")).await, &own.id);
    reserved(make(caller, new_hold(&own, &seller, "1", 0)).await, &own.id);
    reserved(batch(caller, vec![out()], BatchMode::AllOrNothing).await, &own.id);
    let free = new_transfer(&buyer, &seller, "1");
    let results = batch(caller, vec![out(), free], BatchMode::Independent).await.unwrap();
    let [refusal, done] = &results[..] else { panic!("{results:?}") };
    assert_eq!(refusal.error.as_ref().unwrap().code, Code::FailedPrecondition as i32);
    assert_eq!(done.error, None);
    let funding = history(caller, &own).await.remove(0);
    reserved(reverse(caller, &funding.id).await, &own.id);
    assert_eq!(balance(caller, &own).await.posted, "100");

    // A transition may touch its own position's account, and no other's.
    let other = propose(caller, &house).await;
    reserved(go(caller, paying(&other, Funded, &own, "")).await, &own.id);
    let theirs = account_of(caller, &other).await;
    reserved(go(caller, paying(&position, Released, &theirs, "")).await, &theirs.id);
    gone(caller, paying(&position, Released, &seller, "")).await;
    assert_eq!(balance(caller, &own).await.posted, "0");
    // What a position paid out comes back by nothing but a transfer to somebody's account.
    let release = history(caller, &own).await.pop().unwrap();
    reserved(reverse(caller, &release.id).await, &own.id);
}

#[tokio::test]
async fn it_is_not_closed_and_its_limit_stays() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.admin;
    let position = propose(caller, &house).await;
    let own = account_of(caller, &position).await;
    let close = CloseAccountRequest { request_id: id(), id: own.id.clone(), ..Default::default() };
    reserved(caller.accounts().close_account(close).await, &own.id);
    let update = |path: &str| UpdateAccountRequest {
        request_id: id(),
        account: Some(bursar_proto::ledger::v1::Account {
            overdraft_limit: "5".into(),
            metadata: attributes(json!({ "shelf": "7" })),
            ..own.clone()
        }),
        update_mask: Some(FieldMask { paths: vec![path.into()] }),
        ..Default::default()
    };
    reserved(caller.accounts().update_account(update("overdraft_limit")).await, &own.id);
    bursar_testkit::invalid(
        caller.accounts().update_account(update("reserved")).await,
        &["update_mask"],
    );
    let noted = ok(caller.accounts().update_account(update("metadata")).await).account.unwrap();
    assert_eq!((noted.state(), noted.reserved), (AccountState::Open, true));
    assert_eq!(
        (&*noted.overdraft_limit, noted.metadata),
        ("0", attributes(json!({ "shelf": "7" })))
    );
    let (buyer, _) = accounts(caller).await;
    let position = gone(caller, paying(&position, Funded, &buyer, "")).await;
    gone(caller, to(&position, Locked)).await;
}

/// No call can make a hold on a reserved account, so one is reserved here after its holds were made.
#[tokio::test]
async fn holds_are_the_owners_too_and_expire() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let (cash, _) = accounts(caller).await;
    let own = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let paid = moved(caller, &own, &cash, "1").await;
    let hold = held(caller, &own, &cash, "2").await;
    let group = id();
    let member = NewTransfer { group_id: group.clone(), ..new_hold(&cash, &own, "3", 0) };
    let member = batch(caller, vec![member], BatchMode::AllOrNothing).await.unwrap().remove(0);
    let brief = make(caller, new_hold(&own, &cash, "4", 1)).await.unwrap();
    let mark = format!("UPDATE bursar.ledger_account SET reserved = true WHERE id = '{}'", own.id);
    server.database.sql(&mark).await;

    reserved(post_part(caller, &hold, "1", false).await, &own.id);
    reserved(void(caller, &hold).await, &own.id);
    reserved(reverse(caller, &paid.id).await, &own.id);
    let leg = PostLeg { id: id(), pending_id: member.id.clone(), ..Default::default() };
    let post =
        PostTransfersRequest { group_id: group.clone(), legs: vec![leg], ..Default::default() };
    reserved(caller.transfers().post_transfers(post).await, &own.id);
    let leg = VoidLeg { id: id(), pending_id: member.id.clone(), ..Default::default() };
    let release = VoidTransfersRequest { group_id: group, legs: vec![leg], ..Default::default() };
    reserved(caller.transfers().void_transfers(release).await, &own.id);
    let expired = async || {
        let all = history(caller, &own).await;
        all.iter().any(|t| t.kind() == TransferKind::Expire && t.pending_id == brief.id)
    };
    within(Duration::from_secs(10), "the hold expires", expired).await;
    let now = balance(caller, &account(caller, &own.id).await).await;
    assert_eq!((&*now.debits_pending, &*now.credits_pending, &*now.posted), ("2", "3", "-1"));
}
