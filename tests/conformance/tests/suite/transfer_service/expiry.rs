//! Holds that end by themselves.

use std::time::Duration;

use bursar_proto::ledger::v1::{
    BalanceRule, CloseAccountRequest, HoldState, ListTransfersRequest, NewTransfer, Transfer,
    TransferFilter, TransferKind,
};
use bursar_testkit::{
    Caller, Server, balance, hold_of, id, make, money, moved, new_hold, ok, open_limited,
    post_part, refused, totals, void, within,
};
use tokio::time::sleep;
use tonic::Code;
use uuid::Uuid;

use super::{event_of, reverse, try_get, two};

/// Names the expiry job among the advisory locks.
const JOB: i64 = 0x6275_7273_0001;

/// What has posted, voided or expired a hold, oldest first.
async fn about(caller: &Caller, pending: &Transfer) -> Vec<Transfer> {
    let filter = TransferFilter { pending_id: pending.id.clone(), ..Default::default() };
    let request = ListTransfersRequest { filter: Some(filter), order: 2, ..Default::default() };
    ok(caller.transfers().list_transfers(request).await).transfers
}

#[tokio::test]
async fn the_job_releases_what_remains() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, shop) = two(&tenant.operator).await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let wallet = open_limited(&tenant.operator, rule, "0").await;
    moved(&tenant.operator, &bank, &wallet, "10").await;
    let new = NewTransfer { code: "card".into(), ..new_hold(&wallet, &shop, "8", 1) };
    let pending = make(&tenant.operator, new.clone()).await.unwrap();
    let stays = make(&tenant.operator, new_hold(&wallet, &shop, "0.5", 3_600)).await.unwrap();
    let part = post_part(&tenant.operator, &pending, "3", false).await.unwrap();
    assert_eq!(balance(&tenant.viewer, &wallet).await.available, "1.5");

    within(Duration::from_secs(10), "the hold expires", async || {
        hold_of(&tenant.viewer, &pending).await.state() != HoldState::Open
    })
    .await;
    let hold = hold_of(&tenant.viewer, &pending).await;
    assert_eq!((hold.state(), hold.remaining.as_str()), (HoldState::Expired, "0"));
    let after = balance(&tenant.viewer, &wallet).await;
    assert_eq!((totals(&after), after.available.as_str()), (["3", "10", "0.5", "0"], "6.5"));

    // It is a transfer as any other, made by nobody.
    let found = about(&tenant.viewer, &pending).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], part);
    let expired = &found[1];
    assert_eq!((expired.kind(), &expired.pending_id), (TransferKind::Expire, &pending.id));
    assert_eq!(expired.amount, money("EUR", "5"));
    assert_eq!((&expired.debit_account_id, &expired.credit_account_id), (&wallet.id, &shop.id));
    assert_eq!(expired.key_id, Uuid::nil().to_string());
    assert_eq!(totals(expired.debit_balance.as_ref().unwrap()), ["3", "10", "0.5", "0"]);
    let (at, due) = (expired.posted_at.unwrap(), pending.expires_at.unwrap());
    assert!((at.seconds, at.nanos) >= (due.seconds, due.nanos), "{at} is before {due}");
    assert_eq!(&try_get(&tenant.viewer, &expired.id).await.unwrap(), expired);
    let event = event_of(&tenant, &expired.id).await;
    assert_eq!((event.action.as_str(), &event.key_id), ("transfer.expire", &expired.key_id));

    for outcome in [
        post_part(&tenant.operator, &pending, "", false).await,
        void(&tenant.operator, &pending).await,
    ] {
        let fault = refused(outcome, Code::FailedPrecondition, "HOLD_NOT_OPEN");
        assert_eq!((fault.meta("pending_id"), fault.meta("state")), (&*pending.id, "expired"));
    }
    let fault = refused(
        reverse(&tenant.operator, expired).await,
        Code::FailedPrecondition,
        "NOT_REVERSIBLE",
    );
    assert_eq!(fault.meta("kind"), "expire");
    assert_eq!(hold_of(&tenant.viewer, &stays).await.state(), HoldState::Open);
    // A replay of the pending transfer still answers as at first.
    assert_eq!(make(&tenant.operator, new).await.unwrap(), pending);
}

/// A hold whose time has passed is over at once, also while no job runs.
#[tokio::test]
async fn it_is_over_before_the_job_comes_by() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let job = server.database.connect().await;
    job.batch_execute(&format!("SELECT pg_advisory_lock({JOB})")).await.unwrap();
    let pending = make(&tenant.operator, new_hold(&from, &to, "8", 1)).await.unwrap();
    sleep(Duration::from_millis(2_500)).await;
    assert_eq!(totals(&balance(&tenant.viewer, &from).await), ["0", "0", "8", "0"]);
    for outcome in [
        post_part(&tenant.operator, &pending, "1", false).await,
        void(&tenant.operator, &pending).await,
    ] {
        let fault = refused(outcome, Code::FailedPrecondition, "HOLD_NOT_OPEN");
        assert_eq!((fault.meta("pending_id"), fault.meta("state")), (&*pending.id, "expired"));
    }
    assert!(about(&tenant.viewer, &pending).await.is_empty());

    job.batch_execute(&format!("SELECT pg_advisory_unlock({JOB})")).await.unwrap();
    within(Duration::from_secs(10), "the job works again", async || {
        totals(&balance(&tenant.viewer, &from).await) == ["0"; 4]
    })
    .await;
    assert_eq!(about(&tenant.viewer, &pending).await.len(), 1);
}

/// Once the hold has expired nothing keeps the accounts from being closed.
#[tokio::test]
async fn many_expire_together() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let mut accounts = Vec::new();
    for tenant in [&ours, &theirs] {
        let (from, to) = two(&tenant.operator).await;
        let holds = (0..150).map(|_| new_hold(&from, &to, "0.01", 1)).collect();
        let mode = bursar_proto::ledger::v1::BatchMode::AllOrNothing;
        bursar_testkit::batch(&tenant.operator, holds, mode).await.unwrap();
        accounts.push((tenant, from));
    }
    for (tenant, from) in accounts {
        within(Duration::from_secs(15), "all expire", async || {
            totals(&balance(&tenant.viewer, &from).await) == ["0"; 4]
        })
        .await;
        let account = bursar_testkit::account(&tenant.viewer, &from.id).await;
        assert_eq!(account.balance.unwrap().version, 300);
        let close =
            CloseAccountRequest { request_id: id(), id: from.id.clone(), ..Default::default() };
        ok(tenant.admin.accounts().close_account(close).await);
    }
}
