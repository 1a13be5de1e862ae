//! Calls for a whole group against a naive reading of the contract: what is open must be named, and nothing else.

use std::collections::BTreeSet;

use bursar_domain::ids::{KeyId, TransferId};
use bursar_domain::posting::{Command, Create, Done, HoldTerms, Post, Release, check_group};
use bursar_domain::transfer::Details;
use bursar_domain::{Error, Refusal, Result};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::bank::{ALICE, Bank, CASH, group, money};
use crate::world::{World, account, difference};

const GROUP: u128 = 7;

/// A member as the caller knows it, in cents.
#[derive(Debug, Clone)]
struct Member {
    id: TransferId,
    remaining: u32,
    ends: Option<Timestamp>,
}

impl Member {
    fn is_open(&self, now: Timestamp) -> bool {
        self.remaining > 0 && self.ends.is_none_or(|end| now < end)
    }
}

/// What one leg of a call asks for.
#[derive(Debug, Clone)]
struct Asked {
    cents: Option<u32>,
    release: bool,
    /// How likely a member is named although nothing asks for it, or left out.
    odd: u8,
}

#[derive(Debug, Clone)]
struct Call {
    void: bool,
    backwards: bool,
    foreign: bool,
    asked: Vec<Asked>,
    wait_ms: i64,
}

fn call() -> impl Strategy<Value = Call> {
    let cents = option::weighted(0.6, 1..=60_u32);
    let asked = (cents, any::<bool>(), 0..=9_u8).prop_map(|(cents, release, odd)| Asked {
        cents,
        release,
        odd,
    });
    let odd = prop_oneof![6 => Just(false), 1 => Just(true)];
    (any::<bool>(), any::<bool>(), odd, vec(asked, 5), 0..=1_500_i64).prop_map(
        |(void, backwards, foreign, asked, wait_ms)| Call {
            void: void && wait_ms % 3 == 0,
            backwards,
            foreign,
            asked,
            wait_ms,
        },
    )
}

fn euros(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn command(world: &World, call: &Call, at: usize, pending: TransferId, asked: &Asked) -> Command {
    let (id, details) = (world.fresh_id(at), Details::default());
    if call.void {
        return Command::Void(Release { id, pending, details });
    }
    let amount = asked.cents.map(|cents| money("EUR", &euros(cents)));
    Command::Post(Post { id, pending, amount, release_remainder: asked.release, details })
}

/// One call, as the store runs it.
fn run_call(
    world: &mut World,
    members: &BTreeSet<TransferId>,
    commands: &[Command],
) -> Result<Vec<Done>> {
    check_group(&world.book, group(GROUP), members, commands, world.now)?;
    let scene = world.call(commands.to_vec(), true, KeyId::nil(), None);
    let refused = scene.results.iter().find_map(|result| match result {
        Err(error) if !matches!(error, Error::GroupRefused { .. }) => Some(error.clone()),
        _ => None,
    });
    refused.map_or_else(|| scene.results.into_iter().collect(), Err)
}

/// What the contract says: the reason of the refusal, or none.
fn verdict(members: &[Member], commands: &[Command], now: Timestamp) -> Option<Refusal> {
    let named: BTreeSet<_> = commands.iter().filter_map(Command::pending).collect();
    let known: BTreeSet<_> = members.iter().map(|member| member.id).collect();
    let open = members.iter().filter(|member| member.is_open(now)).map(|member| member.id);
    let mut missing: Vec<_> = open.filter(|id| !named.contains(id)).collect();
    missing.sort_unstable();
    let foreign: Vec<_> = named.difference(&known).copied().collect();
    if !missing.is_empty() || !foreign.is_empty() {
        return Some(Refusal::GroupIncomplete { group: group(GROUP), missing, foreign });
    }
    commands.iter().find_map(|command| {
        let pending = command.pending()?;
        let member = members.iter().find(|member| member.id == pending)?;
        if !member.is_open(now) {
            return Some(Refusal::HoldNotOpen { pending, state: "" });
        }
        let over = matches!(command, Command::Post(Post { amount: Some(amount), .. })
            if amount.amount.to_units(2).unwrap() > i128::from(member.remaining));
        let most = money("EUR", &euros(member.remaining)).amount;
        over.then_some(Refusal::HoldExceeded { pending, remaining: most })
    })
}

/// What the call leaves of the members.
fn settle(members: &mut [Member], commands: &[Command]) {
    for command in commands {
        let member =
            members.iter_mut().find(|member| Some(member.id) == command.pending()).unwrap();
        member.remaining = match command {
            Command::Post(Post { amount: Some(amount), release_remainder: false, .. }) => {
                member.remaining - u32::try_from(amount.amount.to_units(2).unwrap()).unwrap()
            }
            _ => 0,
        };
    }
}

fn same(found: &Error, wanted: &Refusal) -> bool {
    match (found, wanted) {
        (
            Error::Refused(Refusal::HoldNotOpen { pending, .. }),
            Refusal::HoldNotOpen { pending: wanted, .. },
        ) => pending == wanted,
        (Error::Refused(found), wanted) => found == wanted,
        _ => false,
    }
}

proptest! {
    #[test]
    fn the_rule_is_the_contracts(
        holds in vec((1..=50_u32, option::of(1..=4_u32)), 1..=5),
        calls in vec(call(), 1..=5),
    ) {
        let mut bank = Bank::new();
        let mut members = Vec::new();
        let commands = holds.iter().enumerate().map(|(at, (cents, seconds))| {
            Command::Create(Create {
                id: bank.0.fresh_id(at),
                hold: Some(HoldTerms { timeout_seconds: *seconds }),
                group: Some(group(GROUP)),
                debit: account(CASH),
                credit: account(ALICE),
                ..bank.create(CASH, ALICE, &euros(*cents))
            })
        });
        let commands = commands.collect();
        for (result, (cents, seconds)) in
            bank.0.call(commands, true, KeyId::nil(), None).results.into_iter().zip(&holds)
        {
            let made = result.unwrap().transfer;
            let ends = seconds.map(|s| made.posted_at + SignedDuration::from_secs(s.into()));
            members.push(Member { id: made.id, remaining: *cents, ends });
        }
        let foreign = bank.hold(CASH, ALICE, "1", None);
        let known: BTreeSet<_> = members.iter().map(|member| member.id).collect();
        let world = &mut bank.0;
        let mut done: Vec<Vec<Command>> = Vec::new();
        for call in &calls {
            world.now += SignedDuration::from_millis(call.wait_ms);
            let mut commands = Vec::new();
            for (member, asked) in members.iter().zip(&call.asked) {
                // Mostly what is open, now and then too little or too much.
                if (asked.odd > 0) == member.is_open(world.now) {
                    commands.push(command(world, call, commands.len(), member.id, asked));
                }
            }
            if call.foreign || commands.is_empty() {
                commands.push(command(world, call, commands.len(), foreign, &call.asked[0]));
            }
            if call.backwards {
                commands.reverse();
            }
            let wanted = verdict(&members, &commands, world.now);
            let before = world.book.clone();
            match (run_call(world, &known, &commands), wanted) {
                (Ok(all), None) => {
                    prop_assert!(all.iter().all(|done| !done.replayed));
                    settle(&mut members, &commands);
                    done.push(commands);
                }
                (Err(error), Some(wanted)) => {
                    prop_assert!(same(&error, &wanted), "{error:?}, not {wanted:?}");
                    prop_assert_eq!(difference(&before, &world.book), None);
                }
                (found, wanted) => prop_assert!(false, "{found:?}, not {wanted:?}"),
            }
            // Every earlier call can be sent again, and changes nothing.
            for commands in &done {
                let before = world.book.clone();
                let again = run_call(world, &known, commands).unwrap();
                prop_assert!(again.iter().all(|done| done.replayed));
                prop_assert_eq!(difference(&before, &world.book), None);
            }
        }
        for member in &members {
            let remaining = world.book.holds[&member.id].remaining;
            prop_assert_eq!(remaining, i128::from(member.remaining));
        }
    }
}

#[test]
fn a_replay_must_be_of_the_same_group() {
    let mut bank = Bank::new();
    let create = Create {
        hold: Some(HoldTerms { timeout_seconds: None }),
        group: Some(group(GROUP)),
        ..bank.create(CASH, ALICE, "5")
    };
    let pending = bank.0.one(Command::Create(create)).unwrap().transfer.id;
    let id = bank.0.fresh_id(0);
    let details = Details::default();
    let void = Command::Void(Release { id, pending, details: details.clone() });
    let (world, members) = (&mut bank.0, BTreeSet::from([pending]));
    run_call(world, &members, std::slice::from_ref(&void)).unwrap();
    let check = |members: BTreeSet<TransferId>, command: &Command| {
        let commands = std::slice::from_ref(command);
        check_group(&world.book, group(GROUP), &members, commands, world.now)
    };
    assert_eq!(check(members.clone(), &void), Ok(()));
    let reused = |fields: &[&str]| Error::RequestIdReused {
        fields: fields.iter().map(ToString::to_string).collect(),
    };
    let other = BTreeSet::from([world.fresh_id(1)]);
    assert_eq!(check(other, &void), Err(reused(&["group_id"])));
    let post = Post { id, pending, amount: None, release_remainder: false, details };
    let source = Box::new(reused(&["amount", "id"]));
    assert_eq!(check(members, &Command::Post(post)), Err(Error::InBatch { index: 0, source }));
    let nobody = check(BTreeSet::new(), &void);
    assert_eq!(nobody, Err(Error::not_found("group", group(GROUP))));
}
