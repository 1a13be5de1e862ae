//! Edge cases of calls: replays, ids used twice, groups, batches.

use bursar_domain::Error;
use bursar_domain::ids::GroupId;
use bursar_domain::json::Json;
use bursar_domain::posting::{Command, Create, HoldTerms};
use bursar_domain::transfer::Details;
use serde_json::json;

use crate::bank::{ALICE, BOB, Bank, CASH, group, money, refusal, reused};
use crate::world::{Scene, account, difference};

const LINKED: u128 = 1;

#[test]
fn a_replay_returns_the_first_transfer_whatever_happened_since() {
    let mut bank = Bank::new();
    let create = Command::Create(bank.create(CASH, ALICE, "10"));
    let first = bank.0.one(create.clone()).unwrap();
    bank.pay(ALICE, CASH, "3").unwrap();
    bank.wait(86_400);
    let second = bank.0.one(create).unwrap();
    assert!(second.replayed && !first.replayed);
    assert_eq!(second.transfer, first.transfer);
    assert_eq!(bank.balance(ALICE), 700);
}

#[test]
fn an_id_used_for_something_else_names_the_fields() {
    let mut bank = Bank::new();
    let first = bank.create(CASH, ALICE, "10");
    bank.0.one(Command::Create(first.clone())).unwrap();
    let details = |value: serde_json::Value, date: &str| Details {
        code: "fee".into(),
        external_reference: Some("7".into()),
        metadata: Some(Json::stored(value)),
        value_date: Some(date.parse().unwrap()),
    };
    let cases: [(Create, &[&str]); 8] = [
        (Create { debit: account(BOB), ..first.clone() }, &["debit_account_id"]),
        (Create { credit: account(BOB), ..first.clone() }, &["credit_account_id"]),
        (Create { amount: money("EUR", "10.01"), ..first.clone() }, &["amount.amount"]),
        (Create { amount: money("JPY", "10"), ..first.clone() }, &["amount.asset"]),
        (Create { hold: Some(HoldTerms { timeout_seconds: None }), ..first.clone() }, &["pending"]),
        (
            Create { hold: Some(HoldTerms { timeout_seconds: Some(1) }), ..first.clone() },
            &["pending", "timeout"],
        ),
        (Create { group: Some(group(LINKED)), ..first.clone() }, &["group_id"]),
        (
            Create { details: details(json!({ "a": 1 }), "2026-01-01"), ..first.clone() },
            &["code", "external_reference", "metadata", "value_date"],
        ),
    ];
    for (create, fields) in cases {
        assert_eq!(reused(bank.0.one(Command::Create(create))), fields);
    }
}

#[test]
fn another_spelling_of_the_same_request_is_a_replay() {
    let mut bank = Bank::new();
    let first = bank.create(CASH, ALICE, "10");
    let posted_on = bank.0.one(Command::Create(first.clone())).unwrap().transfer.value_date;
    let details = Details {
        metadata: Some(Json::empty()),
        value_date: Some(posted_on),
        ..Details::default()
    };
    let same = Create { amount: money("EUR", "10.00"), details, ..first };
    assert!(bank.0.one(Command::Create(same)).unwrap().replayed);
}

#[test]
fn an_id_of_another_method_is_no_replay() {
    let mut bank = Bank::new();
    let held = bank.hold(CASH, ALICE, "10", None);
    let void = bank.void(held).unwrap().transfer.id;
    let create = Create { id: void, ..bank.create(CASH, ALICE, "10") };
    assert!(reused(bank.0.one(Command::Create(create))).contains(&"id".to_owned()));
}

#[test]
fn a_post_of_all_is_not_a_replay_of_a_post_of_as_much() {
    let mut bank = Bank::new();
    let held = bank.hold(CASH, ALICE, "10", None);
    bank.post(held, None, false).unwrap();
    let Some(Command::Post(mut post)) = bank.0.sent.last().cloned() else {
        panic!("a post was sent last")
    };
    post.amount = Some(money("EUR", "10"));
    assert_eq!(reused(bank.0.one(Command::Post(post.clone()))), ["amount"]);
    post.amount = None;
    post.release_remainder = true;
    assert_eq!(reused(bank.0.one(Command::Post(post))), ["release_remainder"]);
}

#[test]
fn a_fenced_id_is_never_used() {
    let mut bank = Bank::new();
    let create = bank.create(CASH, ALICE, "1");
    bank.0.book.fenced.insert(create.id);
    let fenced = Err(Error::Fenced(create.id.to_string()));
    assert_eq!(bank.0.one(Command::Create(create)), fenced);
}

#[test]
fn a_refused_call_leaves_its_id_free() {
    let mut bank = Bank::new();
    let create = Command::Create(bank.create(ALICE, CASH, "1"));
    assert_eq!(refusal(bank.0.one(create.clone())).reason(), "LIMIT_EXCEEDED");
    bank.pay(CASH, ALICE, "1").unwrap();
    assert!(!bank.0.one(create).unwrap().replayed);
}

#[test]
fn a_group_with_one_refused_member_does_nothing() {
    let mut bank = Bank::new();
    let scene =
        bank.group(group(LINKED), &[(CASH, ALICE, "5"), (ALICE, CASH, "6"), (CASH, BOB, "1")]);
    assert_eq!(outcomes(&scene), ["after 1", "LIMIT_EXCEEDED", "after 1"]);
    assert_eq!(difference(&scene.before, &scene.after), None);
    // Nothing of it was done, so the same group may be tried again.
    let retried = bank.group(group(LINKED), &[(CASH, ALICE, "6"), (ALICE, CASH, "6")]);
    assert_eq!(outcomes(&retried), ["done", "done"]);
}

#[test]
fn a_group_id_of_an_earlier_call_is_refused_but_a_replay_is_not() {
    let mut bank = Bank::new();
    let first = bank.group(group(LINKED), &[(CASH, ALICE, "5"), (CASH, BOB, "5")]);
    assert_eq!(outcomes(&bank.group(group(LINKED), &[(CASH, ALICE, "1")])), ["GROUP_EXISTS"]);
    assert_eq!(outcomes(&bank.call(first.commands.clone(), false)), ["replay", "replay"]);
    // A group cannot grow afterwards: the new member is refused, and the replays beside it.
    let grown = Create { group: Some(group(LINKED)), ..bank.create(CASH, ALICE, "1") };
    let mut commands = first.commands;
    commands.push(Command::Create(grown));
    assert_eq!(outcomes(&bank.call(commands, false)), ["after 2", "after 2", "GROUP_EXISTS"]);
}

#[test]
fn a_refused_neighbour_does_not_matter_unless_linked() {
    let mut bank = Bank::new();
    let commands = batch(
        &bank,
        &[
            (CASH, ALICE, None),
            (CASH, CASH, None),
            (CASH, BOB, Some(1)),
            (CASH, CASH, Some(1)),
            (CASH, BOB, Some(2)),
            (CASH, BOB, None),
        ],
    );
    let scene = bank.call(commands, false);
    assert_eq!(
        outcomes(&scene),
        ["done", "INVALID_FIELD", "after 3", "INVALID_FIELD", "done", "done"]
    );
    assert_eq!((bank.balance(ALICE), bank.balance(BOB)), (100, 200));
}

#[test]
fn one_refusal_refuses_all_or_nothing() {
    let mut bank = Bank::new();
    let commands = batch(
        &bank,
        &[(CASH, ALICE, None), (CASH, BOB, Some(1)), (CASH, CASH, None), (CASH, ALICE, None)],
    );
    let scene = bank.call(commands.clone(), true);
    assert_eq!(outcomes(&scene), ["after 2", "after 2", "INVALID_FIELD", "after 2"]);
    assert_eq!(difference(&scene.before, &scene.after), None);
    assert!(scene.fresh.is_empty());
    assert_eq!(outcomes(&bank.call(commands[..2].to_vec(), true)), ["done", "done"]);
}

#[test]
fn a_hold_of_a_refused_group_is_gone() {
    let mut bank = Bank::new();
    let mut commands = batch(&bank, &[(CASH, ALICE, Some(1)), (CASH, CASH, Some(1))]);
    if let Command::Create(create) = &mut commands[0] {
        create.hold = Some(HoldTerms { timeout_seconds: Some(9) });
    }
    let scene = bank.call(commands, false);
    assert_eq!(difference(&scene.before, &scene.after), None);
    assert!(scene.holds.is_empty(), "a hold that is not there cannot be written");
}

/// Transfers of 1.00 each, given as debit, credit and group.
fn batch(bank: &Bank, members: &[(usize, usize, Option<u128>)]) -> Vec<Command> {
    let commands = members.iter().enumerate().map(|(n, (debit, credit, linked))| {
        let group: Option<GroupId> = linked.map(group);
        Command::Create(Create {
            id: bank.0.fresh_id(n),
            group,
            ..bank.create(*debit, *credit, "1")
        })
    });
    commands.collect()
}

/// What became of each command, in a word or two.
fn outcomes(scene: &Scene) -> Vec<String> {
    let word = |result: &bursar_domain::Result<bursar_domain::posting::Done>| match result {
        Ok(done) if done.replayed => "replay".to_owned(),
        Ok(_) => "done".to_owned(),
        Err(Error::GroupRefused { index }) => format!("after {index}"),
        Err(Error::Invalid(_)) => "INVALID_FIELD".to_owned(),
        Err(Error::Refused(refusal)) => refusal.reason().to_owned(),
        Err(other) => panic!("{other:?}"),
    };
    scene.results.iter().map(word).collect()
}
