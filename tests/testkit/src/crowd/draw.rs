//! Draws single commands.

use bursar_domain::ids::{AccountId, GroupId, TransferId};
use bursar_domain::json::Json;
use bursar_domain::money::{AssetCode, Decimal, MAX_UNITS, Money, Units};
use bursar_domain::posting::{Command, Create, HoldTerms, Post, Release, Reverse};
use bursar_domain::transfer::Details;
use jiff::ToSpan as _;
use uuid::Uuid;

use super::draft::{BRIM, Draft, TOWN, WEI, YEN};
use super::script::{Call, Spec};
use crate::random::Random;

impl Draft {
    pub(super) fn create(&mut self, group: Option<GroupId>) -> Create {
        let kind = self.random.below(100);
        let range = match kind {
            0..64 => TOWN,
            64..76 => YEN,
            76..87 => WEI,
            87..95 => BRIM,
            _ => 0..self.accounts.len(),
        };
        let (debit, credit) = self.pair(range, kind < 64);
        let amount = self.amount(&self.accounts[debit].clone(), BRIM.contains(&debit));
        let mut create = Create {
            id: TransferId(uuid(&mut self.random)),
            debit: self.accounts[debit].id,
            credit: self.accounts[credit].id,
            amount,
            hold: self.random.percent(30).then(|| self.terms()),
            group,
            details: self.details(),
        };
        match self.random.below(100) {
            0 => create.credit = AccountId(uuid(&mut self.random)),
            1 => create.credit = create.debit,
            _ => {}
        }
        create
    }

    fn pair(&mut self, range: std::ops::Range<usize>, may_be_hot: bool) -> (usize, usize) {
        let first = range.start + self.random.below(range.len());
        let hot = may_be_hot && self.random.percent(self.plan.hot_percent);
        let first = if hot { 0 } else { first };
        let step = 1 + self.random.below(range.len() - 1);
        let second = range.start + (first - range.start + step) % range.len();
        if self.random.percent(50) { (first, second) } else { (second, first) }
    }

    fn terms(&mut self) -> HoldTerms {
        let brief = if self.plan.brief_holds { 1 } else { 7_200 };
        let timeout_seconds = *self.random.pick(&[None, None, Some(3_600), Some(brief)]);
        HoldTerms { timeout_seconds }
    }

    fn amount(&mut self, spec: &Spec, brim: bool) -> Money {
        let units = match self.random.below(10) {
            0..5 if brim => {
                MAX_UNITS / (1 + self.random.below(4) as Units) - self.random.below(9) as Units
            }
            // Few and round, so that what a limit still allows is often asked for to the last cent.
            0..6 => *self.random.pick(&[1, 2, 5, 10]),
            _ => 100 * (1 + self.random.below(20) as Units),
        };
        let (asset, amount) = match self.random.below(100) {
            0 => (spec.asset.clone(), Decimal::ZERO),
            1 if spec.scale < 18 => (spec.asset.clone(), Decimal::from_units(11, spec.scale + 1)),
            2..4 => (AssetCode::parse("USD").unwrap(), Decimal::from_units(5, 0)),
            _ => (spec.asset.clone(), Decimal::from_units(units, spec.scale)),
        };
        Money { asset, amount }
    }

    fn details(&mut self) -> Details {
        let signed = |n: usize| i64::try_from(n).unwrap();
        let days = match self.random.below(100) {
            0..2 => Some(3 + signed(self.random.below(9))),
            2..25 => Some(1 - signed(self.random.below(400))),
            _ => None,
        };
        Details {
            code: (*self.random.pick(&["", "fee", "rent:2"])).into(),
            external_reference: self
                .random
                .percent(40)
                .then(|| format!("invoice {}", self.random.below(9))),
            metadata: self.random.percent(25).then(|| {
                Json::stored(serde_json::json!({ "n": self.random.below(3), "a": ["x"] }))
            }),
            value_date: days.map(|days| self.today.checked_add(days.days()).unwrap()),
        }
    }

    /// What a post, void or reversal may say.
    fn short_details(&mut self) -> Details {
        Details { code: String::new(), ..self.details() }
    }

    pub(super) fn post(&mut self) -> Command {
        let Some(hold) = self.target(|command| match command {
            Command::Create(c) => c.hold.map(|_| c.clone()),
            _ => None,
        }) else {
            return Command::Create(self.create(None));
        };
        let units = hold.amount.amount;
        let units = if units.is_positive() { units } else { Decimal::from_units(1, 0) };
        let part = match self.random.below(100) {
            0..35 => None,
            35..50 => Some(units),
            50..57 => Some(Decimal::from_units(5_000, 0)),
            _ => Some(Decimal::from_units(
                1 + self.random.below(9) as Units,
                self.scale(&hold.amount.asset),
            )),
        };
        let asset = if self.random.percent(2) {
            AssetCode::parse("USD").unwrap()
        } else {
            hold.amount.asset
        };
        Command::Post(Post {
            id: TransferId(uuid(&mut self.random)),
            pending: hold.id,
            amount: part.map(|amount| Money { asset, amount }),
            release_remainder: self.random.percent(40),
            details: self.short_details(),
        })
    }

    fn scale(&self, asset: &AssetCode) -> u8 {
        self.accounts.iter().find(|spec| spec.asset == *asset).map_or(2, |spec| spec.scale)
    }

    pub(super) fn void(&mut self) -> Command {
        let holds = |command: &Command| matches!(command, Command::Create(c) if c.hold.is_some());
        let target = self.target(|command| holds(command).then(|| command.id()));
        let pending = if self.random.percent(4) { Some(self.any_id()) } else { target };
        let id = TransferId(uuid(&mut self.random));
        let details = Details { value_date: None, ..self.short_details() };
        Command::Void(Release { id, pending: pending.unwrap_or(id), details })
    }

    pub(super) fn reverse(&mut self) -> Command {
        let target = self.target(|command| {
            let pending = matches!(command, Command::Create(c) if c.hold.is_some());
            let void = matches!(command, Command::Void(_));
            (!pending && !void).then(|| command.id())
        });
        let twice = self.target(Command::original);
        let original = match self.random.below(100) {
            0..8 => Some(self.any_id()),
            8..35 => twice.or(target),
            _ => target,
        };
        let id = TransferId(uuid(&mut self.random));
        let details = self.short_details();
        Command::Reverse(Reverse { id, original: original.unwrap_or(id), details })
    }

    /// A command of an earlier call: the latest ones that are far enough back come first.
    fn target<T>(&mut self, fits: impl Fn(&Command) -> Option<T>) -> Option<T> {
        let end = self.calls.len().saturating_sub(self.plan.gap);
        for _ in 0..20 {
            let back = self.random.below(80).min(self.random.below(80));
            let at = end.checked_sub(1 + back)?;
            let commands = self.calls[at].commands();
            if commands.is_empty() {
                continue;
            }
            if let Some(found) = fits(&commands[self.random.below(commands.len())]) {
                return Some(found);
            }
        }
        None
    }

    pub(super) fn any_id(&mut self) -> TransferId {
        let known = self.target(|command| Some(command.id()));
        known
            .filter(|_| self.random.percent(80))
            .unwrap_or_else(|| TransferId(uuid(&mut self.random)))
    }

    pub(super) fn groups(&mut self) -> Vec<GroupId> {
        let groups = self.calls.iter().rev().take(40).flat_map(Call::commands);
        groups.filter_map(|command| command.group()).take(1).collect()
    }
}

/// A UUID like any other (version 4).
pub(super) fn uuid(random: &mut Random) -> Uuid {
    let bits = u128::from(random.seed()) << 64 | u128::from(random.seed());
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}
