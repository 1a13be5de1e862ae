//! The whole history once more, through the naive model, in an order that agrees with every account's own.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use bursar_domain::ids::{GroupId, KeyId, TransferId};
use bursar_domain::posting::{Command, Release};
use bursar_domain::transfer::{Details, HoldState, TransferKind};
use bursar_model::{Caller, Model, Verdict};
use bursar_proto::ledger::v1 as pb;
use jiff::Timestamp;
use uuid::Uuid;

use super::books::{Books, kind, transfer_id};
use super::script::Script;
use super::totals::Four;
use super::wire;

/// What one transaction of the ledger made for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// All that was made for a call of the script.
    Call(usize),
    /// A group, when it is not known which call made it.
    Group(GroupId),
    /// One transfer.
    One(TransferId),
}

/// What made a transfer.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) part: Part,
    /// Its position in the call.
    pub(super) at: usize,
    pub(super) command: Command,
}

/// The command of the server's own job.
pub(super) fn expiry(transfer: &pb::Transfer) -> Option<Command> {
    let own = kind(transfer) == TransferKind::Expire;
    let (id, pending) = (&transfer.id, &transfer.pending_id);
    own.then(|| {
        let (id, pending) = (transfer_id(id), transfer_id(pending));
        Command::Expire(Release { id, pending, details: Details::default() })
    })
}

/// Plays the books through the model, and compares each transfer with the balances it left, and all accounts and holds
/// in the end.
pub(super) fn replay(script: &Script, books: &Books, origins: &BTreeMap<TransferId, Origin>) {
    let mut model = Model::default();
    model.learn(script.facts(), std::collections::HashSet::new());
    for (_, part) in order(books, origins) {
        let commands: Vec<Command> = part.iter().map(|id| origins[id].command.clone()).collect();
        let stored: Vec<&pb::Transfer> = part.iter().map(|id| &books.transfers[id]).collect();
        let key = Uuid::parse_str(&stored[0].key_id).expect("a UUID");
        let caller = Caller {
            // The clock of its batch is at most the earliest time: what an account has seen moves the others on.
            now: stored.iter().map(|stored| time(stored)).min().expect("one at least"),
            key: KeyId(key),
            institution: None,
            closed_through: None,
        };
        let first = model.history.lines.len();
        let verdicts = model.call(&commands, false, caller);
        for (n, (verdict, stored)) in verdicts.iter().zip(stored).enumerate() {
            assert!(
                matches!(verdict, Verdict::Done),
                "the model does not accept it: {verdict:?}\n{stored:?}\n{:?}",
                commands[n]
            );
            let made = wire::transfer(&model.history.recorded(first + n));
            assert_eq!(pb::Transfer { hold: None, ..stored.clone() }, made, "{:?}", commands[n]);
        }
    }
    compare(script, books, &model);
}

fn compare(script: &Script, books: &Books, model: &Model) {
    let history = &model.history;
    assert_eq!(history.lines.len(), books.len(), "each accepted transfer is there once");
    for spec in &script.accounts {
        let ledger = &books.ledgers[&spec.id];
        let t = history.totals(spec.id);
        let totals = [t.debits_posted, t.credits_posted, t.debits_pending, t.credits_pending];
        let stored = *ledger.totals.last().unwrap();
        assert_eq!(stored, Four(totals.map(i128::cast_unsigned)), "totals of {spec:?}");
        assert_eq!(ledger.steps.len(), history.version(spec.id), "version of {spec:?}");
    }
    for line in history.holds() {
        let hold = history.hold(line);
        let state = match hold.state {
            HoldState::Open => pb::HoldState::Open,
            HoldState::Posted => pb::HoldState::Posted,
            HoldState::Voided => pb::HoldState::Voided,
            HoldState::Expired => pb::HoldState::Expired,
        };
        let stored = books.transfers[&hold.id].hold.as_ref().expect("a hold");
        let text = |units| bursar_domain::money::Decimal::from_units(units, hold.scale).to_string();
        let told = (stored.state(), stored.amount.clone(), stored.remaining.clone());
        assert_eq!(told, (state, text(hold.amount), text(hold.remaining)), "{stored:?}");
        assert_eq!(stored.expires_at, hold.expires_at.map(wire::stamp), "{stored:?}");
    }
}

/// The parts in an order in which every account sees its transfers by version, the earliest first where it is free.
fn order(books: &Books, origins: &BTreeMap<TransferId, Origin>) -> Vec<(Part, Vec<TransferId>)> {
    let mut parts: BTreeMap<Part, Vec<TransferId>> = BTreeMap::new();
    for (id, origin) in origins {
        parts.entry(origin.part).or_default().push(*id);
    }
    for members in parts.values_mut() {
        members.sort_by_key(|id| origins[id].at);
    }
    let mut after: BTreeMap<Part, Vec<Part>> = BTreeMap::new();
    let mut waits: BTreeMap<Part, usize> = parts.keys().map(|part| (*part, 0)).collect();
    for ledger in books.ledgers.values() {
        for two in ledger.steps.windows(2) {
            let (one, next) = (origins[&two[0]].part, origins[&two[1]].part);
            if one != next {
                after.entry(one).or_default().push(next);
                *waits.get_mut(&next).unwrap() += 1;
            }
        }
    }
    let start = |part: &Part| time(&books.transfers[&parts[part][0]]);
    let free = waits.iter().filter(|(_, waits)| **waits == 0);
    let mut ready: BinaryHeap<Reverse<(Timestamp, Part)>> =
        free.map(|(part, _)| Reverse((start(part), *part))).collect();
    let mut ordered = Vec::new();
    while let Some(Reverse((_, part))) = ready.pop() {
        for next in after.get(&part).into_iter().flatten() {
            let left = waits.get_mut(next).unwrap();
            *left -= 1;
            if *left == 0 {
                ready.push(Reverse((start(next), *next)));
            }
        }
        ordered.push((part, parts[&part].clone()));
    }
    assert_eq!(
        ordered.len(),
        parts.len(),
        "no order agrees with all accounts: a call was not done as a whole"
    );
    ordered
}

fn time(transfer: &pb::Transfer) -> Timestamp {
    wire::time(transfer.posted_at.as_ref())
}
