//! Two replicas on one database: neither can tell that it is not alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bursar_proto::admin::v1::{CreateApiKeyRequest, RevokeApiKeyRequest, WhoAmIRequest};
use bursar_proto::common::v1::Role;
use bursar_proto::ledger::v1::{
    Account, BalanceRule, CreateAccountRequest, CreateTransferRequest, HoldState, NewAccount,
    TransferFilter, TransferKind,
};
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};
use bursar_testkit::{
    A_SECOND, Caller, Random, Server, TestTenant, account, balance, fault, history, hold_of, id,
    list_all, make, moved, new_account, new_hold, new_transfer, ok, refused, within,
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

/// An amount of EUR in cents.
fn cents(amount: &str) -> i64 {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * format!("{part:0<2}").parse::<i64>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_transfers_on_shared_accounts_keep_every_promise() {
    const CALLS: usize = 60;
    let (_server, _replica, tenant, callers) = two().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut accounts = Vec::new();
    for _ in 0..4 {
        let account =
            new_account(&tenant.operator, "EUR", BalanceRule::DebitsMustNotExceedCredits).await;
        moved(&tenant.operator, &bank, &account, "100.00").await;
        accounts.push(account);
    }
    let mut random = Random::new();
    let mut workers = Vec::new();
    for worker in 0..8 {
        let caller = callers[worker % 2].clone();
        let transfers: Vec<_> = (0..CALLS)
            .map(|_| {
                let (debit, credit) = random.two(&accounts);
                new_transfer(debit, credit, &random.cents())
            })
            .collect();
        workers.push(tokio::spawn(async move {
            let mut made = Vec::new();
            for transfer in transfers {
                match make(&caller, transfer).await {
                    Ok(transfer) => made.push(transfer.id),
                    Err(status) => {
                        let fault = fault(status);
                        // Nothing else may go wrong between two that only meet: conflicts are retried inside.
                        assert_eq!(
                            (fault.reason.as_str(), fault.meta("definite")),
                            ("LIMIT_EXCEEDED", "true"),
                            "{fault:?}"
                        );
                    }
                }
            }
            made
        }));
    }
    let mut made = BTreeSet::new();
    for worker in workers {
        made.extend(worker.await.unwrap());
    }
    assert!(made.len() > CALLS, "most succeed: {}", made.len());

    let recorded = list_all(&callers[1], TransferFilter::default(), 200).await;
    let ids: Vec<_> = recorded.iter().map(|transfer| transfer.id.clone()).collect();
    assert_eq!(ids.len(), made.len() + accounts.len());
    assert_eq!(
        ids.iter().filter(|id| made.contains(*id)).count(),
        made.len(),
        "each acknowledged one is there once"
    );
    // All money is somewhere, and what each account's totals say is what its transfers add up to.
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for transfer in &recorded {
        let amount = cents(&transfer.amount.as_ref().unwrap().amount);
        *sums.entry(&transfer.debit_account_id).or_default() -= amount;
        *sums.entry(&transfer.credit_account_id).or_default() += amount;
    }
    assert_eq!(sums.values().sum::<i64>(), 0);
    for account in accounts.iter().chain([&bank]) {
        let now = balance(&callers[0], account).await;
        assert_eq!(cents(&now.posted), sums[account.id.as_str()], "{now:?}");
        assert!(account.id == bank.id || cents(&now.posted) >= 0, "{now:?}");
        check_history(&callers[1], account, &now).await;
    }
}

/// The history of an account has one order, in which each step is the one before plus one transfer.
async fn check_history(
    caller: &Caller,
    account: &Account,
    now: &bursar_proto::ledger::v1::Balance,
) {
    let mut posted = 0;
    let mut before = None;
    let steps = history(caller, account).await;
    for (step, transfer) in steps.iter().enumerate() {
        let amount = cents(&transfer.amount.as_ref().unwrap().amount);
        let (change, after) = if transfer.debit_account_id == account.id {
            (-amount, transfer.debit_balance.as_ref().unwrap())
        } else {
            (amount, transfer.credit_balance.as_ref().unwrap())
        };
        posted += change;
        assert_eq!(cents(&after.posted), posted, "step {step} of {}", account.id);
        assert_eq!(
            after.version,
            i64::try_from(step).unwrap() + 1,
            "step {step} of {}",
            account.id
        );
        let at = transfer.posted_at.map(|at| (at.seconds, at.nanos));
        assert!(
            at > before,
            "no two transfers of one account share a time: step {step} of {}",
            account.id
        );
        before = at;
    }
    assert_eq!(now.version, i64::try_from(steps.len()).unwrap());
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
