//! Turns what a script says into commands, for the rows that are there at that moment.

use bursar_domain::account::BalanceRule;
use bursar_domain::ids::{AccountId, GroupId, TransferId};
use bursar_domain::json::Json;
use bursar_domain::money::{Decimal, MAX_UNITS, Money, Units};
use bursar_domain::posting::{Command, Create, HoldTerms, Post, Release, Reverse, Seat};
use bursar_domain::transfer::{Details, HoldState, TransferKind, utc_day};
use jiff::ToSpan;
use proptest::sample::Index;
use uuid::Uuid;

use crate::change::changed;
use crate::script::{Amount, Block, Draft, Extra, Group, Part, Partner, Pick};
use crate::world::{ASSETS, NOBODY, World, account, asset};

/// Writes the commands of one call.
pub(crate) struct Desk<'a> {
    world: &'a World,
    /// Those written so far.
    made: Vec<Command>,
}

impl<'a> Desk<'a> {
    /// The commands of one call.
    pub(crate) fn write(world: &'a World, blocks: &[Block]) -> Vec<Command> {
        let mut desk = Self { world, made: Vec::new() };
        for block in blocks {
            let group = block.group.as_ref().map(|group| desk.group(group));
            for draft in &block.drafts {
                let command = desk.command(draft, group);
                desk.made.push(command);
            }
        }
        desk.made
    }

    /// Every command sent so far, and those of this call.
    fn known(&self) -> impl Iterator<Item = &Command> {
        self.world.sent.iter().chain(&self.made)
    }

    fn group(&self, group: &Group) -> GroupId {
        let used: Vec<GroupId> = self.known().filter_map(Command::group).collect();
        match group {
            Group::Used(which) if !used.is_empty() => *which.get(&used),
            _ => GroupId(Uuid::from_u128(0x6000 + self.known().count() as u128)),
        }
    }

    fn command(&self, draft: &Draft, group: Option<GroupId>) -> Command {
        let id = self.world.fresh_id(self.made.len());
        self.said(id, draft, group).unwrap_or_else(|| self.plain(id))
    }

    /// The command that a draft means; `None` when there is nothing yet that it could be about.
    fn said(&self, id: TransferId, draft: &Draft, group: Option<GroupId>) -> Option<Command> {
        Some(match draft {
            Draft::Create { debit, credit, amount, hold, extra } => {
                let (debit, credit) = self.pair(*debit, credit);
                let amount = self.amount(debit, credit, amount, hold.is_some());
                let (hold, details) = (*hold, self.details(extra));
                Command::Create(Create { id, debit, credit, amount, hold, group, details })
            }
            Draft::Post { hold, part, release_remainder, extra } => {
                let pending = self.pick(hold, &self.open_holds())?;
                let amount = part.as_ref().map(|part| self.part(pending, part));
                let (release_remainder, details) = (*release_remainder, self.details(extra));
                Command::Post(Post { id, pending, amount, release_remainder, details })
            }
            Draft::Void { hold, extra } => {
                let pending = self.pick(hold, &self.open_holds())?;
                Command::Void(Release { id, pending, details: self.details(extra) })
            }
            Draft::Expire { hold } => {
                let pending = self.pick(hold, &self.open_holds())?;
                Command::Expire(Release { id, pending, details: Details::default() })
            }
            Draft::Reverse { original, extra } => {
                let original = self.pick(original, &self.moves())?;
                Command::Reverse(Reverse { id, original, details: self.details(extra) })
            }
            Draft::Again { earlier, change } => {
                let known: Vec<&Command> = self.known().collect();
                if known.is_empty() {
                    return None;
                }
                changed(self.world, (*earlier.get(&known)).clone(), *change)
            }
        })
    }

    /// A hold for a second, without anything special.
    fn plain(&self, id: TransferId) -> Command {
        let debit = self.payers()[0];
        let credit = self.peers(debit).first().copied().unwrap_or(NOBODY);
        let amount = self.amount(debit, credit, &Amount::Limit(0), true);
        let hold = Some(HoldTerms { timeout_seconds: Some(1) });
        let details = Details::default();
        Command::Create(Create { id, debit, credit, amount, hold, group: None, details })
    }

    fn seat(&self, id: AccountId) -> &Seat {
        self.world.book.seat(id).unwrap()
    }

    fn accounts(&self) -> impl Iterator<Item = AccountId> {
        (0..self.world.book.seats.len()).map(account)
    }

    /// The other accounts of the same asset.
    fn peers(&self, id: AccountId) -> Vec<AccountId> {
        let asset = &self.seat(id).asset;
        self.accounts().filter(|other| *other != id && self.seat(*other).asset == *asset).collect()
    }

    /// Accounts that have another to pay to; all when none has.
    fn payers(&self) -> Vec<AccountId> {
        let some: Vec<AccountId> =
            self.accounts().filter(|id| !self.peers(*id).is_empty()).collect();
        if some.is_empty() { self.accounts().collect() } else { some }
    }

    fn pair(&self, debit: Index, credit: &Partner) -> (AccountId, AccountId) {
        let debit = *debit.get(&self.payers());
        let peers = self.peers(debit);
        let credit = match credit {
            Partner::Fit(which) if !peers.is_empty() => *which.get(&peers),
            Partner::Fit(which) | Partner::Any(which) => {
                *which.get(&self.accounts().chain([NOBODY]).collect::<Vec<_>>())
            }
        };
        (debit, credit)
    }

    fn amount(&self, debit: AccountId, credit: AccountId, amount: &Amount, hold: bool) -> Money {
        let seat = self.seat(debit);
        let units = match amount {
            Amount::Units(units) => *units,
            Amount::Limit(more) => {
                let limits = [
                    (debit, BalanceRule::DebitsMustNotExceedCredits),
                    (credit, BalanceRule::CreditsMustNotExceedDebits),
                ];
                let left = limits.iter().filter_map(|(id, rule)| {
                    self.world.book.seats.get(id).filter(|seat| seat.rule == *rule)?.available()
                });
                left.min().unwrap_or(1_000) + more
            }
            Amount::Brim(more) => {
                let totals = &seat.totals;
                MAX_UNITS - if hold { totals.debits_pending } else { totals.debits_posted } + more
            }
            Amount::Misfit => return misfit(seat),
            Amount::Foreign(units) => return foreign(seat, *units),
        };
        Money { asset: seat.asset.clone(), amount: seat.decimal(units) }
    }

    /// The debited account of a hold, of this call or an earlier one, its amount and what remains.
    fn reserved(&self, pending: TransferId) -> Option<(&Seat, Units, Units)> {
        if let Some(hold) = self.world.book.holds.get(&pending) {
            return Some((self.seat(hold.debit), hold.amount, hold.remaining));
        }
        self.made.iter().find_map(|command| match command {
            Command::Create(c) if c.id == pending => {
                let seat = self.seat(c.debit);
                let units = c.amount.amount.to_units(seat.scale).unwrap_or(1);
                Some((seat, units, units))
            }
            _ => None,
        })
    }

    fn part(&self, pending: TransferId, part: &Part) -> Money {
        let none = (self.seat(account(0)), 100, 100);
        let (seat, reserved, remaining) = self.reserved(pending).unwrap_or(none);
        let units = match part {
            Part::Percent(percent) => (remaining / 100 * i128::from(*percent)).max(1),
            Part::Remaining(more) => remaining + more,
            Part::Reserved => reserved,
            Part::Misfit => return misfit(seat),
            Part::Foreign(units) => return foreign(seat, *units),
        };
        Money { asset: seat.asset.clone(), amount: seat.decimal(units) }
    }

    fn pick(&self, pick: &Pick, fitting: &[TransferId]) -> Option<TransferId> {
        match pick {
            Pick::Fit(_) if fitting.is_empty() => None,
            Pick::Fit(which) => Some(*which.get(fitting)),
            Pick::Any(which) => {
                let unknown = self.world.fresh_id(self.made.len() + 1);
                let ids: Vec<TransferId> = self.known().map(Command::id).chain([unknown]).collect();
                Some(*which.get(&ids))
            }
        }
    }

    fn open_holds(&self) -> Vec<TransferId> {
        let open = self.world.book.holds.values().filter(|hold| hold.state == HoldState::Open);
        let new = self.made.iter().filter(|c| matches!(c, Command::Create(c) if c.hold.is_some()));
        sorted(open.map(|hold| hold.id).chain(new.map(Command::id)))
    }

    fn moves(&self) -> Vec<TransferId> {
        let kinds = [TransferKind::Direct, TransferKind::Post, TransferKind::Reversal];
        let done = self.world.book.transfers.values().filter(|done| kinds.contains(&done.kind));
        let new = self.made.iter().filter(|c| matches!(c, Command::Create(_) | Command::Post(_)));
        sorted(done.map(|done| done.id).chain(new.map(Command::id)))
    }

    fn details(&self, extra: &Extra) -> Details {
        let day = |days| utc_day(self.world.now).checked_add(i64::from(days).days()).unwrap();
        Details {
            code: if extra.code == 0 { String::new() } else { "fee".into() },
            external_reference: extra.reference.then(|| "invoice 7".into()),
            metadata: extra.metadata.map(|n| match n {
                0 => Json::empty(),
                n => Json::stored(serde_json::json!({ "n": n })),
            }),
            value_date: extra.day.map(day),
        }
    }
}

/// In one order, whatever the order of the rows: a script means the same each time.
fn sorted(ids: impl Iterator<Item = TransferId>) -> Vec<TransferId> {
    let mut ids: Vec<TransferId> = ids.collect();
    ids.sort();
    ids
}

fn misfit(seat: &Seat) -> Money {
    let amount = if seat.scale < ASSETS[2].1 {
        Decimal::from_units(11, seat.scale + 1)
    } else {
        Decimal::from_units(10_i128.pow(30), 0)
    };
    Money { asset: seat.asset.clone(), amount }
}

fn foreign(seat: &Seat, units: Units) -> Money {
    let other = ASSETS.iter().position(|(code, _)| *code != seat.asset.as_str()).unwrap();
    Money { asset: asset(other), amount: Decimal::from_units(units, ASSETS[other].1) }
}
