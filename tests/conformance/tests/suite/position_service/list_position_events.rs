//! Lists of what happened to positions.

use bursar_proto::escrow::v1::{
    ListPositionEventsRequest, PositionEvent, PositionEventFilter, PositionEventKind,
};
use bursar_testkit::{Caller, Server, invalid, ok};

use super::{Refunded, Released, accounts, gone, house, locked, paying, to};

/// Whether the event at that place of all fits a filter.
type Fits<'a> = Box<dyn Fn(&PositionEvent, usize) -> bool + 'a>;

async fn all(caller: &Caller, filter: PositionEventFilter) -> Vec<PositionEvent> {
    let mut found = Vec::new();
    let mut request =
        ListPositionEventsRequest { filter: Some(filter), page_size: 2, page_token: String::new() };
    loop {
        let page = ok(caller.positions().list_position_events(request.clone()).await);
        found.extend(page.events);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let houses = [house(&server, &tenant).await, house(&server, &tenant).await];
    let caller = &tenant.operator;
    let (buyer, seller) = accounts(caller).await;
    let mut ids = Vec::new();
    for house in &houses {
        let position = locked(caller, house, &buyer).await;
        let position = gone(caller, paying(&position, Released, &seller, "30")).await;
        ids.push(gone(caller, to(&position, Refunded)).await.id);
    }
    let every = all(&tenant.viewer, PositionEventFilter::default()).await;
    let told: Vec<_> =
        every.iter().map(|e| (e.kind(), e.state(), &*e.amount, &*e.held, &*e.etag)).collect();
    let life = [
        (PositionEventKind::Created, super::Proposed, "0", "0", "1"),
        (PositionEventKind::Moved, super::Funded, "100", "100", "2"),
        (PositionEventKind::Moved, super::Locked, "0", "100", "3"),
        (PositionEventKind::PartlyReleased, super::Locked, "30", "70", "4"),
        (PositionEventKind::Moved, Refunded, "70", "0", "5"),
    ];
    assert_eq!(told, [life, life].concat());
    assert!(every.windows(2).all(|two| two[0].occurred_at.map(|t| (t.seconds, t.nanos))
        <= two[1].occurred_at.map(|t| (t.seconds, t.nanos))));
    let (from, until) = (every[2].occurred_at, every[4].occurred_at);
    let filters: [(PositionEventFilter, Fits<'_>); 6] = [
        (
            PositionEventFilter { position_id: ids[1].clone(), ..Default::default() },
            Box::new(|e, _| e.position_id == ids[1]),
        ),
        (
            PositionEventFilter {
                institution_id: houses[0].institution.clone(),
                ..Default::default()
            },
            Box::new(|e, _| e.institution_id == houses[0].institution),
        ),
        (
            PositionEventFilter {
                kind: PositionEventKind::PartlyReleased.into(),
                ..Default::default()
            },
            Box::new(|e, _| e.kind() == PositionEventKind::PartlyReleased),
        ),
        (PositionEventFilter { from, ..Default::default() }, Box::new(|_, n| n >= 2)),
        (PositionEventFilter { to: until, ..Default::default() }, Box::new(|_, n| n < 4)),
        (
            PositionEventFilter {
                position_id: ids[0].clone(),
                institution_id: houses[0].institution.clone(),
                kind: PositionEventKind::PartlyReleased.into(),
                ..Default::default()
            },
            Box::new(|e, _| {
                e.position_id == ids[0] && e.kind() == PositionEventKind::PartlyReleased
            }),
        ),
    ];
    for (filter, fits) in filters {
        let expected: Vec<_> =
            every.iter().enumerate().filter(|(n, e)| fits(e, *n)).map(|(_, e)| e.clone()).collect();
        assert!(!expected.is_empty() && expected.len() < every.len());
        assert_eq!(all(&tenant.auditor, filter.clone()).await, expected, "{filter:?}");
    }
    let mixed = PositionEventFilter {
        position_id: ids[0].clone(),
        institution_id: houses[1].institution.clone(),
        ..Default::default()
    };
    assert_eq!(all(&tenant.viewer, mixed).await, []);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let house = house(&server, &theirs).await;
    let (buyer, _) = accounts(&theirs.operator).await;
    let position = locked(&theirs.operator, &house, &buyer).await;
    let filter = PositionEventFilter { position_id: position.id, ..Default::default() };
    assert_eq!(all(&ours.viewer, filter.clone()).await, []);
    assert_eq!(all(&ours.viewer, PositionEventFilter::default()).await, []);
    assert!(!all(&theirs.viewer, filter).await.is_empty());
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let filter = PositionEventFilter {
        position_id: "x".into(),
        institution_id: "x".into(),
        kind: 99,
        from: Some(prost_types::Timestamp { seconds: 0, nanos: 1 }),
        to: Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
    };
    let request =
        ListPositionEventsRequest { filter: Some(filter), page_size: -1, ..Default::default() };
    invalid(
        tenant.viewer.positions().list_position_events(request).await,
        &[
            "filter.position_id",
            "filter.institution_id",
            "filter.kind",
            "filter.from",
            "filter.to",
            "page_size",
        ],
    );
    let token = ListPositionEventsRequest { page_token: "x".into(), ..Default::default() };
    invalid(tenant.viewer.positions().list_position_events(token).await, &["page_token"]);
}
