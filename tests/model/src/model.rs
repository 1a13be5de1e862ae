//! The naive model, written from the contract. Whether a command is accepted is found by adding it to
//! a copy of the history and looking whether every rule still holds there.

use std::collections::{BTreeMap, HashSet};

use bursar_domain::ids::{AccountId, InstitutionId, KeyId, TransferId};
use bursar_domain::posting::{Command, Create, Post, Release, Reverse};
use bursar_domain::transfer::{TransferKind, utc_day};
use bursar_domain::{Error, Refusal};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::history::{Effect, Facts, History, Line, MOST, Side};
use crate::same::{differences, invalid};

/// What all commands of a call share.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The clock.
    pub now: Timestamp,
    /// The key they come with.
    pub key: KeyId,
    /// The institution of that key.
    pub institution: Option<InstitutionId>,
    /// The last closed day.
    pub closed_through: Option<Date>,
}

/// What the contract says of one command.
#[derive(Debug)]
pub enum Verdict {
    /// It is accepted.
    Done,
    /// It is a replay of that line.
    Replay(usize),
    /// It is refused for any of these: which one is named is not part of the contract.
    Refused(Vec<Error>),
}

/// The model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What was accepted so far.
    pub history: History,
    fenced: HashSet<TransferId>,
    calls: usize,
}

impl Model {
    /// Takes over what posting does not decide: the accounts' own attributes and the fenced ids.
    pub fn learn(&mut self, accounts: BTreeMap<AccountId, Facts>, fenced: HashSet<TransferId>) {
        self.history.accounts = accounts;
        self.fenced = fenced;
    }

    /// One call. Linked commands are tried on a copy, which counts only if all of them succeed.
    pub fn call(
        &mut self,
        commands: &[Command],
        all_or_nothing: bool,
        caller: Caller,
    ) -> Vec<Verdict> {
        self.calls += 1;
        let mut verdicts = Vec::new();
        while verdicts.len() < commands.len() {
            let start = verdicts.len();
            let mut end = start + 1;
            while end < commands.len()
                && (all_or_nothing || linked(&commands[end - 1], &commands[end]))
            {
                end += 1;
            }
            if end == start + 1 {
                // A refused command changes nothing, so there is nothing to go back to.
                verdicts.push(self.one(&commands[start], caller));
                continue;
            }
            let mut copy = self.clone();
            let mut tried: Vec<Verdict> =
                commands[start..end].iter().map(|command| copy.one(command, caller)).collect();
            match tried.iter().position(|verdict| matches!(verdict, Verdict::Refused(_))) {
                None => *self = copy,
                Some(bad) => {
                    let index = start + bad;
                    for (at, verdict) in tried.iter_mut().enumerate() {
                        if at != bad {
                            *verdict = Verdict::Refused(vec![Error::GroupRefused { index }]);
                        }
                    }
                }
            }
            verdicts.extend(tried);
        }
        verdicts
    }

    fn one(&mut self, command: &Command, caller: Caller) -> Verdict {
        let id = command.id();
        if self.fenced.contains(&id) {
            return Verdict::Refused(vec![Error::Fenced(id.to_string())]);
        }
        if let Some(at) = self.history.lines.iter().position(|line| line.command.id() == id) {
            let line = &self.history.lines[at];
            let fields = differences(&line.command, command, utc_day(line.posted_at));
            return match fields.as_slice() {
                [] => Verdict::Replay(at),
                _ => Verdict::Refused(vec![Error::RequestIdReused { fields }]),
            };
        }
        let mut wrong = Vec::new();
        let earlier = |line: &&Line| line.call < self.calls;
        let mut used = self.history.lines.iter().filter(earlier).map(|line| line.command.group());
        if let Some(group) = command.group()
            && used.any(|id| id == Some(group))
        {
            wrong.push(Refusal::GroupExists { group }.into());
        }
        let tomorrow = utc_day(caller.now).checked_add(1.day()).unwrap();
        if command.details().value_date.is_some_and(|day| day > tomorrow) {
            wrong.push(invalid("value_date"));
        }
        let own = command.details().value_date;
        let releases = matches!(command, Command::Void(_) | Command::Expire(_));
        if let Some(ends_on) = caller.closed_through
            && let Some(value_date) = own.or((!releases).then(|| utc_day(caller.now)))
            && value_date <= ends_on
        {
            wrong.push(Refusal::PeriodClosed { ends_on, value_date }.into());
        }
        if let Some(effect) = self.effect(command, caller.now, &mut wrong) {
            let sides = [effect.debit, effect.credit];
            let before = sides.map(|account| self.history.limit(account));
            let line = self.written(command, effect, caller);
            self.history.lines.push(line);
            for (account, before) in sides.into_iter().zip(before) {
                wrong.extend(broken(before, &self.history, account));
            }
            if !wrong.is_empty() {
                self.history.lines.pop();
            }
        }
        if wrong.is_empty() { Verdict::Done } else { Verdict::Refused(wrong) }
    }

    fn written(&self, command: &Command, effect: Effect, caller: Caller) -> Line {
        let touched = |line: &&Line| line.touches(effect.debit) || line.touches(effect.credit);
        let last = self.history.lines.iter().filter(touched).map(|line| line.posted_at).max();
        // Strictly increasing within an account, whatever the clock says.
        let posted_at =
            last.map_or(caller.now, |last| caller.now.max(last + SignedDuration::from_micros(1)));
        let Caller { key, institution, .. } = caller;
        Line { command: command.clone(), effect, posted_at, key, institution, call: self.calls }
    }

    /// What the command would do; `None`, with the reasons added, when that cannot be said.
    fn effect(&self, command: &Command, now: Timestamp, wrong: &mut Vec<Error>) -> Option<Effect> {
        match command {
            Command::Create(c) => self.create(c, wrong),
            Command::Post(c) => self.post(c, now, wrong),
            Command::Void(c) => self.void(c, now, wrong),
            Command::Expire(c) => self.expire(c, now, wrong),
            Command::Reverse(c) => self.reverse(c, wrong),
        }
    }

    fn create(&self, c: &Create, wrong: &mut Vec<Error>) -> Option<Effect> {
        if c.debit == c.credit {
            wrong.push(invalid("credit_account_id"));
        }
        let (debit, credit) = (c.debit, c.credit);
        let units = [debit, credit].map(|account| self.history.units(account, &c.amount, wrong));
        let kind = if c.hold.is_some() { TransferKind::Pending } else { TransferKind::Direct };
        units[1].and(units[0]).map(|amount| Effect { kind, debit, credit, amount })
    }

    fn post(&self, c: &Post, now: Timestamp, wrong: &mut Vec<Error>) -> Option<Effect> {
        let hold = self.open_hold(c.pending, now, wrong)?;
        let remaining = self.history.remaining(c.pending);
        let amount = match &c.amount {
            None => remaining,
            Some(money) => self.history.units(hold.effect.debit, money, wrong)?,
        };
        if amount > remaining {
            let remaining = self.history.decimal(hold.effect.debit, remaining);
            wrong.push(Refusal::HoldExceeded { pending: c.pending, remaining }.into());
            return None;
        }
        Some(Effect { kind: TransferKind::Post, amount, ..hold.effect })
    }

    fn void(&self, c: &Release, now: Timestamp, wrong: &mut Vec<Error>) -> Option<Effect> {
        let hold = self.open_hold(c.pending, now, wrong)?;
        let amount = self.history.remaining(c.pending);
        Some(Effect { kind: TransferKind::Void, amount, ..hold.effect })
    }

    fn expire(&self, c: &Release, now: Timestamp, wrong: &mut Vec<Error>) -> Option<Effect> {
        let hold = self.hold(c.pending, wrong)?;
        let state = self.history.hold_state(c.pending);
        if state != "open" || !hold.is_over(now) {
            wrong.push(Refusal::HoldNotOpen { pending: c.pending, state }.into());
            return None;
        }
        let amount = self.history.remaining(c.pending);
        Some(Effect { kind: TransferKind::Expire, amount, ..hold.effect })
    }

    fn reverse(&self, c: &Reverse, wrong: &mut Vec<Error>) -> Option<Effect> {
        let Some(original) = self.history.line(c.original) else {
            wrong.push(Error::not_found("transfer", c.original));
            return None;
        };
        let Effect { kind, debit, credit, amount } = original.effect;
        if !matches!(kind, TransferKind::Direct | TransferKind::Post) {
            wrong.push(Refusal::NotReversible { transfer: c.original, kind: kind.name() }.into());
        }
        if let Some(reversal) = self.history.reversal_of(c.original) {
            wrong.push(Refusal::AlreadyReversed { transfer: c.original, reversal }.into());
        }
        Some(Effect { kind: TransferKind::Reversal, debit: credit, credit: debit, amount })
    }

    fn hold(&self, pending: TransferId, wrong: &mut Vec<Error>) -> Option<&Line> {
        let hold =
            self.history.line(pending).filter(|line| line.effect.kind == TransferKind::Pending);
        if hold.is_none() {
            wrong.push(Error::not_found("pending transfer", pending));
        }
        hold
    }

    fn open_hold(
        &self,
        pending: TransferId,
        now: Timestamp,
        wrong: &mut Vec<Error>,
    ) -> Option<&Line> {
        let hold = self.hold(pending, wrong)?;
        let settled = self.history.hold_state(pending);
        let state = if settled == "open" && hold.is_over(now) { "expired" } else { settled };
        if state != "open" {
            wrong.push(Refusal::HoldNotOpen { pending, state }.into());
            return None;
        }
        Some(hold)
    }
}

/// Whether two neighbours succeed or fail together.
fn linked(one: &Command, next: &Command) -> bool {
    one.group().is_some() && one.group() == next.group()
}

/// The rules of an account that the last line of `after` breaks; `before` is what its limit was without that line.
fn broken(before: Option<(u128, u128)>, after: &History, account: AccountId) -> Vec<Error> {
    let mut wrong = Vec::new();
    let kind = after.lines.last().map(|line| line.effect.kind);
    // What gives money back to its owner is not held up by a closed account.
    let releases = matches!(kind, Some(TransferKind::Void | TransferKind::Expire));
    if after.accounts[&account].closed && !releases {
        wrong.push(Refusal::AccountClosed { account }.into());
    }
    // What the owner reserved for a time ends with it; nothing else is anybody's but the owner's.
    if after.accounts[&account].reserved && kind != Some(TransferKind::Expire) {
        wrong.push(Refusal::AccountReserved { account }.into());
    }
    let most = |side| after.posted(account, side).max(after.pending(account, side));
    if most(Side::Debit).max(most(Side::Credit)) > MOST {
        wrong.push(Refusal::TotalOverflow { account }.into());
    }
    if let Some((used, limit)) = after.limit(account)
        && used > limit
    {
        let (used, limit) = before.unwrap_or_default();
        let available = after.decimal(account, limit.saturating_sub(used).min(MOST));
        wrong.push(Refusal::LimitExceeded { account, available }.into());
    }
    wrong
}
