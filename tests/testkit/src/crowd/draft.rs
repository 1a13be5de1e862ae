//! Draws scripts.

use bursar_domain::account::BalanceRule;
use bursar_domain::ids::{AccountId, GroupId};
use bursar_domain::money::{AssetCode, Decimal, MAX_UNITS, Units};
use bursar_domain::posting::{Command, Create, Post, Release};
use bursar_domain::transfer::{Details, utc_day};
use jiff::Timestamp;
use jiff::civil::Date;

use super::draw::uuid;
use super::script::{Call, Plan, Script, Spec};
use crate::random::Random;

/// The accounts of every script: asset, decimal places, rule, overdraft limit. The first is the hot one.
const ACCOUNTS: [(&str, u8, BalanceRule, Units); 16] = [
    ("EUR", 2, BalanceRule::Unlimited, 0),
    ("EUR", 2, BalanceRule::DebitsMustNotExceedCredits, 0),
    ("EUR", 2, BalanceRule::DebitsMustNotExceedCredits, 5_000),
    ("EUR", 2, BalanceRule::DebitsMustNotExceedCredits, 20),
    ("EUR", 2, BalanceRule::CreditsMustNotExceedDebits, 10_000),
    ("EUR", 2, BalanceRule::DebitsMustNotExceedCredits, 0),
    ("EUR", 2, BalanceRule::Unlimited, 0),
    ("JPY", 0, BalanceRule::Unlimited, 0),
    ("JPY", 0, BalanceRule::DebitsMustNotExceedCredits, 90),
    ("WEI", 18, BalanceRule::Unlimited, 0),
    ("WEI", 18, BalanceRule::CreditsMustNotExceedDebits, 7_000),
    // Full to the brim, closed, and one whose limit is nearly all there is.
    ("EUR", 2, BalanceRule::Unlimited, 0),
    ("EUR", 2, BalanceRule::Unlimited, 0),
    ("EUR", 2, BalanceRule::DebitsMustNotExceedCredits, MAX_UNITS - 7),
    ("EUR", 2, BalanceRule::Unlimited, 0),
    ("EUR", 2, BalanceRule::Unlimited, 0),
];
pub(super) const TOWN: std::ops::Range<usize> = 0..7;
pub(super) const YEN: std::ops::Range<usize> = 7..9;
pub(super) const WEI: std::ops::Range<usize> = 9..11;
pub(super) const BRIM: std::ops::Range<usize> = 11..14;
const CLOSED: std::ops::Range<usize> = 14..16;

impl Script {
    /// The script of a seed.
    pub fn draw(seed: u64, plan: Plan) -> Self {
        let mut random = Random::seeded(seed);
        let accounts =
            ACCOUNTS.iter().enumerate().map(|(n, (asset, scale, rule, overdraft))| Spec {
                id: AccountId(uuid(&mut random)),
                asset: AssetCode::parse(asset).unwrap(),
                scale: *scale,
                rule: *rule,
                overdraft: *overdraft,
                closed: CLOSED.contains(&n),
            });
        let accounts = accounts.collect();
        let mut draft =
            Draft { random, plan, accounts, calls: Vec::new(), today: utc_day(Timestamp::now()) };
        while draft.calls.len() < plan.calls {
            draft.call();
        }
        Self { seed, accounts: draft.accounts, calls: draft.calls }
    }
}

/// A script that is being written.
pub(super) struct Draft {
    pub(super) random: Random,
    pub(super) plan: Plan,
    pub(super) accounts: Vec<Spec>,
    pub(super) calls: Vec<Call>,
    pub(super) today: Date,
}

impl Draft {
    /// The next call, and perhaps one that meets it.
    fn call(&mut self) {
        let call = match self.random.below(100) {
            n if n < self.plan.batch_percent => self.batch(),
            n if n >= 95 => self.again(),
            n if n >= 93 => Call::Fence(self.any_id()),
            92 => return self.fenced_first(),
            _ => Call::One(self.command()),
        };
        self.calls.push(call.clone());
        // Its twin comes from another caller at the same moment.
        if self.random.percent(5) {
            let twin = if self.random.percent(60) { call } else { self.changed(call) };
            self.calls.push(twin);
        } else if self.random.percent(2)
            && let Some(command) = call.commands().first()
        {
            self.calls.push(Call::Fence(command.id()));
        }
    }

    /// An id that is fenced before it is used.
    fn fenced_first(&mut self) {
        let create = self.create(None);
        self.calls.push(Call::Fence(create.id));
        self.calls.push(Call::One(Command::Create(create)));
    }

    fn command(&mut self) -> Command {
        match self.random.below(100) {
            n if n < 18 => self.post(),
            n if n < 26 => self.void(),
            n if n < 38 => self.reverse(),
            _ => Command::Create(self.create(None)),
        }
    }

    fn batch(&mut self) -> Call {
        let mut new = Vec::new();
        let wanted = 2 + self.random.below(10);
        let mut used = self.groups();
        while new.len() < wanted {
            let linked = self.random.percent(25);
            let group = linked.then(|| match used.pop() {
                Some(group) if self.random.percent(30) => group,
                _ => GroupId(uuid(&mut self.random)),
            });
            let members = if linked { 2 + self.random.below(2) } else { 1 };
            new.extend((0..members).map(|_| self.create(group)));
        }
        // Nothing of a call with such an amount is tried, whatever its mode: that is a case of its own elsewhere.
        for create in new.iter_mut().filter(|create| !create.amount.amount.is_positive()) {
            create.amount.amount = Decimal::from_units(1, 0);
        }
        Call::Batch { new, all_or_nothing: self.random.percent(35) }
    }

    /// An earlier call once more.
    fn again(&mut self) -> Call {
        if self.calls.is_empty() {
            return Call::Fence(self.any_id());
        }
        let at = self.random.below(self.calls.len());
        let call = self.calls[at].clone();
        if self.random.percent(70) { call } else { self.changed(call) }
    }

    /// The same ids with another body.
    fn changed(&mut self, call: Call) -> Call {
        match call {
            Call::One(Command::Create(mut c)) => {
                self.change(&mut c);
                Call::One(Command::Create(c))
            }
            Call::One(Command::Post(c)) if self.random.percent(50) => {
                Call::One(Command::Post(Post { release_remainder: !c.release_remainder, ..c }))
            }
            Call::One(Command::Post(c)) => {
                let Post { id, pending, .. } = c;
                Call::One(Command::Void(Release { id, pending, details: Details::default() }))
            }
            Call::One(Command::Reverse(mut c)) => {
                c.details.external_reference = Some("another".into());
                Call::One(Command::Reverse(c))
            }
            Call::Batch { mut new, all_or_nothing } => {
                let at = self.random.below(new.len());
                self.change(&mut new[at]);
                Call::Batch { new, all_or_nothing }
            }
            other => other,
        }
    }

    fn change(&mut self, c: &mut Create) {
        match self.random.below(3) {
            0 => c.details.code.push('x'),
            1 => c.amount.amount = Decimal::from_units(2 + 7 * self.random.below(9) as Units, 0),
            _ => std::mem::swap(&mut c.debit, &mut c.credit),
        }
    }
}
