//! A small bank for tests of single cases.

use bursar_domain::account::{AccountState, BalanceRule, Totals};
use bursar_domain::ids::{GroupId, KeyId, TransferId};
use bursar_domain::money::{AssetCode, Decimal, Money, Units};
use bursar_domain::posting::{Command, Create, Done, HoldTerms, Post, Release, Reverse};
use bursar_domain::transfer::Details;
use bursar_domain::{Error, Refusal, Result};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::world::{Scene, Spec, World, account};

/// EUR without a limit.
pub(crate) const CASH: usize = 0;
/// A customer's EUR: debits must not exceed credits.
pub(crate) const ALICE: usize = 1;
/// Another customer's, with an overdraft limit of 50.00.
pub(crate) const BOB: usize = 2;
/// The mirror rule: credits must not exceed debits.
pub(crate) const VAULT: usize = 3;
/// JPY without a limit.
pub(crate) const YEN: usize = 4;
/// EUR, closed.
pub(crate) const SHUT: usize = 5;

/// EUR, reserved.
pub(crate) const ESCROW: usize = 6;

/// The world with these accounts, and short words for what they do. Amounts are in EUR.
pub(crate) struct Bank(pub(crate) World);

impl Bank {
    pub(crate) fn new() -> Self {
        let wallet = Spec { rule: BalanceRule::DebitsMustNotExceedCredits, ..Spec::OPEN };
        Self(World::new(&[
            Spec::OPEN,
            wallet.clone(),
            Spec { overdraft: 5_000, ..wallet },
            Spec { rule: BalanceRule::CreditsMustNotExceedDebits, ..Spec::OPEN },
            Spec { asset: 1, ..Spec::OPEN },
            Spec { state: AccountState::Closed, ..Spec::OPEN },
            Spec { reserved: true, ..Spec::OPEN },
        ]))
    }

    /// A transfer to be sent, with a fresh id.
    pub(crate) fn create(&self, debit: usize, credit: usize, amount: &str) -> Create {
        Create {
            id: self.0.fresh_id(0),
            debit: account(debit),
            credit: account(credit),
            amount: money("EUR", amount),
            hold: None,
            group: None,
            details: Details::default(),
        }
    }

    pub(crate) fn pay(&mut self, debit: usize, credit: usize, amount: &str) -> Result<Done> {
        let create = self.create(debit, credit, amount);
        self.0.one(Command::Create(create))
    }

    /// The id of a new hold.
    pub(crate) fn hold(
        &mut self,
        debit: usize,
        credit: usize,
        amount: &str,
        seconds: Option<u32>,
    ) -> TransferId {
        let hold = Some(HoldTerms { timeout_seconds: seconds });
        let create = Create { hold, ..self.create(debit, credit, amount) };
        self.0.one(Command::Create(create)).unwrap().transfer.id
    }

    pub(crate) fn post(
        &mut self,
        pending: TransferId,
        amount: Option<&str>,
        release: bool,
    ) -> Result<Done> {
        let amount = amount.map(|text| money("EUR", text));
        let (id, details) = (self.0.fresh_id(0), Details::default());
        self.0.one(Command::Post(Post { id, pending, amount, release_remainder: release, details }))
    }

    pub(crate) fn void(&mut self, pending: TransferId) -> Result<Done> {
        let (id, details) = (self.0.fresh_id(0), Details::default());
        self.0.one(Command::Void(Release { id, pending, details }))
    }

    pub(crate) fn expire(&mut self, pending: TransferId) -> Result<Done> {
        let (id, details) = (self.0.fresh_id(0), Details::default());
        self.0.one(Command::Expire(Release { id, pending, details }))
    }

    pub(crate) fn reverse(&mut self, original: TransferId) -> Result<Done> {
        let (id, details) = (self.0.fresh_id(0), Details::default());
        self.0.one(Command::Reverse(Reverse { id, original, details }))
    }

    /// Transfers of one group in one call, each given as debit, credit and amount.
    pub(crate) fn group(&mut self, group: GroupId, members: &[(usize, usize, &str)]) -> Scene {
        let commands = members.iter().enumerate().map(|(n, (debit, credit, amount))| {
            let id = self.0.fresh_id(n);
            Command::Create(Create {
                id,
                group: Some(group),
                ..self.create(*debit, *credit, amount)
            })
        });
        let commands = commands.collect();
        self.call(commands, false)
    }

    pub(crate) fn call(&mut self, commands: Vec<Command>, all_or_nothing: bool) -> Scene {
        self.0.call(commands, all_or_nothing, KeyId::nil(), None)
    }

    /// Moves the clock.
    pub(crate) fn wait(&mut self, seconds: i64) {
        self.0.now += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn totals(&self, n: usize) -> Totals {
        self.0.book.seats[&account(n)].totals
    }

    /// Credits less debits, in cents.
    pub(crate) fn balance(&self, n: usize) -> Units {
        self.totals(n).posted()
    }

    /// What the account's rule still allows, in cents.
    pub(crate) fn available(&self, n: usize) -> Option<Units> {
        self.0.book.seats[&account(n)].available()
    }

    /// From now on calls are those of who owns these accounts.
    pub(crate) fn own(&mut self, accounts: &[usize]) {
        self.0.owned = accounts.iter().map(|n| account(*n)).collect();
    }

    pub(crate) fn set_state(&mut self, n: usize, state: AccountState) {
        self.0.book.seats.get_mut(&account(n)).unwrap().state = state;
    }

    pub(crate) fn set_limit(&mut self, n: usize, limit: Units) {
        self.0.book.seats.get_mut(&account(n)).unwrap().overdraft_limit = limit;
    }
}

pub(crate) fn money(asset: &str, amount: &str) -> Money {
    Money { asset: AssetCode::parse(asset).unwrap(), amount: decimal(amount) }
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

pub(crate) fn group(n: u128) -> GroupId {
    GroupId(Uuid::from_u128(n))
}

/// The rule that stood against it.
pub(crate) fn refusal(result: Result<Done>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("not refused by a rule: {other:?}"),
    }
}

/// The field that was wrong.
pub(crate) fn wrong_field(result: Result<Done>) -> String {
    match result {
        Err(Error::Invalid(mut violations)) if violations.len() == 1 => violations.remove(0).field,
        other => panic!("no single field is wrong: {other:?}"),
    }
}

/// The fields in which an id was used for something else.
pub(crate) fn reused(result: Result<Done>) -> Vec<String> {
    match result {
        Err(Error::RequestIdReused { fields }) => fields,
        other => panic!("the id was not reused: {other:?}"),
    }
}
