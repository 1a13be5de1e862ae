//! How many times a call goes to PostgreSQL and back: what costs one caller the most.

use bursar_proto::escrow::v1::{CreatePositionRequest, PositionState, TransitionPositionRequest};
use bursar_testkit::{Program, estate, id, money, moved, new_account, ok, trading};

use super::metrics::value;
use super::with_accounts;

/// Flushes so far: each begins with one of these statements.
async fn flushes(program: &Program) -> i64 {
    let page = program.page("/metrics").await;
    let count = |name: &str| {
        let label = format!("db_query_summary=\"{name}\"");
        value(&page, "db_client_operation_duration_seconds_count", &[&label]).unwrap_or(0)
    };
    count("enter") + count("timeout")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_positions_and_fills() {
    // One connection: what it prepares the first time, it prepares once.
    let (program, tenant, customer, bank) = with_accounts(&[("BURSAR_MAX_CONNECTIONS", "1")]).await;
    let caller = &tenant.operator;
    let paid = moved(caller, &bank, &customer, "1").await;
    let seller = new_account(caller, "EUR", bursar_proto::ledger::v1::BalanceRule::Unlimited).await;
    let house = estate(&tenant.admin, "house").await;
    let decision = trading::decision(caller, &trading::strategy(&tenant.admin).await).await;
    // The least of some rounds: the first prepares, and in any the server's own jobs may come between.
    let mut least = Vec::<(&str, i64)>::new();
    for _ in 0..4 {
        let mut told = Vec::new();
        let mut before = flushes(&program).await;
        let mut note = async |what: &'static str| {
            let now = flushes(&program).await;
            told.push((what, now - std::mem::replace(&mut before, now)));
        };
        let request = CreatePositionRequest {
            request_id: id(),
            asset_id: house.asset.id.clone(),
            holder_reference: "holder".into(),
            amount: money("EUR", "10"),
            ..Default::default()
        };
        let position = ok(caller.positions().create_position(request).await).position.unwrap();
        note("create").await;
        for (revision, state, account, what) in [
            (1, PositionState::Funded, bank.id.as_str(), "fund"),
            (2, PositionState::Locked, "", "lock"),
            (3, PositionState::Released, seller.id.as_str(), "release"),
            (4, PositionState::Refunded, "", "refund to whoever funded it"),
        ] {
            let request = TransitionPositionRequest {
                request_id: id(),
                id: position.id.clone(),
                etag: revision.to_string(),
                state: state.into(),
                account_id: account.into(),
                amount: if what == "release" { "4".into() } else { String::new() },
                ..Default::default()
            };
            ok(caller.positions().transition_position(request).await);
            note(what).await;
        }
        let mut fill = trading::new_fill(&decision);
        fill.transfer_ids = vec![paid.id.clone()];
        trading::execution(caller, fill).await;
        note("record").await;
        if least.is_empty() {
            least = told;
        } else {
            least.iter_mut().zip(told).for_each(|(least, now)| least.1 = least.1.min(now.1));
        }
    }
    let wanted = [
        ("create", 2),
        ("fund", 2),
        ("lock", 2),
        ("release", 2),
        ("refund to whoever funded it", 3),
        ("record", 2),
    ];
    assert_eq!(least, wanted);
}
