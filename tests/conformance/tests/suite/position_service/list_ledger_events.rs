//! Lists of what positions moved in the ledger.

use bursar_proto::escrow::v1::{
    LedgerEvent, LedgerEventFilter, LedgerEventKind, ListLedgerEventsRequest,
};
use bursar_testkit::{Caller, Server, invalid, ok};

use super::{Refunded, Released, accounts, gone, house, locked, paying, to};

/// Whether the event at that place of all fits a filter.
type Fits<'a> = Box<dyn Fn(&LedgerEvent, usize) -> bool + 'a>;

async fn all(caller: &Caller, filter: LedgerEventFilter) -> Vec<LedgerEvent> {
    let mut found = Vec::new();
    let mut request =
        ListLedgerEventsRequest { filter: Some(filter), page_size: 2, page_token: String::new() };
    loop {
        let page = ok(caller.positions().list_ledger_events(request.clone()).await);
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
    let every = all(&tenant.viewer, LedgerEventFilter::default()).await;
    let told: Vec<_> =
        every.iter().map(|e| (e.kind(), e.state(), e.amount.clone().unwrap().amount)).collect();
    let life = [
        (LedgerEventKind::Funding, super::Funded, "100".to_owned()),
        (LedgerEventKind::Release, super::Locked, "30".to_owned()),
        (LedgerEventKind::Refund, Refunded, "70".to_owned()),
    ];
    assert_eq!(told, [life.clone(), life].concat());
    for event in &every {
        let get = bursar_proto::ledger::v1::GetTransferRequest { id: event.transfer_id.clone() };
        let transfer = ok(caller.transfers().get_transfer(get).await).transfer.unwrap();
        assert_eq!(
            (&transfer.debit_account_id, &transfer.credit_account_id, &transfer.amount),
            (&event.debit_account_id, &event.credit_account_id, &event.amount)
        );
    }
    assert!(every.windows(2).all(|two| two[0].occurred_at.map(|t| (t.seconds, t.nanos))
        <= two[1].occurred_at.map(|t| (t.seconds, t.nanos))));
    let (from, until) = (every[2].occurred_at, every[4].occurred_at);
    let filters: [(LedgerEventFilter, Fits<'_>); 6] = [
        (
            LedgerEventFilter { position_id: ids[1].clone(), ..Default::default() },
            Box::new(|e, _| e.position_id == ids[1]),
        ),
        (
            LedgerEventFilter {
                institution_id: houses[0].institution.clone(),
                ..Default::default()
            },
            Box::new(|e, _| e.institution_id == houses[0].institution),
        ),
        (
            LedgerEventFilter { kind: LedgerEventKind::Release.into(), ..Default::default() },
            Box::new(|e, _| e.kind() == LedgerEventKind::Release),
        ),
        (LedgerEventFilter { from, ..Default::default() }, Box::new(|_, n| n >= 2)),
        (LedgerEventFilter { to: until, ..Default::default() }, Box::new(|_, n| n < 4)),
        (
            LedgerEventFilter {
                position_id: ids[0].clone(),
                institution_id: houses[0].institution.clone(),
                kind: LedgerEventKind::Release.into(),
                ..Default::default()
            },
            Box::new(|e, _| e.position_id == ids[0] && e.kind() == LedgerEventKind::Release),
        ),
    ];
    for (filter, fits) in filters {
        let expected: Vec<_> =
            every.iter().enumerate().filter(|(n, e)| fits(e, *n)).map(|(_, e)| e.clone()).collect();
        assert!(!expected.is_empty() && expected.len() < every.len());
        assert_eq!(all(&tenant.auditor, filter.clone()).await, expected, "{filter:?}");
    }
    let mixed = LedgerEventFilter {
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
    let filter = LedgerEventFilter { position_id: position.id, ..Default::default() };
    assert_eq!(all(&ours.viewer, filter.clone()).await, []);
    assert_eq!(all(&ours.viewer, LedgerEventFilter::default()).await, []);
    assert!(!all(&theirs.viewer, filter).await.is_empty());
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let filter = LedgerEventFilter {
        position_id: "x".into(),
        institution_id: "x".into(),
        kind: 99,
        from: Some(prost_types::Timestamp { seconds: 0, nanos: 1 }),
        to: Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
    };
    let request =
        ListLedgerEventsRequest { filter: Some(filter), page_size: -1, ..Default::default() };
    invalid(
        tenant.viewer.positions().list_ledger_events(request).await,
        &[
            "filter.position_id",
            "filter.institution_id",
            "filter.kind",
            "filter.from",
            "filter.to",
            "page_size",
        ],
    );
    let token = ListLedgerEventsRequest { page_token: "x".into(), ..Default::default() };
    invalid(tenant.viewer.positions().list_ledger_events(token).await, &["page_token"]);
}
