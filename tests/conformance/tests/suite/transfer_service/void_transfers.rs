//! Voiding the holds of a group together.

use bursar_proto::ledger::v1::{
    BalanceRule, HoldState, PostLeg, PostTransfersRequest, Transfer, TransferKind, TransferResult,
    VoidLeg, VoidTransfersRequest, VoidTransfersResponse,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, attribute_number, attributes, balance, hold_of, id, invalid,
    money, moved, open_limited, post_part, refused, totals,
};
use serde_json::json;
use tonic::{Code, Status};

use super::post_transfers::group_of;
use super::{event_of, try_get, two};

fn leg(pending: &Transfer) -> VoidLeg {
    VoidLeg { id: id(), pending_id: pending.id.clone(), ..Default::default() }
}

fn request(group: &str, legs: Vec<VoidLeg>) -> VoidTransfersRequest {
    VoidTransfersRequest { group_id: group.into(), legs, validate_only: false }
}

async fn void(
    caller: &Caller,
    request: VoidTransfersRequest,
) -> Result<VoidTransfersResponse, Status> {
    Ok(caller.transfers().void_transfers(request).await?.into_inner())
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, to) = two(&tenant.operator).await;
    let from = open_limited(&tenant.operator, BalanceRule::DebitsMustNotExceedCredits, "0").await;
    moved(&tenant.operator, &bank, &from, "150").await;
    let (group, members) = group_of(&tenant.operator, (&from, &to), &[("10", 0), ("20", 0)]).await;
    post_part(&tenant.operator, &members[1], "5", false).await.unwrap();
    assert_eq!(balance(&tenant.viewer, &from).await.available, "20");
    let call = request(
        &group,
        vec![
            leg(&members[1]),
            VoidLeg {
                external_reference: "cancelled".into(),
                metadata: attributes(json!({ "why": "customer" })),
                ..leg(&members[0])
            },
        ],
    );
    let tried = VoidTransfersRequest { validate_only: true, ..call.clone() };
    void(&tenant.operator, tried).await.unwrap();
    assert_eq!(hold_of(&tenant.viewer, &members[0]).await.state(), HoldState::Open);

    let first = void(&tenant.operator, call.clone()).await.unwrap();
    assert!(!first.replayed);
    for ((result, leg), amount) in first.results.iter().zip(&call.legs).zip(["15", "10"]) {
        let made = try_get(&tenant.viewer, &leg.id).await.unwrap();
        assert_eq!((&result.id, result.posted_at), (&leg.id, made.posted_at));
        assert_eq!((result.debit_posted.as_str(), result.credit_posted.as_str()), ("45", "105"));
        assert_eq!((made.kind(), &made.pending_id), (TransferKind::Void, &leg.pending_id));
        assert_eq!((&made.amount, &made.metadata), (&money("EUR", amount), &leg.metadata));
        assert_eq!(event_of(&tenant, &leg.id).await.action, "transfer.void");
    }
    for member in &members {
        let hold = hold_of(&tenant.viewer, member).await;
        assert_eq!((hold.state(), hold.remaining.as_str()), (HoldState::Voided, "0"));
    }
    assert_eq!(balance(&tenant.viewer, &from).await.available, "45");

    let again = void(&tenant.operator, call.clone()).await.unwrap();
    let replayed = |result: &TransferResult| TransferResult { replayed: true, ..result.clone() };
    let wanted: Vec<_> = first.results.iter().map(replayed).collect();
    assert_eq!((again.results, again.replayed), (wanted, true));
    let mut changed = call.clone();
    changed.legs[0].external_reference = "x".into();
    let fault =
        refused(void(&tenant.operator, changed).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "legs[0].external_reference");
    // The same ids in a call that posts are another request.
    let legs = call.legs.iter().map(|leg| PostLeg {
        id: leg.id.clone(),
        pending_id: leg.pending_id.clone(),
        ..Default::default()
    });
    let post = PostTransfersRequest { group_id: group, legs: legs.collect(), ..Default::default() };
    let outcome = tenant.operator.transfers().post_transfers(post).await;
    let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "legs[0].amount,legs[0].id");
}

#[tokio::test]
async fn the_whole_group_or_nothing() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (group, members) = group_of(&tenant.operator, (&from, &to), &[("10", 0), ("20", 0)]).await;
    let (_, others) = group_of(&tenant.operator, (&from, &to), &[("1", 0)]).await;
    let ask = async |legs| void(&tenant.operator, request(&group, legs)).await;
    let legs = vec![leg(&members[0]), leg(&others[0])];
    let fault = refused(ask(legs).await, Code::FailedPrecondition, "GROUP_INCOMPLETE");
    assert_eq!((fault.meta("missing"), fault.meta("foreign")), (&*members[1].id, &*others[0].id));
    post_part(&tenant.operator, &members[0], "", false).await.unwrap();
    let legs = vec![leg(&members[1]), leg(&members[0])];
    let fault = refused(ask(legs).await, Code::FailedPrecondition, "HOLD_NOT_OPEN");
    assert_eq!((fault.meta("index"), fault.meta("state")), ("1", "posted"));
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "210", "0", "21"]);
    ask(vec![leg(&members[1])]).await.unwrap();
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "210", "0", "1"]);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (from, to) = two(&theirs.operator).await;
    let (foreign, members) = group_of(&theirs.operator, (&from, &to), &[("10", 0)]).await;
    let absent = id();
    let ask =
        async |group: &str| void(&ours.operator, request(group, vec![leg(&members[0])])).await;
    let fault = assert_hidden((ask(&foreign).await, &foreign), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(hold_of(&theirs.viewer, &members[0]).await.state(), HoldState::Open);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (group, members) = group_of(&tenant.operator, (&from, &to), &[("10", 0)]).await;
    let twin = leg(&members[0]);
    let bad = VoidLeg {
        external_reference: "x".repeat(201),
        metadata: attribute_number("n", f64::NAN),
        ..VoidLeg::default()
    };
    let cases: Vec<(VoidTransfersRequest, &[&str])> = vec![
        (request(&group, vec![]), &["legs"]),
        (request(&group, vec![leg(&members[0]); 8_191]), &["legs"]),
        (request("?", vec![leg(&members[0])]), &["group_id"]),
        (request(&group, vec![twin.clone(), twin]), &["legs[1].id", "legs[1].pending_id"]),
        (
            request(&group, vec![bad]),
            &["legs[0].id", "legs[0].pending_id", "legs[0].external_reference", "legs[0].metadata"],
        ),
    ];
    for (call, fields) in cases {
        invalid(void(&tenant.operator, call).await, fields);
    }
    assert_eq!(hold_of(&tenant.viewer, &members[0]).await.state(), HoldState::Open);
}
