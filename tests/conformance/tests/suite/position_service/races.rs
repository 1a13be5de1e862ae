//! Transitions of one position at the same time.

use bursar_testkit::{Server, balance, fault, history};
use futures::future::join_all;
use tonic::Code;

use super::{
    Disputed, Expired, Locked, PositionState, Refunded, Released, account_of, accounts, go, house,
    locked, paying, read, to,
};

/// Exactly one wins; the others get ABORTED with the state it left, and no money moved twice.
#[tokio::test]
async fn one_wins() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    let (buyer, seller) = accounts(caller).await;
    for _ in 0..5 {
        let before = balance(caller, &seller).await.posted;
        let position = locked(caller, &house, &buyer).await;
        let requests = (0..12).map(|n| match n % 4 {
            0 => paying(&position, Released, &seller, ""),
            1 => to(&position, Refunded),
            2 => to(&position, Expired),
            _ => to(&position, Disputed),
        });
        let outcomes = join_all(requests.map(|request| go(caller, request))).await;
        let after = read(caller, &position.id).await;
        let state = after.position.as_ref().unwrap().state();
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        assert_eq!(won[0].as_ref().unwrap().position, after.position);
        let name = state.as_str_name().replace("POSITION_STATE_", "");
        for status in lost {
            let fault = fault(status.unwrap_err());
            assert_eq!(
                (fault.code, &*fault.reason),
                (Code::Aborted, "POSITION_CHANGED"),
                "{fault:?}"
            );
            assert_eq!((fault.meta("state"), fault.meta("current_etag")), (&*name, "4"));
            assert_eq!(
                (fault.meta("position_id"), fault.meta("definite")),
                (&*position.id, "true")
            );
        }
        assert_eq!(after.events.len(), 4);
        let moved = if state == Disputed { 1 } else { 2 };
        assert_eq!(history(caller, &account_of(caller, &position).await).await.len(), moved);
        let paid = balance(caller, &seller).await.posted != before;
        assert_eq!(paid, state == Released);
    }
}

/// Parts that together are more than is held: as many as fit, by whoever reads again.
#[tokio::test]
async fn parts_never_pass_what_is_held() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let caller = &tenant.operator;
    let (buyer, seller) = accounts(caller).await;
    let first = locked(caller, &house, &buyer).await;
    let worker = async || {
        let mut paid = 0;
        loop {
            let position = read(caller, &first.id).await.position.unwrap();
            match go(caller, paying(&position, Released, &seller, "15")).await {
                Ok(_) => paid += 1,
                Err(status) => match &*fault(status).reason {
                    "POSITION_CHANGED" => {}
                    "HOLDING_EXCEEDED" => return paid,
                    other => panic!("{other}"),
                },
            }
        }
    };
    let paid: i32 = join_all((0..4).map(|_| worker())).await.into_iter().sum();
    let left = read(caller, &first.id).await.position.unwrap();
    assert_eq!((paid, &*left.held, &*left.released, left.state()), (6, "10", "90", Locked));
    assert_eq!(balance(caller, &seller).await.posted, "90");
    assert_ne!(left.state(), PositionState::Unspecified);
}
