//! Posting the holds of a group together.

use bursar_proto::ledger::v1::{
    Account, BalanceRule, BatchMode, HoldState, NewTransfer, PostLeg, PostTransfersRequest,
    PostTransfersResponse, Transfer, TransferKind, TransferResult,
};
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};
use bursar_testkit::{
    Caller, Server, assert_hidden, attribute_number, attributes, balance, batch, day, held,
    history, hold_of, id, invalid, money, moved, new_hold, new_transfer, ok, open_limited,
    post_part, refused, totals, void,
};
use serde_json::json;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::{event_of, try_get, two};

/// A group of holds of these amounts, with a posted transfer in their middle.
pub(super) async fn group_of(
    caller: &Caller,
    (from, to): (&Account, &Account),
    holds: &[(&str, i64)],
) -> (String, Vec<Transfer>) {
    let group = id();
    let mut new: Vec<_> =
        holds.iter().map(|(amount, seconds)| new_hold(from, to, amount, *seconds)).collect();
    new.insert(new.len() / 2, new_transfer(from, to, "100"));
    for new in &mut new {
        new.group_id.clone_from(&group);
    }
    let made = batch(caller, new, BatchMode::AllOrNothing).await.unwrap();
    let mut members = Vec::new();
    for result in made {
        members.push(try_get(caller, &result.id).await.unwrap());
    }
    members.retain(|member| member.kind() == TransferKind::Pending);
    (group, members)
}

fn leg(pending: &Transfer) -> PostLeg {
    PostLeg { id: id(), pending_id: pending.id.clone(), ..Default::default() }
}

fn request(group: &str, legs: Vec<PostLeg>) -> PostTransfersRequest {
    PostTransfersRequest { group_id: group.into(), legs, ..Default::default() }
}

async fn post(
    caller: &Caller,
    request: PostTransfersRequest,
) -> Result<PostTransfersResponse, Status> {
    Ok(caller.transfers().post_transfers(request).await?.into_inner())
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (group, members) =
        group_of(&tenant.operator, (&from, &to), &[("10", 0), ("20", 0), ("30", 0)]).await;
    let (yesterday, before) = (day(-1).await, day(-2).await);
    let call = PostTransfersRequest {
        value_date: yesterday.clone(),
        ..request(
            &group,
            vec![
                leg(&members[0]),
                PostLeg {
                    amount: money("EUR", "5"),
                    release_remainder: true,
                    value_date: before.clone(),
                    external_reference: "part".into(),
                    metadata: attributes(json!({ "leg": "two" })),
                    ..leg(&members[1])
                },
                PostLeg { amount: money("EUR", "7"), ..leg(&members[2]) },
            ],
        )
    };
    let tried = PostTransfersRequest { validate_only: true, ..call.clone() };
    assert!(!post(&tenant.operator, tried).await.unwrap().replayed);
    assert_eq!(hold_of(&tenant.viewer, &members[0]).await.state(), HoldState::Open);

    let first = post(&tenant.operator, call.clone()).await.unwrap();
    assert!(!first.replayed);
    let posted = ["110", "115", "122"];
    for (((result, leg), pending), posted) in
        first.results.iter().zip(&call.legs).zip(&members).zip(posted)
    {
        let made = try_get(&tenant.viewer, &leg.id).await.unwrap();
        let wanted = TransferResult {
            id: leg.id.clone(),
            replayed: false,
            posted_at: made.posted_at,
            debit_posted: format!("-{posted}"),
            credit_posted: posted.into(),
            error: None,
        };
        assert_eq!(result, &wanted);
        assert_eq!((made.kind(), &made.pending_id), (TransferKind::Post, &pending.id));
        assert_eq!(
            (&made.external_reference, &made.metadata),
            (&leg.external_reference, &leg.metadata)
        );
        let date = if leg.value_date.is_empty() { &yesterday } else { &before };
        assert_eq!(&made.value_date, date);
        assert_eq!(event_of(&tenant, &leg.id).await.action, "transfer.post");
        let asked = GetOperationRequest { id: leg.id.clone(), fence: false };
        let found = ok(tenant.operator.operations().get_operation(asked).await);
        assert_eq!(found.state(), OperationState::Succeeded);
    }
    // The third keeps the rest of its hold.
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "122", "0", "23"]);
    let states = [HoldState::Posted, HoldState::Posted, HoldState::Open];
    for (member, state) in members.iter().zip(states) {
        assert_eq!(hold_of(&tenant.viewer, member).await.state(), state);
    }

    // A replay asks for nothing, whatever is open by now.
    let again = post(&tenant.operator, call.clone()).await.unwrap();
    let replayed = |result: &TransferResult| TransferResult { replayed: true, ..result.clone() };
    let wanted: Vec<_> = first.results.iter().map(replayed).collect();
    assert_eq!((again.results, again.replayed), (wanted, true));
    let mut changed = call.clone();
    changed.legs[1].amount = money("EUR", "6");
    changed.legs[1].external_reference = "x".into();
    let fault =
        refused(post(&tenant.operator, changed).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "legs[1].amount.amount,legs[1].external_reference");
    let (other, _) = group_of(&tenant.operator, (&from, &to), &[("1", 0)]).await;
    let outcome =
        post(&tenant.operator, PostTransfersRequest { group_id: other, ..call.clone() }).await;
    let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "group_id");

    // What is still open is all that a second call names, and all that it may.
    let rest = request(&group, vec![leg(&members[2])]);
    let rest = post(&tenant.operator, rest).await.unwrap();
    assert_eq!(rest.results[0].credit_posted, "245");
    assert!(post(&tenant.operator, call).await.unwrap().replayed);
    assert_eq!(history(&tenant.viewer, &to).await.len(), 4 + 4 + 2);
}

#[tokio::test]
async fn the_whole_group_or_nothing() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (group, members) =
        group_of(&tenant.operator, (&from, &to), &[("10", 0), ("20", 0), ("30", 0)]).await;
    let lone = held(&tenant.operator, &from, &to, "1").await;
    let (_, others) = group_of(&tenant.operator, (&from, &to), &[("1", 0)]).await;
    let all = || members.iter().map(leg).collect::<Vec<_>>();
    let ask = async |legs| post(&tenant.operator, request(&group, legs)).await;
    let incomplete = async |legs, missing: String, foreign: String| {
        let fault = refused(ask(legs).await, Code::FailedPrecondition, "GROUP_INCOMPLETE");
        assert_eq!(fault.meta("group_id"), group);
        assert_eq!((fault.meta("missing"), fault.meta("foreign")), (&*missing, &*foreign));
        assert_eq!(fault.meta("index"), "");
    };
    let both = |a: &Transfer, b: &Transfer| {
        let mut ids = [a.id.clone(), b.id.clone()];
        ids.sort_unstable();
        ids.join(",")
    };
    incomplete(vec![leg(&members[1])], both(&members[0], &members[2]), String::new()).await;
    for foreign in [&lone, &others[0]] {
        let mut legs = all();
        legs.push(leg(foreign));
        incomplete(legs, String::new(), foreign.id.clone()).await;
    }
    let legs = vec![leg(&members[0]), leg(&members[1]), leg(&lone)];
    incomplete(legs, members[2].id.clone(), lone.id.clone()).await;
    // A hold that nobody has reads as one that belongs elsewhere.
    let absent = Transfer { id: id(), ..lone.clone() };
    let mut legs = all();
    legs.push(leg(&absent));
    incomplete(legs, String::new(), absent.id).await;
    let outcome = post(&tenant.operator, request(&id(), all())).await;
    refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");

    // One leg that cannot be posted holds all of them up.
    let mut legs = all();
    legs[1].amount = money("EUR", "20.01");
    let fault = refused(ask(legs).await, Code::FailedPrecondition, "HOLD_EXCEEDED");
    assert_eq!((fault.meta("index"), fault.meta("remaining")), ("1", "20"));
    let mut legs = all();
    legs[2].value_date = day(9).await;
    let fault = invalid(ask(legs).await, &["legs[2].value_date"]);
    assert_eq!(fault.meta("index"), "2");
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "200", "0", "62"]);

    // What is settled by itself is not part of it any more.
    void(&tenant.operator, &members[0]).await.unwrap();
    post_part(&tenant.operator, &members[1], "1", false).await.unwrap();
    let fault = refused(ask(all()).await, Code::FailedPrecondition, "HOLD_NOT_OPEN");
    assert_eq!((fault.meta("index"), fault.meta("state")), ("0", "voided"));
    incomplete(vec![leg(&members[2])], members[1].id.clone(), String::new()).await;
    ask(vec![leg(&members[2]), leg(&members[1])]).await.unwrap();
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "250", "0", "2"]);
    let fault =
        refused(ask(vec![leg(&members[1])]).await, Code::FailedPrecondition, "HOLD_NOT_OPEN");
    assert_eq!(fault.meta("state"), "posted");
}

/// Expired is expired, whether or not the job has come by.
#[tokio::test]
async fn an_expired_hold_is_no_part_of_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (group, members) = group_of(&tenant.operator, (&from, &to), &[("10", 1), ("20", 0)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let all = members.iter().map(leg).collect();
    let outcome = post(&tenant.operator, request(&group, all)).await;
    let fault = refused(outcome, Code::FailedPrecondition, "HOLD_NOT_OPEN");
    assert_eq!((fault.meta("index"), fault.meta("state")), ("0", "expired"));
    post(&tenant.operator, request(&group, vec![leg(&members[1])])).await.unwrap();
    assert_eq!(balance(&tenant.viewer, &to).await.posted, "120");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_posted_once() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, to) = two(&tenant.operator).await;
    let from = open_limited(&tenant.operator, BalanceRule::DebitsMustNotExceedCredits, "0").await;
    moved(&tenant.operator, &bank, &from, "1000").await;
    for _ in 0..5 {
        let (group, members) =
            group_of(&tenant.operator, (&from, &to), &[("10", 0), ("20", 0)]).await;
        let mut calls = JoinSet::new();
        for n in 0..8 {
            let (caller, group, members) =
                (tenant.operator.clone(), group.clone(), members.clone());
            calls.spawn(async move {
                // In either order, against calls for one hold alone.
                let mut legs: Vec<_> = members.iter().map(leg).collect();
                match n % 4 {
                    0 => void(&caller, &members[1]).await.map(|_| 1),
                    1 => post_part(&caller, &members[0], "", false).await.map(|_| 1),
                    2 => post(&caller, request(&group, legs)).await.map(|_| 2),
                    _ => {
                        legs.reverse();
                        post(&caller, request(&group, legs)).await.map(|_| 2)
                    }
                }
            });
        }
        let mut settled = 0;
        while let Some(outcome) = calls.join_next().await {
            match outcome.unwrap() {
                Ok(count) => settled += count,
                Err(status) => {
                    let fault = bursar_testkit::fault(status);
                    let expected = ["HOLD_NOT_OPEN", "GROUP_INCOMPLETE"];
                    assert!(expected.contains(&fault.reason.as_str()), "{fault:?}");
                }
            }
        }
        assert_eq!(settled, 2, "each hold is settled by one call, whole groups in one");
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (from, to) = two(&theirs.operator).await;
    let (foreign, members) = group_of(&theirs.operator, (&from, &to), &[("10", 0)]).await;
    let absent = id();
    let ask =
        async |group: &str| post(&ours.operator, request(group, vec![leg(&members[0])])).await;
    let fault = assert_hidden((ask(&foreign).await, &foreign), (ask(&absent).await, &absent));
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    // Their hold in a group of ours is one that does not exist.
    let (from, to) = two(&ours.operator).await;
    let (group, own) = group_of(&ours.operator, (&from, &to), &[("10", 0)]).await;
    let ask = async |pending: &str| {
        let other = PostLeg { id: id(), pending_id: pending.into(), ..Default::default() };
        post(&ours.operator, request(&group, vec![leg(&own[0]), other])).await
    };
    let member = members[0].id.as_str();
    let fault = assert_hidden((ask(member).await, member), (ask(&absent).await, &absent));
    assert_eq!(fault.reason, "GROUP_INCOMPLETE");
    assert_eq!(hold_of(&theirs.viewer, &members[0]).await.state(), HoldState::Open);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (group, members) = group_of(&tenant.operator, (&from, &to), &[("10", 0)]).await;
    let good = || leg(&members[0]);
    let twin = good();
    let large = vec![good(); 8_191];
    let cases: Vec<(PostTransfersRequest, &[&str])> = vec![
        (request(&group, vec![]), &["legs"]),
        (request(&group, large), &["legs"]),
        (request("x", vec![]), &["group_id", "legs"]),
        (request("", vec![good()]), &["group_id"]),
        (request(&group, vec![twin.clone(), twin]), &["legs[1].id", "legs[1].pending_id"]),
        (
            PostTransfersRequest {
                value_date: "?".into(),
                ..request(
                    &group,
                    vec![
                        PostLeg { amount: money("EUR", "0"), ..good() },
                        PostLeg { metadata: attribute_number("n", f64::NAN), ..PostLeg::default() },
                    ],
                )
            },
            &[
                "value_date",
                "legs[0].amount.amount",
                "legs[1].id",
                "legs[1].pending_id",
                "legs[1].metadata",
            ],
        ),
    ];
    for (call, fields) in cases {
        invalid(post(&tenant.operator, call).await, fields);
    }
    let other = NewTransfer { amount: money("USD", "1"), ..new_transfer(&from, &to, "1") };
    let legs = vec![PostLeg { amount: other.amount, ..good() }];
    let outcome = post(&tenant.operator, request(&group, legs)).await;
    assert_eq!(refused(outcome, Code::FailedPrecondition, "ASSET_MISMATCH").meta("index"), "0");
    assert_eq!(hold_of(&tenant.viewer, &members[0]).await.state(), HoldState::Open);
}
