//! Every RPC that changes something leaves its events, and its replay none.

use std::collections::BTreeSet;

use bursar_proto::DESCRIPTOR_SET;
use bursar_proto::admin::v1::{
    CreateApiKeyRequest, CreateTenantRequest, DeleteTenantRequest, ResumeTenantRequest,
    RevokeApiKeyRequest, RotateApiKeyRequest, SuspendTenantRequest, Tenant, UpdateTenantRequest,
    WhoAmIRequest,
};
use bursar_proto::audit::v1::{AuditEvent, AuditFilter};
use bursar_proto::common::v1::Role;
use bursar_proto::escrow::v1::PositionState;
use bursar_proto::ledger::v1::{
    Account, BatchCreateAccountsRequest, BatchCreateTransfersRequest, BatchMode,
    CloseAccountRequest, ClosePeriodRequest, CreateAccountRequest, CreateAssetRequest,
    CreateTransferRequest, NewAccount, NewTransfer, PostLeg, PostTransferRequest,
    PostTransfersRequest, ReopenAccountRequest, ReverseTransferRequest, UpdateAccountRequest,
    VoidLeg, VoidTransferRequest, VoidTransfersRequest,
};
use bursar_proto::operation::v1::GetOperationRequest;
use bursar_proto::trading::v1::{
    AdvanceCursorRequest, CancelDecisionRequest, CreateStrategyRequest, Decision,
    DisableStrategyRequest, EnableStrategyRequest, ForceCursorRequest, RecordExecutedRequest,
    RecordReviewRequest, Strategy, StreamRecordRequest, UpdateStrategyRequest,
};
use bursar_testkit::trading::{new_decision, new_fill, record};
use bursar_testkit::{Caller, Server, TransferStream, attributes, id, new_hold, new_transfer, ok};
use prost_reflect::DescriptorPool;
use prost_types::FieldMask;
use serde_json::json;

use super::{get, list, micros, now, payload};
use crate::position_service::{House, house, new_position, to};

/// The RPCs that change something.
fn mutating() -> BTreeSet<String> {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let extension = pool.get_extension_by_name("bursar.options.v1.rule").unwrap();
    let own = pool.services().filter(|service| service.full_name().starts_with("bursar."));
    own.flat_map(|service| service.methods().collect::<Vec<_>>())
        .filter(|method| {
            let options = method.options();
            let rule = options.get_extension(&extension).as_message().unwrap().clone();
            rule.get_field_by_name("mutates").unwrap().as_bool().unwrap()
        })
        .map(|method| {
            told_in(method.name(), &method.parent_service().full_name()["bursar.".len()..])
        })
        .collect()
}

/// The trail of one tenant, and what of it was seen.
struct Trail {
    caller: Caller,
    key_id: String,
    seen: BTreeSet<String>,
    rpcs: BTreeSet<String>,
}

impl Trail {
    async fn of(caller: &Caller) -> Self {
        let key_id = ok(caller.server().who_am_i(WhoAmIRequest {}).await).key_id;
        let mut trail =
            Self { caller: caller.clone(), key_id, seen: BTreeSet::new(), rpcs: BTreeSet::new() };
        trail.news().await;
        trail
    }

    async fn news(&mut self) -> Vec<AuditEvent> {
        let mut events = list(&self.caller, AuditFilter::default()).await;
        events.retain(|event| self.seen.insert(event.id.clone()));
        events
    }

    /// The news must be these transfers, or nothing after a replay.
    async fn expect(&mut self, ids: &[&str], action: &str, replay: bool) {
        let events = self.news().await;
        assert!(events.iter().all(|event| event.action == action), "{events:?}");
        let named: Vec<_> = events.iter().rev().map(|event| &*event.id).collect();
        assert_eq!(named, if replay { &[] } else { ids });
    }
}

fn told_in(rpc: &str, package: &str) -> String {
    format!("/bursar.{package}/{rpc}")
}

/// Makes the call twice; the first time it must leave one event, as described, and the second time none.
macro_rules! told {
    ($trail:ident, $rpc:literal in $service:literal, $action:literal of $kind:literal, $id:expr, |$reply:ident| $resource:expr, $call:expr) => {{
        let before = now();
        let $reply = ok($call.await);
        let after = now();
        let events = $trail.news().await;
        assert_eq!(events.len(), 1, "{}: {events:?}", $rpc);
        let event = events.into_iter().next().unwrap();
        assert_eq!((event.method.as_str(), event.path), ($rpc, told_in($rpc, $service)));
        assert_eq!((event.action.as_str(), event.resource_type.as_str()), ($action, $kind));
        assert_eq!((&event.resource_id, &event.request_id), (&$resource, &$id), "{}", $rpc);
        assert_eq!(
            (&event.key_id, event.institution_id.as_str()),
            (&$trail.key_id, ""),
            "{}",
            $rpc
        );
        let (occurred, recorded) =
            (micros(event.occurred_at.as_ref()), micros(event.recorded_at.as_ref()));
        assert!(occurred <= recorded, "{}: recorded before it occurred", $rpc);
        // A transfer's time moves on when its account was posted to in the same microsecond.
        assert!(before <= occurred && recorded <= after + 1_000, "{}: not within the call", $rpc);
        let found = get(&$trail.caller, &event.id).await;
        let asked = payload(&found);
        assert!(!asked.to_string().contains("bsr_"), "{}: {asked}", $rpc);
        let named = asked
            .get("request_id")
            .or(asked.get("id"))
            .and_then(|id| id.as_str())
            .unwrap_or_default();
        assert_eq!(named, $id, "{}: {asked}", $rpc);
        ok($call.await);
        assert_eq!($trail.news().await, [], "{}: a replay leaves no event", $rpc);
        $trail.rpcs.insert(told_in($rpc, $service));
        ($reply, asked)
    }};
}

// After the macro: it is what the module is made with.
mod escrow;

async fn keys_and_assets(trail: &mut Trail, caller: &Caller) {
    let keys = || caller.keys();
    let request = CreateApiKeyRequest {
        request_id: id(),
        label: "x".into(),
        role: Role::Viewer.into(),
        ..Default::default()
    };
    let (made, asked) = told!(trail, "CreateApiKey" in "admin.v1.ApiKeyService", "key.create" of "api_key", request.request_id,
        |reply| reply.api_key.as_ref().unwrap().id, keys().create_api_key(request.clone()));
    assert_eq!(
        asked,
        json!({ "request_id": request.request_id, "label": "x", "role": "ROLE_VIEWER" })
    );
    let key_id = made.api_key.unwrap().id;
    let request =
        RotateApiKeyRequest { request_id: id(), id: key_id.clone(), ..Default::default() };
    told!(trail, "RotateApiKey" in "admin.v1.ApiKeyService", "key.rotate" of "api_key", request.request_id,
        |_reply| key_id, keys().rotate_api_key(request.clone()));
    let request = RevokeApiKeyRequest { request_id: id(), id: key_id.clone() };
    told!(trail, "RevokeApiKey" in "admin.v1.ApiKeyService", "key.revoke" of "api_key", request.request_id,
        |_reply| key_id, keys().revoke_api_key(request.clone()));
    let request = CreateAssetRequest {
        request_id: id(),
        code: "MILES".into(),
        name: "Miles".into(),
        metadata: attributes(json!({ "a": [1, "b", null, true] })),
        ..Default::default()
    };
    let (_, asked) = told!(trail, "CreateAsset" in "ledger.v1.AssetService", "asset.create" of "asset", request.request_id,
        |_reply| "MILES".to_owned(), caller.assets().create_asset(request.clone()));
    assert_eq!(asked["metadata"], json!({ "a": [1.0, "b", null, true] }), "what people typed");
    let request =
        ClosePeriodRequest { request_id: id(), ends_on: "2000-01-31".into(), validate_only: false };
    told!(trail, "ClosePeriod" in "ledger.v1.PeriodService", "period.close" of "period", request.request_id,
        |_reply| "2000-01-31".to_owned(), caller.periods().close_period(request.clone()));
    let stopped = id();
    let request = GetOperationRequest { id: stopped.clone(), fence: true };
    told!(trail, "GetOperation" in "operation.v1.OperationService", "operation.fence" of "operation", stopped,
        |_reply| stopped, caller.operations().get_operation(request.clone()));
}

async fn accounts(trail: &mut Trail, caller: &Caller) -> (Account, Account) {
    let accounts = || caller.accounts();
    let new = || NewAccount { asset: "EUR".into(), ..Default::default() };
    let request =
        CreateAccountRequest { request_id: id(), account: Some(new()), validate_only: false };
    let (made, asked) = told!(trail, "CreateAccount" in "ledger.v1.AccountService", "account.create" of "account", request.request_id,
        |reply| reply.account.as_ref().unwrap().id, accounts().create_account(request.clone()));
    assert_eq!(asked, json!({ "request_id": request.request_id, "account": { "asset": "EUR" } }));
    let one = made.account.unwrap();
    let request = UpdateAccountRequest {
        request_id: id(),
        account: Some(Account { id: one.id.clone(), code: "fees".into(), ..Default::default() }),
        update_mask: Some(FieldMask { paths: vec!["code".into()] }),
        validate_only: false,
    };
    told!(trail, "UpdateAccount" in "ledger.v1.AccountService", "account.update" of "account", request.request_id,
        |_reply| one.id, accounts().update_account(request.clone()));
    let request =
        CloseAccountRequest { request_id: id(), id: one.id.clone(), ..Default::default() };
    told!(trail, "CloseAccount" in "ledger.v1.AccountService", "account.close" of "account", request.request_id,
        |_reply| one.id, accounts().close_account(request.clone()));
    let request =
        ReopenAccountRequest { request_id: id(), id: one.id.clone(), ..Default::default() };
    told!(trail, "ReopenAccount" in "ledger.v1.AccountService", "account.reopen" of "account", request.request_id,
        |_reply| one.id, accounts().reopen_account(request.clone()));

    // A batch leaves an event for each account, so that the trail of each is whole.
    let batch: Vec<_> = (0..200).map(|n| NewAccount { code: format!("c{n}"), ..new() }).collect();
    let request =
        BatchCreateAccountsRequest { request_id: id(), accounts: batch, validate_only: false };
    let made = ok(accounts().batch_create_accounts(request.clone()).await).accounts;
    let events = trail.news().await;
    let of =
        |account: &Account| events.iter().find(|event| event.resource_id == account.id).unwrap();
    assert_eq!(events.len(), 200);
    for (n, account) in made.iter().enumerate() {
        let event = of(account);
        assert_eq!(
            (event.method.as_str(), event.action.as_str()),
            ("BatchCreateAccounts", "account.create")
        );
        assert_eq!((&event.request_id, &event.key_id), (&request.request_id, &trail.key_id));
        assert_eq!(payload(event), json!({ "asset": "EUR", "code": format!("c{n}") }));
    }
    ok(accounts().batch_create_accounts(request).await);
    assert_eq!(trail.news().await, []);
    trail.rpcs.insert(told_in("BatchCreateAccounts", "ledger.v1.AccountService"));
    (one, made.into_iter().next().unwrap())
}

async fn transfers(trail: &mut Trail, caller: &Caller, (one, two): (Account, Account)) {
    let transfers = || caller.transfers();
    let make = |transfer| CreateTransferRequest { transfer: Some(transfer), validate_only: false };
    let direct = new_transfer(&one, &two, "12.50");
    told!(trail, "CreateTransfer" in "ledger.v1.TransferService", "transfer.create" of "transfer", direct.id,
        |_reply| direct.id, transfers().create_transfer(make(direct.clone())));
    let pending = new_hold(&one, &two, "9", 0);
    told!(trail, "CreateTransfer" in "ledger.v1.TransferService", "transfer.create" of "transfer", pending.id,
        |_reply| pending.id, transfers().create_transfer(make(pending.clone())));
    let part = PostTransferRequest {
        id: id(),
        pending_id: pending.id.clone(),
        amount: bursar_testkit::money("EUR", "4"),
        ..Default::default()
    };
    told!(trail, "PostTransfer" in "ledger.v1.TransferService", "transfer.post" of "transfer", part.id,
        |_reply| part.id, transfers().post_transfer(part.clone()));
    let rest =
        VoidTransferRequest { id: id(), pending_id: pending.id.clone(), ..Default::default() };
    told!(trail, "VoidTransfer" in "ledger.v1.TransferService", "transfer.void" of "transfer", rest.id,
        |_reply| rest.id, transfers().void_transfer(rest.clone()));
    let back =
        ReverseTransferRequest { id: id(), transfer_id: direct.id.clone(), ..Default::default() };
    told!(trail, "ReverseTransfer" in "ledger.v1.TransferService", "transfer.reverse" of "transfer", back.id,
        |_reply| back.id, transfers().reverse_transfer(back.clone()));

    let batch = BatchCreateTransfersRequest {
        transfers: (0..3).map(|_| new_transfer(&one, &two, "1")).collect(),
        mode: BatchMode::Independent.into(),
        validate_only: false,
    };
    ok(transfers().batch_create_transfers(batch.clone()).await);
    let events = trail.news().await;
    let named: Vec<_> = events.iter().rev().map(|event| event.id.clone()).collect();
    let wanted: Vec<_> = batch.transfers.iter().map(|transfer| transfer.id.clone()).collect();
    assert_eq!(named, wanted, "each transfer of a batch is its own event");
    assert!(events.iter().all(|event| event.action == "transfer.create"));
    ok(transfers().batch_create_transfers(batch).await);
    assert_eq!(trail.news().await, []);
    trail.rpcs.insert(told_in("BatchCreateTransfers", "ledger.v1.TransferService"));
}

/// What moves many transfers in one call: each of them is its own event.
async fn many(trail: &mut Trail, caller: &Caller, (one, two): (Account, Account)) {
    let group = id();
    let holds: Vec<_> = (0..2)
        .map(|_| NewTransfer { group_id: group.clone(), ..new_hold(&one, &two, "2", 0) })
        .collect();
    for replay in [false, true] {
        let mut stream = TransferStream::open(caller).await.unwrap();
        stream.send(holds.clone()).await;
        stream.results(2).await;
        trail
            .expect(&holds.iter().map(|t| &*t.id).collect::<Vec<_>>(), "transfer.create", replay)
            .await;
    }
    let post = PostTransfersRequest {
        group_id: group.clone(),
        legs: holds
            .iter()
            .map(|hold| PostLeg {
                id: id(),
                pending_id: hold.id.clone(),
                amount: bursar_testkit::money("EUR", "1"),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    };
    let void = VoidTransfersRequest {
        group_id: group,
        legs: holds
            .iter()
            .map(|hold| VoidLeg { id: id(), pending_id: hold.id.clone(), ..Default::default() })
            .collect(),
        validate_only: false,
    };
    for replay in [false, true] {
        ok(caller.transfers().post_transfers(post.clone()).await);
        let ids: Vec<_> = post.legs.iter().map(|leg| &*leg.id).collect();
        trail.expect(&ids, "transfer.post", replay).await;
    }
    for replay in [false, true] {
        ok(caller.transfers().void_transfers(void.clone()).await);
        let ids: Vec<_> = void.legs.iter().map(|leg| &*leg.id).collect();
        trail.expect(&ids, "transfer.void", replay).await;
    }
    let rpcs = ["StreamTransfers", "PostTransfers", "VoidTransfers"];
    trail.rpcs.extend(rpcs.map(|rpc| told_in(rpc, "ledger.v1.TransferService")));
}

async fn positions(trail: &mut Trail, caller: &Caller, house: &House) {
    let positions = || caller.positions();
    let request = new_position(house);
    let (made, asked) = told!(trail, "CreatePosition" in "escrow.v1.PositionService", "position.create" of "position", request.request_id,
        |reply| reply.position.as_ref().unwrap().id, positions().create_position(request.clone()));
    assert_eq!(asked["amount"], json!({ "asset": "EUR", "amount": "100" }));
    let position = made.position.unwrap();
    let request = to(&position, PositionState::Cancelled);
    let (_, asked) = told!(trail, "TransitionPosition" in "escrow.v1.PositionService", "position.transition" of "position", request.request_id,
        |_reply| position.id, positions().transition_position(request.clone()));
    assert_eq!(asked["state"], "POSITION_STATE_CANCELLED");
}

async fn strategies_and_decisions(trail: &mut Trail, caller: &Caller) -> (Strategy, Decision) {
    let strategies = || caller.strategies();
    let request =
        CreateStrategyRequest { request_id: id(), name: "s".into(), ..Default::default() };
    let (made, _) = told!(trail, "CreateStrategy" in "trading.v1.StrategyService", "strategy.create" of "strategy", request.request_id,
        |reply| reply.strategy.as_ref().unwrap().id, strategies().create_strategy(request.clone()));
    let strategy = made.strategy.unwrap();
    let request = UpdateStrategyRequest {
        request_id: id(),
        strategy: Some(strategy.clone()),
        update_mask: Some(FieldMask { paths: vec!["description".into()] }),
        validate_only: false,
    };
    told!(trail, "UpdateStrategy" in "trading.v1.StrategyService", "strategy.update" of "strategy", request.request_id,
        |_reply| strategy.id, strategies().update_strategy(request.clone()));
    let of = strategy.id.clone();
    let request = DisableStrategyRequest { request_id: id(), id: of.clone(), ..Default::default() };
    told!(trail, "DisableStrategy" in "trading.v1.StrategyService", "strategy.disable" of "strategy", request.request_id,
        |_reply| of, strategies().disable_strategy(request.clone()));
    let request = EnableStrategyRequest { request_id: id(), id: of.clone(), ..Default::default() };
    told!(trail, "EnableStrategy" in "trading.v1.StrategyService", "strategy.enable" of "strategy", request.request_id,
        |_reply| of, strategies().enable_strategy(request.clone()));
    let request = new_decision(&strategy);
    let (made, _) = told!(trail, "CreateDecision" in "trading.v1.DecisionService", "decision.create" of "decision", request.request_id,
        |reply| reply.decision.as_ref().unwrap().id, caller.decisions().create_decision(request.clone()));
    let decision = made.decision.unwrap();
    let of = decision.id.clone();
    let request = RecordExecutedRequest { request_id: id(), id: of.clone(), ..Default::default() };
    told!(trail, "RecordExecuted" in "trading.v1.DecisionService", "decision.execute" of "decision", request.request_id,
        |_reply| of, caller.decisions().record_executed(request.clone()));
    let other = ok(caller.decisions().create_decision(new_decision(&strategy)).await);
    trail.news().await;
    let of = other.decision.unwrap().id;
    let request = CancelDecisionRequest { request_id: id(), id: of.clone(), ..Default::default() };
    told!(trail, "CancelDecision" in "trading.v1.DecisionService", "decision.cancel" of "decision", request.request_id,
        |_reply| of, caller.decisions().cancel_decision(request.clone()));
    (strategy, decision)
}

async fn trading(trail: &mut Trail, caller: &Caller) {
    let (_, decision) = strategies_and_decisions(trail, caller).await;
    let request = record(new_fill(&decision));
    told!(trail, "RecordExecution" in "trading.v1.ExecutionService", "execution.record" of "execution", request.request_id,
        |reply| reply.execution.as_ref().unwrap().id, caller.executions().record_execution(request.clone()));
    let request = RecordReviewRequest {
        request_id: id(),
        decision_id: decision.id.clone(),
        model: "m".into(),
        verdict: "v".into(),
        input_json: "1".into(),
        response_json: "2".into(),
        ..Default::default()
    };
    told!(trail, "RecordReview" in "trading.v1.ReviewService", "review.record" of "review", request.request_id,
        |reply| reply.review.as_ref().unwrap().id, caller.reviews().record_review(request.clone()));
    let request = AdvanceCursorRequest {
        request_id: id(),
        name: "c".into(),
        position: 5,
        ..Default::default()
    };
    told!(trail, "AdvanceCursor" in "trading.v1.CursorService", "cursor.advance" of "cursor", request.request_id,
        |_reply| "c".to_owned(), caller.cursors().advance_cursor(request.clone()));
    let request = ForceCursorRequest {
        request_id: id(),
        name: "c".into(),
        position: 1,
        reason: "again".into(),
        ..Default::default()
    };
    told!(trail, "ForceCursor" in "trading.v1.CursorService", "cursor.force" of "cursor", request.request_id,
        |_reply| "c".to_owned(), caller.cursors().force_cursor(request.clone()));

    // Each fill of a stream is an event of its own.
    let message =
        StreamRecordRequest { executions: vec![new_fill(&decision), new_fill(&decision)] };
    for replay in [false, true] {
        let opened = caller.executions().stream_record(tokio_stream::iter([message.clone()])).await;
        let results = ok(opened).message().await.unwrap().unwrap().results;
        let events = trail.news().await;
        if replay {
            assert_eq!(events, []);
            continue;
        }
        for (result, fill) in results.iter().zip(&message.executions) {
            let event = events.iter().find(|event| event.resource_id == result.id).unwrap();
            assert_eq!(
                (event.action.as_str(), event.request_id.as_str()),
                ("execution.record", "")
            );
            assert_eq!(payload(event)["venue_order_id"], fill.venue_order_id);
        }
    }
    trail.rpcs.insert(told_in("StreamRecord", "trading.v1.ExecutionService"));
}

async fn tenants(trail: &mut Trail, caller: &Caller) {
    let tenants = || caller.tenants();
    let request = CreateTenantRequest { request_id: id(), name: "x".into(), ..Default::default() };
    let (made, asked) = told!(trail, "CreateTenant" in "admin.v1.TenantService", "tenant.create" of "tenant", request.request_id,
        |reply| reply.tenant.as_ref().unwrap().id, tenants().create_tenant(request.clone()));
    assert_eq!(asked, json!({ "request_id": request.request_id, "name": "x" }));
    let tenant = made.tenant.unwrap().id;
    let request = UpdateTenantRequest {
        request_id: id(),
        tenant: Some(Tenant { id: tenant.clone(), name: "y".into(), ..Default::default() }),
        update_mask: Some(FieldMask { paths: vec!["name".into()] }),
        validate_only: false,
    };
    told!(trail, "UpdateTenant" in "admin.v1.TenantService", "tenant.update" of "tenant", request.request_id,
        |_reply| tenant, tenants().update_tenant(request.clone()));
    let request =
        SuspendTenantRequest { request_id: id(), id: tenant.clone(), reason: "unpaid".into() };
    told!(trail, "SuspendTenant" in "admin.v1.TenantService", "tenant.suspend" of "tenant", request.request_id,
        |_reply| tenant, tenants().suspend_tenant(request.clone()));
    let request = ResumeTenantRequest { request_id: id(), id: tenant.clone() };
    told!(trail, "ResumeTenant" in "admin.v1.TenantService", "tenant.resume" of "tenant", request.request_id,
        |_reply| tenant, tenants().resume_tenant(request.clone()));
    let request = DeleteTenantRequest {
        request_id: id(),
        id: tenant.clone(),
        force: true,
        validate_only: false,
    };
    let (_, asked) = told!(trail, "DeleteTenant" in "admin.v1.TenantService", "tenant.delete" of "tenant", request.request_id,
        |_reply| tenant, tenants().delete_tenant(request.clone()));
    assert_eq!(asked, json!({ "request_id": request.request_id, "id": tenant, "force": true }));
}

#[tokio::test]
async fn every_change_leaves_its_event_and_a_replay_none() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let mut trail = Trail::of(&tenant.admin).await;
    keys_and_assets(&mut trail, &tenant.admin).await;
    let pair = accounts(&mut trail, &tenant.admin).await;
    transfers(&mut trail, &tenant.admin, pair.clone()).await;
    many(&mut trail, &tenant.admin, pair).await;
    let house = house(&server, &tenant).await;
    positions(&mut trail, &tenant.admin, &house).await;
    trading(&mut trail, &tenant.admin).await;
    escrow::estates(&mut trail, &tenant.admin).await;
    let mut platform = Trail::of(&server.platform).await;
    tenants(&mut platform, &server.platform).await;
    trail.rpcs.extend(platform.rpcs);
    assert_eq!(trail.rpcs, mutating(), "each of them has its turn here");
}
