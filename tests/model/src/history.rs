//! Everything that was accepted, as a plain list. Every question is answered by going through the
//! list from its start; nothing else is kept.

use std::collections::BTreeMap;

use bursar_domain::account::BalanceRule;
use bursar_domain::ids::{AccountId, InstitutionId, KeyId, TransferId};
use bursar_domain::money::{AssetCode, Decimal, Money};
use bursar_domain::posting::{Command, Create};
use bursar_domain::transfer::TransferKind;
use bursar_domain::{Error, Refusal};
use jiff::{SignedDuration, Timestamp};

use crate::same::invalid;

/// 38 digits. Totals are `u128`, so that the sum of any three of them can be asked for.
pub const MOST: u128 = 10_u128.pow(38) - 1;

/// What is known of an account beside its transfers.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its asset.
    pub asset: AssetCode,
    /// Decimal places of the asset.
    pub scale: u8,
    /// Whether it is closed.
    pub closed: bool,
    /// Whether it takes transfers of its owner alone, and the command is not its owner's.
    pub reserved: bool,
    /// The limit of its balance.
    pub rule: BalanceRule,
    /// How far the rule may be passed, in units.
    pub overdraft: u128,
}

/// What a command does to the money.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// What kind of transfer it makes.
    pub kind: TransferKind,
    /// Account debited.
    pub debit: AccountId,
    /// Account credited.
    pub credit: AccountId,
    /// How much, in units.
    pub amount: u128,
}

/// An accepted command: what it did, when, and for whom.
#[derive(Debug, Clone)]
pub struct Line {
    /// The command.
    pub command: Command,
    /// What it did.
    pub effect: Effect,
    /// When.
    pub posted_at: Timestamp,
    /// Whose key it came with.
    pub key: KeyId,
    /// The institution of that key.
    pub institution: Option<InstitutionId>,
    /// Which call it came with.
    pub call: usize,
}

/// A side of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What it gives.
    Debit,
    /// What it gets.
    Credit,
}

/// Accounts, and the lines in the order in which they were accepted.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The accounts.
    pub accounts: BTreeMap<AccountId, Facts>,
    /// The lines.
    pub lines: Vec<Line>,
}

impl History {
    /// The line that made a transfer.
    pub fn line(&self, id: TransferId) -> Option<&Line> {
        self.lines.iter().find(|line| line.command.id() == id)
    }

    /// How many transfers touched an account.
    pub fn version(&self, account: AccountId) -> usize {
        self.lines.iter().filter(|line| line.touches(account)).count()
    }

    /// All that was posted on one side of an account.
    pub fn posted(&self, account: AccountId, side: Side) -> u128 {
        let kinds = [TransferKind::Direct, TransferKind::Post, TransferKind::Reversal];
        let lines = self.lines.iter().filter(|line| line.effect.on(side) == account);
        lines.filter(|line| kinds.contains(&line.effect.kind)).map(|line| line.effect.amount).sum()
    }

    /// All that holds still reserve on one side of an account.
    pub fn pending(&self, account: AccountId, side: Side) -> u128 {
        let holds = self.holds().filter(|line| line.effect.on(side) == account);
        holds.map(|line| self.remaining(line.command.id())).sum()
    }

    /// What counts against the rule of an account, and what it must not pass; `None` without one.
    pub fn limit(&self, account: AccountId) -> Option<(u128, u128)> {
        let facts = &self.accounts[&account];
        let (out, back) = match facts.rule {
            BalanceRule::Unlimited => return None,
            BalanceRule::DebitsMustNotExceedCredits => (Side::Debit, Side::Credit),
            BalanceRule::CreditsMustNotExceedDebits => (Side::Credit, Side::Debit),
        };
        let used = self.posted(account, out) + self.pending(account, out);
        Some((used, self.posted(account, back) + facts.overdraft))
    }

    /// The pending transfers.
    pub fn holds(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.effect.kind == TransferKind::Pending)
    }

    /// The lines that post, void or expire a pending transfer.
    fn of_hold(&self, pending: TransferId) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.command.pending() == Some(pending))
    }

    /// What a hold still reserves.
    pub fn remaining(&self, pending: TransferId) -> u128 {
        if self.of_hold(pending).any(Line::ends_hold) {
            return 0;
        }
        let posted: u128 = self.of_hold(pending).map(|line| line.effect.amount).sum();
        self.line(pending).unwrap().effect.amount - posted
    }

    /// The state of a hold as far as transfers have settled it.
    pub fn hold_state(&self, pending: TransferId) -> &'static str {
        match self.of_hold(pending).last().map(|line| line.effect.kind) {
            Some(TransferKind::Void) => "voided",
            Some(TransferKind::Expire) => "expired",
            Some(_) if self.remaining(pending) == 0 => "posted",
            _ => "open",
        }
    }

    /// When a hold ended.
    pub fn hold_end(&self, pending: TransferId) -> Option<Timestamp> {
        let last = self.of_hold(pending).last()?;
        (self.hold_state(pending) != "open").then_some(last.posted_at)
    }

    /// The transfer that reversed another.
    pub fn reversal_of(&self, original: TransferId) -> Option<TransferId> {
        let reversal = self.lines.iter().find(|line| line.command.original() == Some(original));
        reversal.map(|line| line.command.id())
    }

    /// Units of the account's asset as a decimal.
    pub fn decimal(&self, account: AccountId, units: u128) -> Decimal {
        Decimal::from_units(i128::try_from(units).unwrap(), self.accounts[&account].scale)
    }

    /// An amount in the smallest parts of the account's asset, by shifting the point of its text.
    pub fn units(&self, account: AccountId, money: &Money, wrong: &mut Vec<Error>) -> Option<u128> {
        let Some(facts) = self.accounts.get(&account) else {
            wrong.push(Error::not_found("account", account));
            return None;
        };
        if money.asset != facts.asset {
            let (expected, asset) = (facts.asset.clone(), money.asset.clone());
            wrong.push(Refusal::AssetMismatch { account, expected, asset }.into());
        }
        let text = money.amount.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let padding = usize::from(facts.scale).checked_sub(fraction.len());
        let digits = padding.map(|zeros| format!("{whole}{fraction}{}", "0".repeat(zeros)));
        let units = digits
            .and_then(|digits| digits.parse::<u128>().ok())
            .filter(|units| (1..=MOST).contains(units));
        if units.is_none() {
            wrong.push(invalid("amount.amount"));
        }
        units.filter(|_| money.asset == facts.asset)
    }
}

impl Effect {
    /// The account on that side.
    pub fn on(&self, side: Side) -> AccountId {
        match side {
            Side::Debit => self.debit,
            Side::Credit => self.credit,
        }
    }
}

impl Line {
    /// Whether it is part of an account's history.
    pub fn touches(&self, account: AccountId) -> bool {
        [self.effect.debit, self.effect.credit].contains(&account)
    }

    /// Whether it lets go of all that a hold still reserved.
    fn ends_hold(&self) -> bool {
        match &self.command {
            Command::Post(c) => c.release_remainder,
            Command::Void(_) | Command::Expire(_) => true,
            _ => false,
        }
    }

    /// When the reservation of a pending transfer ends by itself.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let Command::Create(Create { hold: Some(terms), .. }) = &self.command else { return None };
        let timeout = SignedDuration::from_secs(i64::from(terms.timeout_seconds?));
        Some(self.posted_at + timeout)
    }

    /// Whether its reservation has ended by itself.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|end| now >= end)
    }
}
