//! Random histories: what positions say they hold is what their accounts hold.

use std::collections::BTreeMap;

use bursar_proto::escrow::v1::{
    ListLedgerEventsRequest, Position, PositionState, TransitionPositionRequest,
};
use bursar_proto::ledger::v1::{Account, BalanceRule};
use bursar_testkit::{Caller, Random, Server, TestTenant, balance, moved, new_account, ok};
use futures::future::join_all;

use super::life::NEXT;
use super::{
    Funded, House, Refunded, Released, account_of, accounts, go, house, policy, propose, read, to,
};

const STATES: [PositionState; 8] = [
    super::Proposed,
    Funded,
    super::Locked,
    super::Disputed,
    Released,
    Refunded,
    super::Cancelled,
    super::Expired,
];

struct World<'a> {
    callers: [&'a Caller; 2],
    accounts: Vec<Account>,
    positions: Vec<String>,
}

impl World<'_> {
    /// Asks for something that may be done, now and then for anything.
    async fn try_one(&self, random: &mut Random) -> Option<PositionState> {
        let caller = *random.pick(&self.callers);
        let position = read(caller, random.pick::<String>(&self.positions)).await.position.unwrap();
        let next = NEXT.iter().find(|(state, _)| *state == position.state());
        let state = match next {
            Some((_, next)) if random.percent(85) => *random.pick(next),
            _ => *random.pick(&STATES),
        };
        // Lives that end at once try little.
        if [super::Cancelled, super::Expired].contains(&state) && random.percent(80) {
            return None;
        }
        let named = random.percent(if [Funded, Released].contains(&state) { 95 } else { 5 });
        let part = random.percent(if [Refunded, Released].contains(&state) { 60 } else { 3 });
        let request = TransitionPositionRequest {
            account_id: if named { random.pick(&self.accounts).id.clone() } else { String::new() },
            amount: if part { format!("{}.5", random.below(60)) } else { String::new() },
            ..to(&position, state)
        };
        go(caller, request).await.ok().map(|_| state)
    }
}

async fn check(tenant: &TestTenant, world: &World<'_>) {
    let caller = &tenant.viewer;
    let mut moved: BTreeMap<String, usize> = BTreeMap::new();
    let mut request = ListLedgerEventsRequest { page_size: 1_000, ..Default::default() };
    loop {
        let page = ok(caller.positions().list_ledger_events(request.clone()).await);
        for event in page.events {
            *moved.entry(event.position_id).or_default() += 1;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    for id in &world.positions {
        let found = read(caller, id).await;
        let position: Position = found.position.unwrap();
        let account = account_of(caller, &position).await;
        let own = balance(caller, &account).await;
        assert_eq!(own.posted, position.held, "{position:?}");
        let transfers = bursar_testkit::history(caller, &account).await.len();
        assert_eq!(transfers, moved.get(id).copied().unwrap_or(0), "{position:?}");
        assert_eq!(own.version, i64::try_from(transfers).unwrap());
    }
}

/// One after the other and many at once, with four eyes and without, with accounts that run dry.
#[tokio::test]
async fn holdings_are_what_the_accounts_hold() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let houses: [House; 2] = [house(&server, &tenant).await, house(&server, &tenant).await];
    policy(&server, &tenant, &houses[1], "four_eyes", "true").await;
    let caller = &tenant.operator;
    let (a, b) = accounts(caller).await;
    let small = new_account(caller, "EUR", BalanceRule::DebitsMustNotExceedCredits).await;
    moved(caller, &a, &small, "250").await;
    let mut world = World {
        callers: [caller, &tenant.admin],
        accounts: vec![a, b, small],
        positions: Vec::new(),
    };
    for n in 0..48 {
        world.positions.push(propose(caller, &houses[n % 2]).await.id);
    }
    let mut random = Random::new();
    let mut done: BTreeMap<i32, usize> = BTreeMap::new();
    for _ in 0..250 {
        if let Some(state) = world.try_one(&mut random).await {
            *done.entry(state.into()).or_default() += 1;
        }
    }
    check(&tenant, &world).await;
    for _ in 0..25 {
        let seeds: Vec<u64> = (0..8).map(|_| random.seed()).collect();
        let tries =
            seeds.into_iter().map(async |seed| world.try_one(&mut Random::seeded(seed)).await);
        for state in join_all(tries).await.into_iter().flatten() {
            *done.entry(state.into()).or_default() += 1;
        }
    }
    check(&tenant, &world).await;
    assert!(done.len() >= 6 && done.values().sum::<usize>() > 60, "{done:?}");
}
