use proptest::prelude::*;

use super::*;

fn advance(expected: i64, position: i64) -> Move {
    Move::Advance { expected, position }
}

#[test]
fn a_cursor_that_was_never_moved_stands_at_zero() {
    assert_eq!(advance(0, 5).from("c", None), Ok(5));
    let current = "0".to_owned();
    let moved = Error::EtagMismatch { resource: "cursor", id: "c".into(), current };
    assert_eq!(advance(1, 5).from("c", None), Err(moved));
    assert_eq!(Move::Force { position: 0, reason: "r".into() }.from("c", Some(9)), Ok(0));
}

proptest! {
    /// Whatever is asked in whatever order, a cursor goes back by force alone.
    #[test]
    fn never_backwards(moves in prop::collection::vec((0_i64..9, 0_i64..9, any::<bool>()), 1..60)) {
        let mut stands = None;
        for (expected, position, force) in moves {
            let asked = if force { Move::Force { position, reason: String::new() } } else { advance(expected, position) };
            if let Ok(to) = asked.from("c", stands) {
                prop_assert_eq!(to, position);
                prop_assert!(force || (to > stands.unwrap_or(0) && expected == stands.unwrap_or(0)));
                stands = Some(to);
            }
        }
    }
}

#[test]
fn a_decision_ends_once() {
    let decision = |state| Decision {
        id: DecisionId::generate(),
        strategy: StrategyId::generate(),
        symbol: "BTC-EUR".into(),
        side: TradeSide::Buy,
        quantity: Decimal::ZERO,
        decision: Json::empty(),
        state,
        reason: String::new(),
        revision: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    };
    for from in DecisionState::ALL {
        for to in [DecisionState::Executed, DecisionState::Cancelled] {
            let mut ended = decision(from);
            let outcome = ended.end(to, "why");
            if from == DecisionState::Planned {
                assert_eq!((outcome, ended.state, ended.reason.as_str()), (Ok(()), to, "why"));
            } else {
                let refusal = Refusal::StateNotAllowed { resource: "decision", state: from.name() };
                assert_eq!((outcome, ended.state), (Err(refusal.into()), from));
            }
        }
    }
}
