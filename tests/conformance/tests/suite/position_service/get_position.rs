//! Reading one position, now and as it was.

use bursar_proto::escrow::v1::{GetPositionRequest, PositionEventKind};
use bursar_testkit::{Server, assert_hidden, id, invalid, ok};
use prost_types::Timestamp;

use super::{
    Funded, Locked, Proposed, Refunded, absent, accounts, gone, house, locked, paying, propose,
    read, to,
};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    let (buyer, _) = accounts(caller).await;
    let mut states = vec![propose(caller, &house).await];
    let last = |states: &[super::Position]| -> super::Position { states[states.len() - 1].clone() };
    for request in [paying(&last(&states), Funded, &buyer, "")] {
        states.push(gone(caller, request).await);
    }
    states.push(gone(caller, to(&last(&states), Locked)).await);
    let part =
        super::TransitionPositionRequest { amount: "40.01".into(), ..to(&last(&states), Refunded) };
    states.push(gone(caller, part).await);
    let found = read(&tenant.viewer, &states[0].id).await;
    assert_eq!(found.position, Some(last(&states)));
    let kinds: Vec<_> =
        found.events.iter().map(bursar_proto::escrow::v1::PositionEvent::kind).collect();
    let (moved, created) = (PositionEventKind::Moved, PositionEventKind::Created);
    assert_eq!(kinds, [PositionEventKind::PartlyRefunded, moved, moved, created]);
    // At the time of each event it was what that event left; between two, what the earlier one did.
    for (at, state) in states.iter().enumerate() {
        let time = state.updated_at.unwrap();
        let later = micros_after(&time);
        for time in [
            Some(time),
            later.filter(|t| states.get(at + 1).is_none_or(|next| Some(*t) != next.updated_at)),
        ] {
            let Some(time) = time else { continue };
            let request = GetPositionRequest { id: state.id.clone(), as_of: Some(time) };
            let then = ok(tenant.auditor.positions().get_position(request).await);
            assert_eq!(then.position.as_ref(), Some(state), "event {at}");
            assert_eq!(then.events.len(), at + 1);
        }
    }
    let mut before = states[0].created_at.unwrap();
    before.seconds -= 1;
    let request = GetPositionRequest { id: states[0].id.clone(), as_of: Some(before) };
    absent(tenant.viewer.positions().get_position(request).await);
    assert_eq!(states[0].state(), Proposed);
}

fn micros_after(time: &Timestamp) -> Option<Timestamp> {
    (time.nanos < 999_999_000).then(|| Timestamp { nanos: time.nanos + 1_000, ..*time })
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let house = house(&server, &theirs).await;
    let (buyer, _) = accounts(&theirs.operator).await;
    let position = locked(&theirs.operator, &house, &buyer).await;
    let get = |id: &str| GetPositionRequest { id: id.into(), as_of: None };
    let nobody = id();
    assert_hidden(
        (ours.viewer.positions().get_position(get(&position.id)).await, &position.id),
        (ours.viewer.positions().get_position(get(&nobody)).await, &nobody),
    );
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bad =
        GetPositionRequest { id: "x".into(), as_of: Some(Timestamp { seconds: 0, nanos: 1 }) };
    invalid(tenant.viewer.positions().get_position(bad).await, &["id", "as_of"]);
}
