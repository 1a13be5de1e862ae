//! The machine and the model, side by side.

use std::collections::{BTreeMap, HashMap};

use bursar_domain::account::AccountState;
use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::posting::{Book, Done, Seat};
use bursar_domain::transfer::{Hold, Transfer};
use bursar_domain::{Error, Result};
use bursar_model::{Caller, Facts, History, Line, Model, Verdict, same_error};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{TestCaseResult, TestRunner};
use proptest::{prop_assert, prop_assert_eq};

use crate::play::{always, play};
use crate::random::script;
use crate::world::Scene;

/// Each outcome, each transfer with the balances it left, and after each call every row.
#[test]
fn machine_and_model_agree() {
    always(|scenes| {
        let mut model = Model::default();
        for scene in scenes {
            compare_call(&mut model, scene)?;
            compare_rows(&model.history, &scene.after)?;
        }
        Ok(())
    });
}

fn compare_call(model: &mut Model, scene: &Scene) -> TestCaseResult {
    let seats = &scene.before.seats;
    let accounts = seats.iter().map(|(id, seat)| (*id, facts(seat, &scene.owned))).collect();
    model.learn(accounts, scene.before.fenced.clone());
    let mut next = model.history.lines.len();
    let Scene { now, key, institution, closed_through, .. } = *scene;
    let caller = Caller { now, key, institution, closed_through };
    let verdicts = model.call(&scene.commands, scene.all_or_nothing, caller);
    prop_assert_eq!(scene.results.len(), verdicts.len());
    for ((command, result), verdict) in scene.commands.iter().zip(&scene.results).zip(&verdicts) {
        let agreed = match (result, verdict) {
            (Ok(done), Verdict::Done) => {
                next += 1;
                prop_assert_eq!(&done.transfer, &model.history.recorded(next - 1));
                !done.replayed
            }
            (Ok(done), Verdict::Replay(line)) => {
                prop_assert_eq!(&done.transfer, &model.history.recorded(*line));
                done.replayed
            }
            (Err(error), Verdict::Refused(reasons)) => {
                reasons.iter().any(|reason| same_error(error, reason))
            }
            _ => false,
        };
        prop_assert!(agreed, "{command:?}\nmachine: {result:?}\nmodel: {verdict:?}");
    }
    prop_assert_eq!(next, model.history.lines.len());
    Ok(())
}

fn compare_rows(history: &History, book: &Book) -> TestCaseResult {
    for (id, seat) in &book.seats {
        prop_assert_eq!(seat.totals, history.totals(*id), "totals of {}", id);
        prop_assert_eq!(
            seat.version,
            i64::try_from(history.version(*id)).unwrap(),
            "version of {}",
            id
        );
        let times =
            history.lines.iter().filter(|line| line.touches(*id)).map(|line| line.posted_at);
        if let Some(last) = times.max() {
            prop_assert_eq!(seat.last_posted_at, last, "last posting of {}", id);
        }
    }
    let holds = history.holds().map(|line| (line.command.id(), history.hold(line)));
    prop_assert_eq!(&book.holds, &holds.collect::<HashMap<TransferId, Hold>>());
    let reversal = |line: &Line| Some((line.command.original()?, line.command.id()));
    let reversals = history.lines.iter().filter_map(reversal);
    prop_assert_eq!(&book.reversals, &reversals.collect::<HashMap<TransferId, TransferId>>());
    let transfers = (0..history.lines.len()).map(|at| history.recorded(at)).map(|t| (t.id, t));
    prop_assert_eq!(&book.transfers, &transfers.collect::<HashMap<TransferId, Transfer>>());
    Ok(())
}

/// What an account is beside its totals, to who owns some.
fn facts(seat: &Seat, owned: &[AccountId]) -> Facts {
    Facts {
        asset: seat.asset.clone(),
        scale: seat.scale,
        closed: seat.state == AccountState::Closed,
        reserved: seat.reserved && !owned.contains(&seat.id),
        rule: seat.rule,
        overdraft: seat.overdraft_limit.unsigned_abs(),
    }
}

/// Properties over scripts that get nowhere would hold for nothing.
#[test]
fn scripts_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..300 {
        let script = script().new_tree(&mut runner).unwrap().current();
        for result in play(&script).iter().flat_map(|scene| &scene.results) {
            *seen.entry(outcome(result)).or_default() += 1;
        }
    }
    for name in [
        "direct",
        "pending",
        "post",
        "void",
        "expire",
        "reversal",
        "replay",
        "INVALID_FIELD amount.amount",
        "INVALID_FIELD credit_account_id",
        "INVALID_FIELD value_date",
        "RESOURCE_NOT_FOUND account",
        "RESOURCE_NOT_FOUND pending transfer",
        "RESOURCE_NOT_FOUND transfer",
        "REQUEST_ID_REUSED",
        "OPERATION_FENCED",
        "GROUP_REFUSED",
        "GROUP_EXISTS",
        "ASSET_MISMATCH",
        "LIMIT_EXCEEDED",
        "ACCOUNT_CLOSED",
        "ACCOUNT_RESERVED",
        "HOLD_NOT_OPEN",
        "HOLD_EXCEEDED",
        "ALREADY_REVERSED",
        "NOT_REVERSIBLE",
        "TOTAL_OVERFLOW",
        "PERIOD_CLOSED",
    ] {
        assert!(seen.get(name).is_some_and(|times| *times >= 10), "{name} is rare: {seen:#?}");
    }
}

fn outcome(result: &Result<Done>) -> String {
    match result {
        Ok(done) if done.replayed => "replay".into(),
        Ok(done) => done.transfer.kind.name().into(),
        Err(Error::Invalid(violations)) => format!("INVALID_FIELD {}", violations[0].field),
        Err(Error::NotFound { resource, .. }) => format!("RESOURCE_NOT_FOUND {resource}"),
        Err(Error::RequestIdReused { .. }) => "REQUEST_ID_REUSED".into(),
        Err(Error::Fenced(_)) => "OPERATION_FENCED".into(),
        Err(Error::GroupRefused { .. }) => "GROUP_REFUSED".into(),
        Err(Error::Refused(refusal)) => refusal.reason().into(),
        Err(other) => format!("{other:?}"),
    }
}
