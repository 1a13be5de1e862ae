//! Which state may follow which: the default, and what a template's config leaves of it.

use bursar_proto::escrow::v1::{Position, PositionState};
use bursar_proto::ledger::v1::Account;
use bursar_testkit::{Caller, Server, refused};
use tonic::Code;

use super::{
    Cancelled, Disputed, Expired, Funded, House, Locked, Proposed, Refunded, Released, accounts,
    go, gone, house, house_with, paying, propose, to,
};

/// How a new position comes to each state.
const PATHS: &[(PositionState, &[PositionState])] = &[
    (Proposed, &[]),
    (Funded, &[Funded]),
    (Locked, &[Funded, Locked]),
    (Disputed, &[Funded, Disputed]),
    (Released, &[Funded, Locked, Released]),
    (Refunded, &[Funded, Refunded]),
    (Cancelled, &[Cancelled]),
    (Expired, &[Expired]),
];

/// Which state may follow which, in the order of a life.
pub(super) const NEXT: &[(PositionState, &[PositionState])] = &[
    (Proposed, &[Funded, Cancelled, Expired]),
    (Funded, &[Locked, Disputed, Refunded, Cancelled, Expired]),
    (Locked, &[Disputed, Released, Refunded, Expired]),
    (Disputed, &[Locked, Released, Refunded]),
];

fn request(
    position: &Position,
    state: PositionState,
    account: &Account,
) -> super::TransitionPositionRequest {
    if [Funded, Released].contains(&state) {
        paying(position, state, account, "")
    } else {
        to(position, state)
    }
}

async fn at(caller: &Caller, house: &House, account: &Account, path: &[PositionState]) -> Position {
    let mut position = propose(caller, house).await;
    for state in path {
        position = gone(caller, request(&position, *state, account)).await;
    }
    position
}

/// Every state against every other.
#[tokio::test]
async fn the_default_is_as_documented() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    let (account, _) = accounts(caller).await;
    for (from, path) in PATHS {
        let next = NEXT.iter().find(|(state, _)| state == from).map_or(&[][..], |(_, next)| next);
        for (asked, _) in PATHS {
            let position = at(caller, &house, &account, path).await;
            let outcome = go(caller, request(&position, *asked, &account)).await;
            if next.contains(asked) {
                assert_eq!(
                    outcome.unwrap().position.unwrap().state(),
                    *asked,
                    "{from:?} to {asked:?}"
                );
            } else {
                let fault = refused(outcome, Code::FailedPrecondition, "TRANSITION_NOT_ALLOWED");
                let name =
                    |state: &PositionState| state.as_str_name().replace("POSITION_STATE_", "");
                assert_eq!((fault.meta("state"), fault.meta("to")), (&*name(from), &*name(asked)));
                assert_eq!(
                    fault.meta("allowed"),
                    next.iter().map(name).collect::<Vec<_>>().join(",")
                );
            }
        }
    }
}

#[tokio::test]
async fn a_template_narrows_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let config =
        r#"{"transitions": {"FUNDED": ["LOCKED"], "LOCKED": ["RELEASED"]}, "other": true}"#;
    let house = house_with(&server, &tenant, config).await;
    let caller = &tenant.operator;
    let (account, _) = accounts(caller).await;
    let funded = at(caller, &house, &account, &[Funded]).await;
    for state in [Disputed, Refunded, Cancelled, Expired] {
        let fault = refused(
            go(caller, to(&funded, state)).await,
            Code::FailedPrecondition,
            "TRANSITION_NOT_ALLOWED",
        );
        assert_eq!(fault.meta("allowed"), "LOCKED");
    }
    let locked = gone(caller, to(&funded, Locked)).await;
    refused(
        go(caller, to(&locked, Refunded)).await,
        Code::FailedPrecondition,
        "TRANSITION_NOT_ALLOWED",
    );
    gone(caller, paying(&locked, Released, &account, "")).await;
}
