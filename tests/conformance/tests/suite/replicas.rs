//! Two replicas on one database: neither can tell that it is not alone.

use std::time::Duration;

use bursar_proto::admin::v1::{CreateApiKeyRequest, RevokeApiKeyRequest, WhoAmIRequest};
use bursar_proto::common::v1::Role;
use bursar_proto::ledger::v1::{
    BalanceRule, CreateAccountRequest, CreateTransferRequest, HoldState, NewAccount,
    TransferFilter, TransferKind,
};
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};
use bursar_testkit::crowd::{Plan, Town};
use bursar_testkit::{
    A_SECOND, Caller, Random, Server, TestTenant, account, balance, fault, hold_of, id, list_all,
    make, new_account, new_hold, new_transfer, ok, refused, within,
};
use tonic::Code;

/// A server, a second one on the same database, and a tenant as an operator of each.
async fn two() -> (Server, bursar::serve::Running, TestTenant, [Caller; 2]) {
    let server = Server::start().await;
    let replica = server.replica().await;
    let tenant = server.tenant().await;
    let other = Caller::new(replica.grpc_addr.port(), &tenant.operator.key_text);
    let callers = [tenant.operator.clone(), other];
    (server, replica, tenant, callers)
}

/// A random script with 64 callers by turns at either: the same ids at both at once, a hot account through both, holds
/// made at one and spent at the other, and batches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_both_keeps_every_promise() {
    let (server, _replica, tenant, callers) = two().await;
    Town::found(&tenant.admin).await;
    let mut random = Random::new();
    for hot_percent in [20, 90] {
        let seed = random.seed();
        eprintln!("script {seed}, {hot_percent} % hot");
        let plan = Plan { calls: 500, hot_percent, gap: 32, batch_percent: 10, brief_holds: true };
        let town = Town::open(&tenant, seed, plan).await;
        let told = town.play(&callers, 64).await;
        // What autovacuum does within a minute: plans made for empty tables are slow now.
        server.database.sql("ANALYZE").await;
        let tally = town.prove(&told, &callers[1]).await;
        assert!(tally.made > 150 && tally.replayed > 10, "{tally:?}");
        assert_eq!(tally.unsure, 0, "nothing is broken: {tally:?}");
    }
}

#[tokio::test]
async fn a_hold_expires_once() {
    let (_server, _replica, tenant, callers) = two().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut holds = Vec::new();
    for hold in 0..20 {
        holds.push(make(&callers[hold % 2], new_hold(&from, &to, "1.00", 1)).await.unwrap());
    }
    assert_eq!(balance(&callers[1], &from).await.debits_pending, "20");
    let limit = Duration::from_secs(10);
    within(limit, "expiry", async || balance(&callers[0], &from).await.debits_pending == "0").await;
    // Both replicas look again meanwhile.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    for hold in &holds {
        assert_eq!(hold_of(&callers[1], hold).await.state(), HoldState::Expired);
        let filter = TransferFilter { pending_id: hold.id.clone(), ..Default::default() };
        let after = list_all(&callers[0], filter, 10).await;
        let kinds: Vec<_> = after.iter().map(bursar_proto::ledger::v1::Transfer::kind).collect();
        assert_eq!(kinds, [TransferKind::Expire], "{after:?}");
        assert_eq!(after[0].amount.as_ref().unwrap().amount, "1");
    }
    let now = balance(&callers[0], &from).await;
    assert_eq!((now.debits_pending.as_str(), now.posted.as_str(), now.version), ("0", "0", 40));
}

#[tokio::test]
async fn a_replay_on_the_other_replica_gets_the_first_reply() {
    let (_server, _replica, tenant, callers) = two().await;
    let request = CreateAccountRequest {
        request_id: id(),
        account: Some(NewAccount { asset: "EUR".into(), ..Default::default() }),
        ..Default::default()
    };
    let first = ok(callers[0].accounts().create_account(request.clone()).await);
    let second = ok(callers[1].accounts().create_account(request.clone()).await);
    assert!(!first.replayed && second.replayed);
    assert_eq!(first.account, second.account);
    let other = CreateAccountRequest {
        account: Some(NewAccount { asset: "USD".into(), ..Default::default() }),
        ..request
    };
    let reused = refused(
        callers[1].accounts().create_account(other).await,
        Code::AlreadyExists,
        "REQUEST_ID_REUSED",
    );
    assert_eq!(reused.meta("fields"), "account.asset");

    let (from, to) = (
        first.account.unwrap(),
        new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await,
    );
    let request = CreateTransferRequest {
        transfer: Some(new_transfer(&from, &to, "5.00")),
        validate_only: false,
    };
    let first = ok(callers[0].transfers().create_transfer(request.clone()).await);
    let second = ok(callers[1].transfers().create_transfer(request).await);
    assert!(!first.replayed && second.replayed);
    assert_eq!(first.transfer, second.transfer);
    assert_eq!(account(&callers[1], &to.id).await.balance.unwrap().posted, "5");
}

/// The same call on both at the same moment: one does it, the other replays it, neither fails.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_on_both_at_once_is_done_once() {
    let (_server, _replica, tenant, callers) = two().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    for _ in 0..20 {
        let request = CreateTransferRequest {
            transfer: Some(new_transfer(&from, &to, "1.00")),
            validate_only: false,
        };
        let (mut one, mut two) = (callers[0].transfers(), callers[1].transfers());
        let (a, b) =
            tokio::join!(one.create_transfer(request.clone()), two.create_transfer(request));
        let (a, b) = (ok(a), ok(b));
        assert_eq!(a.transfer, b.transfer);
        assert!(a.replayed != b.replayed, "one did it: {a:?} {b:?}");

        let account = NewAccount { asset: "EUR".into(), ..Default::default() };
        let request =
            CreateAccountRequest { request_id: id(), account: Some(account), ..Default::default() };
        let (mut one, mut two) = (callers[0].accounts(), callers[1].accounts());
        let (a, b) = tokio::join!(one.create_account(request.clone()), two.create_account(request));
        let (a, b) = (ok(a), ok(b));
        assert_eq!(a.account, b.account);
        assert!(a.replayed != b.replayed);
    }
    assert_eq!(balance(&callers[0], &to).await.posted, "20");
}

#[tokio::test]
async fn a_fence_on_one_replica_holds_on_the_other() {
    let (_server, _replica, tenant, callers) = two().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let transfer = new_transfer(&from, &to, "1.00");
    let fence = GetOperationRequest { id: transfer.id.clone(), fence: true };
    let fenced = ok(callers[1].operations().get_operation(fence).await);
    assert_eq!(fenced.state(), OperationState::Fenced);
    refused(make(&callers[0], transfer).await, Code::Aborted, "OPERATION_FENCED");
    assert_eq!(balance(&callers[0], &to).await.version, 0);
}

#[tokio::test]
async fn a_revoked_key_is_refused_by_both_within_a_second() {
    let (_server, replica, tenant, _) = two().await;
    let made = tenant.admin.make_key(Role::Viewer, CreateApiKeyRequest::default()).await;
    let key_id = made.api_key.unwrap().id;
    let viewer = Caller::new(replica.grpc_addr.port(), &made.key);
    let who = async || viewer.server().who_am_i(WhoAmIRequest {}).await;
    ok(who().await);
    let request = RevokeApiKeyRequest { request_id: id(), id: key_id };
    ok(tenant.admin.keys().revoke_api_key(request).await);
    within(A_SECOND, "revocation on the other replica", async || {
        who().await.is_err_and(|status| fault(status).reason == "KEY_REVOKED")
    })
    .await;
}
