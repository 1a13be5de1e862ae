//! Holds what callers were told against the books.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Instant;

use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::posting::Command;
use bursar_domain::transfer::utc_day;
use bursar_model::differences;
use bursar_proto::ledger::v1 as pb;

use super::books::{Books, sides};
use super::drive::{Outcome, Reply, Told};
use super::replay::{Origin, Part, expiry, replay};
use super::script::{Call, Script};
use super::wire;

/// How often calls ended in which way.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Transfers that were made.
    pub made: usize,
    /// Transfers of which a later call was told.
    pub replayed: usize,
    /// Refused transfers by reason.
    pub refused: BTreeMap<String, usize>,
    /// Calls with an answer that was lost or left open.
    pub unsure: usize,
    /// Calls that were sent more than once.
    pub resent: usize,
}

/// A script that was played, what was told, and the books afterwards.
pub struct Proof<'a> {
    pub(super) script: &'a Script,
    pub(super) told: &'a [Told],
    pub(super) books: &'a Books,
    /// What made each transfer.
    pub(super) origins: BTreeMap<TransferId, Origin>,
    /// Between the first request for a transfer and the first answer that it is there.
    times: BTreeMap<TransferId, (Instant, Option<Instant>)>,
    /// Ids that somebody wanted to fence.
    pub(super) fences: BTreeSet<TransferId>,
}

impl<'a> Proof<'a> {
    /// Puts it together.
    pub fn new(script: &'a Script, told: &'a [Told], books: &'a Books) -> Self {
        let (origins, times, fences) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut proof = Self { script, told, books, origins, times, fences };
        proof.times();
        proof.origins();
        proof
    }

    /// Fails unless every answer is true, and the books are what the naive model makes of them.
    pub fn check(&self) -> Tally {
        self.books.check(self.script);
        let mut tally = Tally { made: self.books.len(), ..Tally::default() };
        for told in self.told {
            tally.unsure += usize::from(told.unsure);
            tally.resent += usize::from(told.sent > 1);
            let call = &self.script.calls[told.call];
            let commands = call.commands();
            for (at, outcome) in told.outcomes.iter().enumerate() {
                match outcome {
                    Outcome::Done { reply, replayed } => {
                        tally.replayed += usize::from(*replayed);
                        self.check_done(commands.get(at), reply);
                    }
                    Outcome::Found(reply) => self.check_done(None, reply),
                    Outcome::Refused(fault) => {
                        *tally.refused.entry(fault.reason.clone()).or_default() += 1;
                        self.check_refusal(told, at, fault);
                    }
                    Outcome::Fenced => {
                        let id = fenced(call, at);
                        assert!(!self.books.transfers.contains_key(&id), "fenced and there: {id}");
                    }
                    Outcome::WithTheOthers => {}
                }
            }
            check_whole(told, call);
        }
        self.check_order();
        replay(self.script, self.books, &self.origins);
        tally
    }

    /// The versions of an account that a request may have met between these two moments.
    pub(super) fn window(
        &self,
        account: AccountId,
        asked: Instant,
        told: Instant,
    ) -> RangeInclusive<usize> {
        let steps = &self.books.ledgers[&account].steps;
        let times = |id: &TransferId| self.times.get(id);
        let there = |id| times(id).is_some_and(|(_, there)| there.is_some_and(|at| at < asked));
        let least = steps.iter().rposition(there).map_or(0, |at| at + 1);
        let later = |id| times(id).is_some_and(|(first, _)| *first > told);
        let most = steps.iter().position(later).unwrap_or(steps.len());
        assert!(least <= most, "account {account} went back in time");
        least..=most
    }

    fn times(&mut self) {
        for told in self.told {
            let call = &self.script.calls[told.call];
            let commands = call.commands();
            if let Call::Fence(id) = call {
                self.fences.insert(*id);
            }
            for (command, outcome) in commands.iter().zip(&told.outcomes) {
                let id = command.id();
                if told.unsure {
                    self.fences.insert(id);
                }
                let (asked, there) = self.times.entry(id).or_insert((told.asked, None));
                *asked = told.asked.min(*asked);
                if is_there(outcome) {
                    *there = Some(there.map_or(told.told, |at| at.min(told.told)));
                }
            }
        }
    }

    fn origins(&mut self) {
        let mut doubtful = BTreeMap::new();
        for told in self.told {
            for (at, command) in self.script.calls[told.call].commands().into_iter().enumerate() {
                let id = command.id();
                if let Outcome::Done { replayed: false, .. } = told.outcomes[at] {
                    let origin = Origin { part: Part::Call(told.call), at, command };
                    let second = self.origins.insert(id, origin);
                    assert!(second.is_none(), "posted for two calls: {second:?} {told:?}");
                } else {
                    let part = command.group().map_or(Part::One(id), Part::Group);
                    let maybe = (told.unsure, Origin { part, at, command });
                    doubtful.entry(id).or_insert_with(Vec::new).push(maybe);
                }
            }
        }
        for (id, transfer) in &self.books.transfers {
            if self.origins.contains_key(id) {
                continue;
            }
            let origin = if let Some(command) = expiry(transfer) {
                Origin { part: Part::One(*id), at: 0, command }
            } else {
                let maybe = doubtful.get(id).into_iter().flatten();
                let more = self.books.released_more(transfer);
                let fits = |(unsure, origin): &&(bool, Origin)| {
                    *unsure && could_be(transfer, more, &origin.command)
                };
                // Posting a part without the rest explains itself whatever else the hold had.
                let least = |(_, origin): &&(bool, Origin)| match &origin.command {
                    Command::Post(c) => c.amount.is_none() || c.release_remainder,
                    _ => false,
                };
                let found = maybe.filter(fits).min_by_key(least).map(|(_, origin)| origin.clone());
                found.unwrap_or_else(|| panic!("nobody was told that he made {transfer:?}"))
            };
            self.origins.insert(*id, origin);
        }
    }

    /// What was told is what is there.
    fn check_done(&self, command: Option<&Command>, reply: &Reply) {
        let id = match reply {
            Reply::Whole(transfer) => &transfer.id,
            Reply::Brief(result) => &result.id,
        };
        let id = super::books::transfer_id(id);
        let stored = self.books.transfers.get(&id);
        let stored = stored.unwrap_or_else(|| panic!("acknowledged and not there: {reply:?}"));
        match reply {
            Reply::Whole(told) => {
                assert_eq!(pb::Transfer { hold: None, ..stored.clone() }, **told);
            }
            Reply::Brief(told) => {
                let posted = |balance: &Option<pb::Balance>| balance.clone().unwrap().posted;
                assert_eq!(told.posted_at, stored.posted_at);
                assert_eq!(told.debit_posted, posted(&stored.debit_balance), "{stored:?}");
                assert_eq!(told.credit_posted, posted(&stored.credit_balance), "{stored:?}");
            }
        }
        if let Some(command) = command {
            let day = utc_day(wire::time(stored.posted_at.as_ref()));
            let first = &self.origins[&id].command;
            let fields = differences(first, command, day);
            assert!(fields.is_empty(), "another body got a reply: {first:?} {command:?}");
        }
    }

    /// What was there before another was asked for comes before it in every history.
    fn check_order(&self) {
        for ledger in self.books.ledgers.values() {
            let mut latest: Option<(Instant, &TransferId)> = None;
            for id in &ledger.steps {
                let Some((asked, there)) = self.times.get(id) else { continue };
                if let (Some(there), Some((latest, of))) = (there, latest) {
                    assert!(*there >= latest, "{id} was there before {of} was asked for");
                }
                if latest.is_none_or(|(at, _)| *asked > at) {
                    latest = Some((*asked, id));
                }
            }
        }
    }
}

/// All or nothing is all or nothing.
fn check_whole(told: &Told, call: &Call) {
    for at in 0..call.commands().len() {
        let unit = &told.outcomes[call.unit(at)];
        let posted = unit.iter().filter(|outcome| is_there(outcome)).count();
        // Of a call whose answer was lost, another with the same ids may have made a part.
        if !told.unsure {
            assert!(posted == 0 || posted == unit.len(), "a part of a whole: {told:?}");
        }
    }
}

/// Whether it says that the transfer is in the books.
fn is_there(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. } | Outcome::Found(_))
}

/// Whether a stored transfer can be that command's, as far as its row tells, and whether its hold released `more`.
fn could_be(stored: &pb::Transfer, more: bool, command: &Command) -> bool {
    let (debit, credit) = sides(stored).into();
    let amount = stored.amount.as_ref().expect("an amount");
    match command {
        Command::Create(c) => {
            let same = (c.debit, c.credit, &c.details.code) == (debit, credit, &stored.code);
            same && c.amount.amount.to_string() == amount.amount
        }
        Command::Post(c) => {
            let whole = c.amount.is_none();
            let same = c.amount.as_ref().is_none_or(|m| m.amount.to_string() == amount.amount);
            stored.kind() == pb::TransferKind::Post
                && c.pending.to_string() == stored.pending_id
                && same
                && (!more || (c.release_remainder && !whole))
        }
        Command::Void(c) | Command::Expire(c) => {
            stored.kind() == pb::TransferKind::Void && c.pending.to_string() == stored.pending_id
        }
        Command::Reverse(c) => {
            let reference = c.details.external_reference.as_deref().unwrap_or_default();
            c.original.to_string() == stored.reversed_id && reference == stored.external_reference
        }
    }
}

fn fenced(call: &Call, at: usize) -> TransferId {
    match call {
        Call::Fence(id) => *id,
        _ => call.commands()[at].id(),
    }
}
