//! Statements of an account: what moved its posted money between two days, by value date.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::account::Totals;
use crate::error::{Error, Result};
use crate::ids::{AccountId, TransferId};
use crate::money::{self, AssetCode, MAX_UNITS, Units};
use crate::page::{Cursor, PageRequest, bad_token};
use crate::transfer::{Side, TransferKind};

/// Parts of the cursor: the position, and the totals after it.
pub const CURSOR_PARTS: usize = 4;

/// Which days of which account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The account.
    pub account: AccountId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// Debits and credits that were posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// All debits.
    pub debits: Units,
    /// All credits.
    pub credits: Units,
}

impl Sums {
    /// Credits less debits.
    pub fn posted(&self) -> Units {
        self.credits - self.debits
    }

    /// With one more amount on a side. Only sums that a caller made up can pass the highest.
    #[must_use]
    pub fn with(self, side: Side, amount: Units) -> Self {
        let more = |sum| money::add(sum, amount).unwrap_or(MAX_UNITS);
        match side {
            Side::Debit => Self { debits: more(self.debits), ..self },
            Side::Credit => Self { credits: more(self.credits), ..self },
        }
    }
}

impl From<&Totals> for Sums {
    fn from(totals: &Totals) -> Self {
        Self { debits: totals.debits_posted, credits: totals.credits_posted }
    }
}

/// A transfer as its account's statement has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The transfer.
    pub id: TransferId,
    /// What it does.
    pub kind: TransferKind,
    /// Which side of the account it is on.
    pub side: Side,
    /// The account on the other side.
    pub other: AccountId,
    /// What moved.
    pub amount: Units,
    /// The caller's category; may be empty.
    pub code: String,
    /// The caller's own id for it.
    pub external_reference: Option<String>,
    /// The day it counts for.
    pub value_date: Date,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// The pending transfer it posts.
    pub pending: Option<TransferId>,
    /// The transfer it reverses.
    pub reversed: Option<TransferId>,
}

/// An entry with the sums after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The entry.
    pub entry: Entry,
    /// All that was posted up to it.
    pub after: Sums,
}

impl Line {
    /// What the page after this line has to know.
    pub fn cursor(&self) -> Cursor {
        let (day, at) = (self.entry.value_date, self.entry.posted_at.as_microsecond());
        let parts = [
            day.to_string(),
            at.to_string(),
            self.after.debits.to_string(),
            self.after.credits.to_string(),
        ];
        Cursor(parts.to_vec())
    }
}

/// A page of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The account's asset.
    pub asset: AssetCode,
    /// Its decimal places.
    pub scale: u8,
    /// Before the first line.
    pub opening: Sums,
    /// Its lines, one more than the page when there is more.
    pub lines: Vec<Line>,
    /// Whether every day asked for is in a closed period.
    pub closed: bool,
}

/// Runs the sums on over the entries.
pub fn lines(opening: Sums, entries: Vec<Entry>) -> Vec<Line> {
    let mut after = opening;
    let line = |entry: Entry| {
        after = after.with(entry.side, entry.amount);
        Line { entry, after }
    };
    entries.into_iter().map(line).collect()
}

/// From where a page reads on. A statement is in the order of value date and posting time, which no two transfers of
/// an account share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Transfers that count for their own day: posted then or later, since they come in the order of posting.
    pub own_from: Timestamp,
    /// And before this.
    pub own_to: Timestamp,
    /// Transfers dated otherwise: after this day and time.
    pub after: (Date, Timestamp),
}

impl Range {
    /// From the first line.
    pub fn start(&self) -> Result<Position> {
        let own_from = start_of(self.from)?;
        Ok(Position { own_from, own_to: self.end()?, after: (self.from, Timestamp::MIN) })
    }

    /// From where a page ended; `None` when the first is asked for.
    pub fn resume(&self, page: &PageRequest) -> Result<Option<(Position, Sums)>> {
        let (Some(day), Some(at)) = (page.cursor_part::<Date>(0)?, page.cursor_time(1)?) else {
            return Ok(None);
        };
        let part = |index| page.cursor_part::<Units>(index).map(Option::unwrap_or_default);
        let sums = Sums { debits: part(2)?, credits: part(3)? };
        let possible = |sum| (0..=MAX_UNITS).contains(sum);
        if !possible(&sums.debits) || !possible(&sums.credits) || day < self.from || day > self.to {
            return Err(bad_token());
        }
        // Of the transfers that count for their own day, those of earlier days are behind, those of later days ahead,
        // and those of the same day ahead when they were posted later.
        let next = at.checked_add(SignedDuration::from_micros(1)).unwrap_or(at);
        let own_from = next.clamp(start_of(day)?, end_of(day)?);
        Ok(Some((Position { own_from, own_to: self.end()?, after: (day, at) }, sums)))
    }

    fn end(&self) -> Result<Timestamp> {
        end_of(self.to).map_err(|_| beyond("to"))
    }

    /// The day before the first.
    pub fn eve(&self) -> Result<Date> {
        self.from.yesterday().map_err(|_| beyond("from"))
    }
}

/// The first instant of a day, in UTC.
pub fn start_of(day: Date) -> Result<Timestamp> {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).map_err(|_| beyond("value_date"))
}

/// The first instant after a day, in UTC.
pub fn end_of(day: Date) -> Result<Timestamp> {
    start_of(day.checked_add(1.day()).map_err(|_| beyond("value_date"))?)
}

/// The last day that a transfer posted before the end of `day` may be dated.
pub fn last_value_date(day: Date) -> Date {
    day.checked_add(crate::limits::MAX_DAYS_AHEAD.days()).unwrap_or(Date::MAX)
}

fn beyond(field: &str) -> Error {
    Error::invalid(field, "is beyond the calendar")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn entry(side: Side, amount: Units, value_date: &str, posted_at: &str) -> Entry {
        Entry {
            id: TransferId::generate(),
            kind: TransferKind::Direct,
            side,
            other: AccountId::generate(),
            amount,
            code: String::new(),
            external_reference: None,
            value_date: day(value_date),
            posted_at: at(posted_at),
            pending: None,
            reversed: None,
        }
    }

    fn february() -> Range {
        let account = AccountId::generate();
        Range { account, from: day("2026-02-01"), to: day("2026-02-28") }
    }

    #[test]
    fn sums_run_on() {
        let opening = Sums { debits: 5, credits: 7 };
        let entries = vec![
            entry(Side::Debit, 10, "2026-02-01", "2026-02-01T00:00:00Z"),
            entry(Side::Credit, 4, "2026-02-02", "2026-02-02T00:00:00Z"),
        ];
        let lines = lines(opening, entries);
        let after: Vec<Sums> = lines.iter().map(|line| line.after).collect();
        assert_eq!(after, [Sums { debits: 15, credits: 7 }, Sums { debits: 15, credits: 11 }]);
        assert_eq!(after[1].posted(), -4);
        let most = Sums { debits: MAX_UNITS, credits: 0 };
        assert_eq!(most.with(Side::Debit, MAX_UNITS), most);
    }

    #[test]
    fn a_statement_starts_with_its_first_day() {
        let start = february().start().unwrap();
        assert_eq!(
            (start.own_from, start.own_to),
            (at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z"))
        );
        assert_eq!(start.after, (day("2026-02-01"), Timestamp::MIN));
        assert_eq!(february().eve(), Ok(day("2026-01-31")));
        let first = PageRequest { size: 1, after: None };
        assert_eq!(february().resume(&first), Ok(None));
    }

    /// What is ahead of a line among the transfers of their own day, wherever the line itself was posted.
    #[test]
    fn a_page_goes_on_after_its_last_line() {
        for (posted_at, own_from) in [
            ("2026-02-10T12:00:00.000005Z", "2026-02-10T12:00:00.000006Z"),
            ("2026-02-10T23:59:59.999999Z", "2026-02-11T00:00:00Z"),
            // Backdated: all of its day was posted before it.
            ("2026-02-11T00:00:00Z", "2026-02-11T00:00:00Z"),
            ("2026-05-01T12:00:00Z", "2026-02-11T00:00:00Z"),
            // Dated ahead: all of its day was posted after it.
            ("2026-02-09T12:00:00Z", "2026-02-10T00:00:00Z"),
            ("2026-02-09T23:59:59.999999Z", "2026-02-10T00:00:00Z"),
        ] {
            let line = Line {
                entry: entry(Side::Debit, 1, "2026-02-10", posted_at),
                after: Sums { debits: MAX_UNITS, credits: 7 },
            };
            let page = PageRequest { size: 1, after: Some(line.cursor()) };
            let (position, sums) = february().resume(&page).unwrap().unwrap();
            assert_eq!(position.own_from, at(own_from), "{posted_at}");
            assert_eq!(position.own_to, at("2026-03-01T00:00:00Z"));
            assert_eq!(position.after, (day("2026-02-10"), at(posted_at)));
            assert_eq!(sums, line.after);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let over = (MAX_UNITS + 1).to_string();
        for bad in [
            ["x", "1", "2", "3"],
            ["2026-02-10", "x", "2", "3"],
            ["2026-02-10", "1", "x", "3"],
            ["2026-02-10", "1", "-1", "3"],
            ["2026-02-10", "1", "2", &over],
            ["2026-01-31", "1", "2", "3"],
            ["2026-03-01", "1", "2", "3"],
        ] {
            let cursor = Cursor(bad.map(str::to_owned).to_vec());
            let page = PageRequest { size: 1, after: Some(cursor) };
            assert!(february().resume(&page).is_err(), "{bad:?}");
        }
    }
}
