//! A tenant's rows and what the store does with them between two calls.

use std::collections::HashSet;

use bursar_domain::Result;
use bursar_domain::account::{AccountState, BalanceRule, Totals};
use bursar_domain::ids::{AccountId, InstitutionId, KeyId, TransferId};
use bursar_domain::money::{AssetCode, Units};
use bursar_domain::posting::{Batch, Book, Command, Done, Seat, Submission, run};
use bursar_domain::transfer::Transfer;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// The assets of the tests with their decimal places: none, some, the most.
pub(crate) const ASSETS: [(&str, u8); 3] = [("EUR", 2), ("JPY", 0), ("ETH", 18)];

/// The n-th account.
pub(crate) fn account(n: usize) -> AccountId {
    AccountId(Uuid::from_u128(0xA000 + n as u128))
}

/// An account that is not there.
pub(crate) const NOBODY: AccountId = AccountId(Uuid::from_u128(0xDEAD));

/// The n-th transfer.
pub(crate) fn transfer(n: u128) -> TransferId {
    TransferId(Uuid::from_u128(0xF000 + n))
}

/// The n-th of [`ASSETS`].
pub(crate) fn asset(n: usize) -> AssetCode {
    AssetCode::parse(ASSETS[n].0).unwrap()
}

/// What an account is to be.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// Which of [`ASSETS`].
    pub(crate) asset: usize,
    pub(crate) rule: BalanceRule,
    pub(crate) overdraft: Units,
    pub(crate) state: AccountState,
    pub(crate) reserved: bool,
}

impl Spec {
    /// An open account of the first asset without a limit.
    pub(crate) const OPEN: Self = Self {
        asset: 0,
        rule: BalanceRule::Unlimited,
        overdraft: 0,
        state: AccountState::Open,
        reserved: false,
    };
}

/// One call and what became of it.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) commands: Vec<Command>,
    pub(crate) all_or_nothing: bool,
    pub(crate) key: KeyId,
    pub(crate) institution: Option<InstitutionId>,
    /// The reserved accounts that are the caller's own.
    pub(crate) owned: Vec<AccountId>,
    pub(crate) now: Timestamp,
    pub(crate) closed_through: Option<Date>,
    /// The rows before it.
    pub(crate) before: Book,
    pub(crate) results: Vec<Result<Done>>,
    /// What the machine says is to be inserted.
    pub(crate) fresh: Vec<Transfer>,
    /// What the machine says is to be written.
    pub(crate) seats: HashSet<AccountId>,
    pub(crate) holds: HashSet<TransferId>,
    /// The rows after it.
    pub(crate) after: Book,
}

/// All rows of a tenant, and a clock.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) book: Book,
    pub(crate) now: Timestamp,
    /// The last closed day.
    pub(crate) closed_through: Option<Date>,
    /// The reserved accounts that the next callers own.
    pub(crate) owned: Vec<AccountId>,
    /// Every command ever sent, refused ones too.
    pub(crate) sent: Vec<Command>,
}

impl World {
    /// Open books, two seconds before the end of a February.
    pub(crate) fn new(accounts: &[Spec]) -> Self {
        let now: Timestamp = "2026-02-28T23:59:58Z".parse().unwrap();
        let seat = |(n, spec): (usize, &Spec)| {
            let seat = Seat {
                id: account(n),
                asset: asset(spec.asset),
                scale: ASSETS[spec.asset].1,
                rule: spec.rule,
                overdraft_limit: spec.overdraft,
                state: spec.state,
                reserved: spec.reserved,
                totals: Totals::default(),
                version: 0,
                last_posted_at: Timestamp::UNIX_EPOCH,
            };
            (seat.id, seat)
        };
        let seats = accounts.iter().enumerate().map(seat).collect();
        Self {
            book: Book { seats, ..Book::default() },
            now,
            closed_through: None,
            owned: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// An id that no command had yet; `ahead` skips some.
    pub(crate) fn fresh_id(&self, ahead: usize) -> TransferId {
        transfer((self.sent.len() + ahead) as u128)
    }

    /// Runs commands as one call, and keeps the rows as the store would.
    pub(crate) fn call(
        &mut self,
        commands: Vec<Command>,
        all_or_nothing: bool,
        key: KeyId,
        institution: Option<InstitutionId>,
    ) -> Scene {
        let before = self.book.clone();
        let owned = self.owned.clone();
        let submission = Submission { commands, all_or_nothing, key, institution, owned };
        let (now, closed_through) = (self.now, self.closed_through);
        let submissions = &[&submission];
        let mut outcome = run(&mut self.book, &Batch { submissions, now, closed_through });
        let fresh: Vec<Transfer> = outcome.fresh().cloned().collect();
        let commands = submission.commands;
        self.sent.extend(commands.iter().cloned());
        Scene {
            commands,
            all_or_nothing,
            key,
            institution,
            owned: submission.owned,
            now,
            closed_through,
            before,
            results: outcome.results.remove(0),
            fresh,
            seats: outcome.seats,
            holds: outcome.holds,
            after: self.book.clone(),
        }
    }

    /// Runs one command.
    pub(crate) fn one(&mut self, command: Command) -> Result<Done> {
        self.call(vec![command], false, KeyId::nil(), None).results.remove(0)
    }
}

/// What differs between two books, as a name; `None` when nothing does.
pub(crate) fn difference(a: &Book, b: &Book) -> Option<&'static str> {
    [
        ("seats", a.seats == b.seats),
        ("holds", a.holds == b.holds),
        ("transfers", a.transfers == b.transfers),
        ("reversals", a.reversals == b.reversals),
        ("fenced", a.fenced == b.fenced),
        ("groups", a.groups == b.groups),
    ]
    .into_iter()
    .find_map(|(name, same)| (!same).then_some(name))
}
