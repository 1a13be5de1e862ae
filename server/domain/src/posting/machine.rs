//! The machine itself.

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Seat};
use super::command::{Batch, Command, Create, Post, Release, Reverse, Submission};
use super::replay;
use crate::account::AccountState;
use crate::error::{Error, Result};
use crate::ids::{AccountId, InstitutionId, KeyId, TransferId};
use crate::money::{self, Money, Units};
use crate::refusal::Refusal;
use crate::statement::last_value_date;
use crate::transfer::{After, Details, Hold, HoldState, Transfer, TransferKind, utc_day};

/// What became of one command that was not refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// Its transfer: new, or the one an earlier call made.
    pub transfer: Transfer,
    /// Whether an earlier call had made it.
    pub replayed: bool,
}

/// What became of a batch. Rows to write are found through the ids; their values are in the [`Book`].
#[derive(Debug)]
pub struct Outcome {
    /// One list for each submission, one result for each command of it, in order.
    pub results: Vec<Vec<Result<Done>>>,
    /// Accounts with new totals.
    pub seats: HashSet<AccountId>,
    /// Holds that are new or changed.
    pub holds: HashSet<TransferId>,
}

impl Outcome {
    /// The transfers to insert, in order.
    pub fn fresh(&self) -> impl Iterator<Item = &Transfer> {
        let done = self.results.iter().flatten().flatten();
        done.filter(|done| !done.replayed).map(|done| &done.transfer)
    }
}

/// Runs the submissions one after the other, the commands of each in order. A refused command changes nothing; a
/// group, or the whole submission when it is all-or-nothing, is refused with its first refused member.
pub fn run(book: &mut Book, batch: &Batch<'_>) -> Outcome {
    let mut machine = Machine {
        book,
        now: batch.now,
        closed_through: batch.closed_through,
        key: KeyId::nil(),
        institution: None,
        owned: &[],
        seats: HashSet::new(),
        holds: HashSet::new(),
        undo: Vec::new(),
    };
    let results = batch.submissions.iter().map(|submission| machine.submission(submission));
    let results = results.collect();
    Outcome { results, seats: machine.seats, holds: machine.holds }
}

/// End of the run of commands that stand and fall together, beginning at `start`.
fn group_end(commands: &[Command], start: usize) -> usize {
    let Some(group) = commands[start].group() else { return start + 1 };
    commands[start..]
        .iter()
        .position(|c| c.group() != Some(group))
        .map_or(commands.len(), |n| start + n)
}

/// What a command had before it changed it.
enum Before {
    Seat(Seat),
    Hold(TransferId, Option<Hold>),
    Transfer(TransferId),
    Reversal(TransferId),
}

/// How the totals of both sides change; each side's own kind of total.
#[derive(Clone, Copy)]
struct Move {
    posted: Units,
    pending: Units,
}

struct Machine<'a> {
    book: &'a mut Book,
    now: Timestamp,
    closed_through: Option<Date>,
    key: KeyId,
    institution: Option<InstitutionId>,
    owned: &'a [AccountId],
    seats: HashSet<AccountId>,
    holds: HashSet<TransferId>,
    undo: Vec<Before>,
}

impl<'a> Machine<'a> {
    fn submission(&mut self, submission: &'a Submission) -> Vec<Result<Done>> {
        let commands = &submission.commands;
        (self.key, self.institution) = (submission.key, submission.institution);
        self.owned = &submission.owned;
        let mut results: Vec<Result<Done>> = Vec::with_capacity(commands.len());
        while results.len() < commands.len() {
            let start = results.len();
            let end =
                if submission.all_or_nothing { commands.len() } else { group_end(commands, start) };
            self.undo.clear();
            let mut refused = None;
            for (index, command) in commands.iter().enumerate().take(end).skip(start) {
                let result = self.one(command);
                let stop = result.is_err();
                results.push(result);
                if stop {
                    refused = Some(index);
                    break;
                }
            }
            if let Some(index) = refused {
                self.roll_back();
                for (at, result) in results.iter_mut().enumerate().skip(start) {
                    if at != index {
                        *result = Err(Error::GroupRefused { index });
                    }
                }
                results.resize_with(end, || Err(Error::GroupRefused { index }));
            }
        }
        // A group belongs to one call: the submissions after this one must not add to its groups.
        let made = results.iter().flatten().filter(|done| !done.replayed);
        self.book.groups.extend(made.filter_map(|done| done.transfer.group));
        results
    }

    fn one(&mut self, command: &Command) -> Result<Done> {
        let id = command.id();
        if self.book.fenced.contains(&id) {
            return Err(Error::Fenced(id.to_string()));
        }
        if let Some(recorded) = self.book.transfers.get(&id) {
            let fields = replay::differences(command, recorded);
            if fields.is_empty() {
                return Ok(Done { transfer: recorded.clone(), replayed: true });
            }
            return Err(Error::RequestIdReused { fields });
        }
        if let Some(group) = command.group().filter(|group| self.book.groups.contains(group)) {
            return Err(Refusal::GroupExists { group }.into());
        }
        self.check_value_date(command.details())?;
        self.check_period(command)?;
        let transfer = match command {
            Command::Create(c) => self.create(c)?,
            Command::Post(c) => self.post(c)?,
            Command::Void(c) => self.release(c, TransferKind::Void, HoldState::Voided)?,
            Command::Expire(c) => self.release(c, TransferKind::Expire, HoldState::Expired)?,
            Command::Reverse(c) => self.reverse(c)?,
        };
        self.book.transfers.insert(id, transfer.clone());
        self.undo.push(Before::Transfer(id));
        Ok(Done { transfer, replayed: false })
    }

    fn create(&mut self, c: &Create) -> Result<Transfer> {
        if c.debit == c.credit {
            return Err(Error::invalid(
                "credit_account_id",
                "is the debited account; a transfer needs two accounts",
            ));
        }
        let units = units_in(self.book.seat(c.debit)?, &c.amount)?;
        units_in(self.book.seat(c.credit)?, &c.amount)?;
        let (kind, movement) = match c.hold {
            None => (TransferKind::Direct, Move { posted: units, pending: 0 }),
            Some(_) => (TransferKind::Pending, Move { posted: 0, pending: units }),
        };
        let mut transfer =
            self.settle(c.id, kind, (c.debit, c.credit), units, movement, &c.details)?;
        transfer.group = c.group;
        if let Some(terms) = c.hold {
            transfer.timeout_seconds = terms.timeout_seconds;
            let hold = Hold {
                id: c.id,
                debit: c.debit,
                credit: c.credit,
                scale: transfer.scale,
                amount: units,
                remaining: units,
                state: HoldState::Open,
                expires_at: transfer.expires_at(),
                created_at: transfer.posted_at,
                ended_at: None,
            };
            self.put_hold(hold);
        }
        Ok(transfer)
    }

    fn post(&mut self, c: &Post) -> Result<Transfer> {
        let mut hold = self.open_hold(c.pending)?;
        let units = match &c.amount {
            Some(amount) => units_in(self.book.seat(hold.debit)?, amount)?,
            None => hold.remaining,
        };
        if units > hold.remaining {
            let remaining = money::Decimal::from_units(hold.remaining, hold.scale);
            return Err(Refusal::HoldExceeded { pending: c.pending, remaining }.into());
        }
        let released = if c.release_remainder { hold.remaining } else { units };
        let movement = Move { posted: units, pending: -released };
        let sides = (hold.debit, hold.credit);
        let mut transfer =
            self.settle(c.id, TransferKind::Post, sides, units, movement, &c.details)?;
        transfer.pending = Some(c.pending);
        transfer.whole = c.amount.is_none();
        transfer.release_remainder = c.release_remainder;
        hold.remaining -= released;
        if hold.remaining == 0 {
            hold.state = HoldState::Posted;
            hold.ended_at = Some(transfer.posted_at);
        }
        self.put_hold(hold);
        Ok(transfer)
    }

    fn release(&mut self, c: &Release, kind: TransferKind, state: HoldState) -> Result<Transfer> {
        let mut hold = if kind == TransferKind::Expire {
            self.due_hold(c.pending)?
        } else {
            self.open_hold(c.pending)?
        };
        let movement = Move { posted: 0, pending: -hold.remaining };
        let sides = (hold.debit, hold.credit);
        let mut transfer = self.settle(c.id, kind, sides, hold.remaining, movement, &c.details)?;
        transfer.pending = Some(c.pending);
        hold.remaining = 0;
        hold.state = state;
        hold.ended_at = Some(transfer.posted_at);
        self.put_hold(hold);
        Ok(transfer)
    }

    fn reverse(&mut self, c: &Reverse) -> Result<Transfer> {
        let original = self
            .book
            .transfers
            .get(&c.original)
            .ok_or_else(|| Error::not_found("transfer", c.original))?;
        if !matches!(original.kind, TransferKind::Direct | TransferKind::Post) {
            return Err(Refusal::NotReversible {
                transfer: c.original,
                kind: original.kind.name(),
            }
            .into());
        }
        if let Some(&reversal) = self.book.reversals.get(&c.original) {
            return Err(Refusal::AlreadyReversed { transfer: c.original, reversal }.into());
        }
        let (sides, units) = ((original.credit, original.debit), original.amount);
        let movement = Move { posted: units, pending: 0 };
        let mut transfer =
            self.settle(c.id, TransferKind::Reversal, sides, units, movement, &c.details)?;
        transfer.reversed = Some(c.original);
        self.book.reversals.insert(c.original, c.id);
        self.undo.push(Before::Reversal(c.original));
        Ok(transfer)
    }

    /// Changes the totals of both sides, or nothing.
    fn settle(
        &mut self,
        id: TransferId,
        kind: TransferKind,
        (debit, credit): (AccountId, AccountId),
        amount: Units,
        movement: Move,
        details: &Details,
    ) -> Result<Transfer> {
        let (old_debit, old_credit) = (self.book.seat(debit)?, self.book.seat(credit)?);
        for seat in [old_debit, old_credit] {
            // Expiry is the server's own: what the owner reserved for a time ends with it.
            if seat.reserved && kind != TransferKind::Expire && !self.owned.contains(&seat.id) {
                return Err(Refusal::AccountReserved { account: seat.id }.into());
            }
        }
        let (mut debit, mut credit) = (old_debit.clone(), old_credit.clone());
        let posted_at = self.posting_time(&debit, &credit);

        debit.totals.debits_posted = total(&debit, debit.totals.debits_posted, movement.posted)?;
        debit.totals.debits_pending = total(&debit, debit.totals.debits_pending, movement.pending)?;
        credit.totals.credits_posted =
            total(&credit, credit.totals.credits_posted, movement.posted)?;
        credit.totals.credits_pending =
            total(&credit, credit.totals.credits_pending, movement.pending)?;
        for (old, new) in [(old_debit, &mut debit), (old_credit, &mut credit)] {
            // Releasing a hold is always possible: it only gives room back.
            if old.state == AccountState::Closed
                && !matches!(kind, TransferKind::Void | TransferKind::Expire)
            {
                return Err(Refusal::AccountClosed { account: old.id }.into());
            }
            if new.available().is_some_and(|left| left < 0) {
                let available = old.decimal(old.available().unwrap_or(0).max(0));
                return Err(Refusal::LimitExceeded { account: old.id, available }.into());
            }
            new.version += 1;
            new.last_posted_at = posted_at;
        }

        let transfer = Transfer {
            id,
            kind,
            debit: debit.id,
            credit: credit.id,
            asset: debit.asset.clone(),
            scale: debit.scale,
            amount,
            code: details.code.clone(),
            external_reference: details.external_reference.clone(),
            metadata: details.metadata.clone(),
            value_date: details.value_date.unwrap_or_else(|| utc_day(posted_at)),
            posted_at,
            pending: None,
            reversed: None,
            group: None,
            timeout_seconds: None,
            whole: false,
            release_remainder: false,
            key: self.key,
            institution: self.institution,
            debit_after: After { version: debit.version, totals: debit.totals },
            credit_after: After { version: credit.version, totals: credit.totals },
            hold: None,
        };
        for seat in [debit, credit] {
            self.seats.insert(seat.id);
            if let Some(old) = self.book.seats.insert(seat.id, seat) {
                self.undo.push(Before::Seat(old));
            }
        }
        Ok(transfer)
    }

    /// Now, but always later than what either account has seen: a clock that steps back must not reorder a history.
    fn posting_time(&self, debit: &Seat, credit: &Seat) -> Timestamp {
        let last = debit.last_posted_at.max(credit.last_posted_at);
        let next = last.checked_add(SignedDuration::from_micros(1)).unwrap_or(last);
        self.now.max(next)
    }

    fn open_hold(&self, pending: TransferId) -> Result<Hold> {
        let hold = self.book.hold(pending)?;
        let state = match hold.state {
            // Expired is expired, whether or not the job has come by.
            HoldState::Open if hold.expires_at.is_some_and(|end| end <= self.now) => {
                HoldState::Expired
            }
            state => state,
        };
        if state == HoldState::Open {
            return Ok(hold.clone());
        }
        Err(Refusal::HoldNotOpen { pending, state: state.name() }.into())
    }

    fn due_hold(&self, pending: TransferId) -> Result<Hold> {
        let hold = self.book.hold(pending)?;
        let due = hold.expires_at.is_some_and(|end| end <= self.now);
        if hold.state == HoldState::Open && due {
            return Ok(hold.clone());
        }
        Err(Refusal::HoldNotOpen { pending, state: hold.state.name() }.into())
    }

    fn check_value_date(&self, details: &Details) -> Result<()> {
        let Some(date) = details.value_date else { return Ok(()) };
        let last = last_value_date(utc_day(self.now));
        if date > last {
            return Err(Error::invalid(
                "value_date",
                format!("lies in the future; give a day until {last}"),
            ));
        }
        Ok(())
    }

    /// Nothing is dated into a closed period. Without a date of its own a transfer counts for today, which can be in one
    /// only after the clock stepped back; what only gives room back is then no part of any statement.
    fn check_period(&self, command: &Command) -> Result<()> {
        let own = command.details().value_date;
        if own.is_none() && matches!(command, Command::Void(_) | Command::Expire(_)) {
            return Ok(());
        }
        let value_date = own.unwrap_or_else(|| utc_day(self.now));
        match self.closed_through {
            Some(ends_on) if value_date <= ends_on => {
                Err(Refusal::PeriodClosed { ends_on, value_date }.into())
            }
            _ => Ok(()),
        }
    }

    fn put_hold(&mut self, hold: Hold) {
        let id = hold.id;
        self.holds.insert(id);
        let old = self.book.holds.insert(id, hold);
        self.undo.push(Before::Hold(id, old));
    }

    /// Puts back what the commands since the last clearing changed. Ids stay marked as touched, which at worst
    /// writes a row as it was.
    fn roll_back(&mut self) {
        while let Some(before) = self.undo.pop() {
            match before {
                Before::Seat(old) => {
                    self.book.seats.insert(old.id, old);
                }
                Before::Hold(id, Some(old)) => {
                    self.book.holds.insert(id, old);
                }
                Before::Hold(id, None) => {
                    self.book.holds.remove(&id);
                    self.holds.remove(&id);
                }
                Before::Transfer(id) => {
                    self.book.transfers.remove(&id);
                }
                Before::Reversal(original) => {
                    self.book.reversals.remove(&original);
                }
            }
        }
    }
}

/// The amount in units of the account's asset.
fn units_in(seat: &Seat, amount: &Money) -> Result<Units> {
    if !amount.amount.is_positive() {
        return Err(Error::invalid("amount.amount", "is not more than zero"));
    }
    if amount.asset != seat.asset {
        let (expected, asset) = (seat.asset.clone(), amount.asset.clone());
        return Err(Refusal::AssetMismatch { account: seat.id, expected, asset }.into());
    }
    amount
        .amount
        .to_units(seat.scale)
        .map_err(|e| Error::invalid("amount.amount", format!("{e} in {}", seat.asset)))
}

fn total(seat: &Seat, old: Units, change: Units) -> Result<Units> {
    money::add(old, change).ok_or_else(|| Refusal::TotalOverflow { account: seat.id }.into())
}
