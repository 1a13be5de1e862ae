//! Accounts, their totals and the limits of their balances.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::AccountId;
use crate::json::Json;
use crate::money::{AssetCode, Decimal, MAX_UNITS, Units};
use crate::transfer::Hold;

/// The limit of an account's balance. Pending amounts count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceRule {
    /// No limit.
    Unlimited,
    /// Posted and pending debits stay within posted credits and the overdraft limit.
    DebitsMustNotExceedCredits,
    /// Posted and pending credits stay within posted debits and the overdraft limit.
    CreditsMustNotExceedDebits,
}

impl BalanceRule {
    const ALL: [Self; 3] =
        [Self::Unlimited, Self::DebitsMustNotExceedCredits, Self::CreditsMustNotExceedDebits];

    /// Name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "unlimited",
            Self::DebitsMustNotExceedCredits => "debits_must_not_exceed_credits",
            Self::CreditsMustNotExceedDebits => "credits_must_not_exceed_debits",
        }
    }

    /// The rule of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// What may still leave an account with these totals; `None` without a limit. Negative when the rule is broken.
    pub fn available(self, totals: &Totals, overdraft: Units) -> Option<Units> {
        let (room, used, pending) = match self {
            Self::Unlimited => return None,
            Self::DebitsMustNotExceedCredits => {
                (totals.credits_posted, totals.debits_posted, totals.debits_pending)
            }
            Self::CreditsMustNotExceedDebits => {
                (totals.debits_posted, totals.credits_posted, totals.credits_pending)
            }
        };
        // Each difference fits, their sum may not: 2 × 10^38 is beyond an i128. Saturating keeps its sign.
        let left = (room - used).saturating_add(overdraft - pending);
        Some(left.clamp(-MAX_UNITS, MAX_UNITS))
    }
}

/// Whether an account takes transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// It does.
    Open,
    /// It does not.
    Closed,
}

impl AccountState {
    /// Name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|state| state.name() == name)
    }
}

/// The four totals of an account, each 0 or more and within 38 digits, in units of its asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Posted debits.
    pub debits_posted: Units,
    /// Posted credits.
    pub credits_posted: Units,
    /// Open holds on the debit side.
    pub debits_pending: Units,
    /// Open holds on the credit side.
    pub credits_pending: Units,
}

impl Totals {
    /// Credits less debits.
    pub fn posted(&self) -> Units {
        self.credits_posted - self.debits_posted
    }

    /// Whether there is neither a balance nor a hold.
    pub fn is_empty(&self) -> bool {
        self.posted() == 0 && self.debits_pending == 0 && self.credits_pending == 0
    }
}

/// The totals of an account at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The account's asset.
    pub asset: AssetCode,
    /// Its decimal places.
    pub scale: u8,
    /// The totals.
    pub totals: Totals,
    /// What its rule still allows; `None` without a rule and for the past.
    pub available: Option<Units>,
    /// How many transfers had touched it.
    pub version: i64,
}

/// What an account is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// Its asset.
    pub asset: AssetCode,
    /// The caller's category; may be empty.
    pub code: String,
    /// The caller's own id for it.
    pub external_reference: Option<String>,
    /// The caller's attributes.
    pub metadata: Json,
    /// The limit of its balance.
    pub rule: BalanceRule,
    /// How far the rule may be passed.
    pub overdraft_limit: Decimal,
    /// Whether only the domain that opens it may move its money.
    pub reserved: bool,
}

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its asset.
    pub asset: AssetCode,
    /// Decimal places of the asset.
    pub scale: u8,
    /// The caller's category; may be empty.
    pub code: String,
    /// The caller's own id for it.
    pub external_reference: Option<String>,
    /// The caller's attributes.
    pub metadata: Json,
    /// Whether it takes transfers.
    pub state: AccountState,
    /// Whether only the domain that opened it may move its money.
    pub reserved: bool,
    /// The limit of its balance.
    pub rule: BalanceRule,
    /// How far the rule may be passed.
    pub overdraft_limit: Units,
    /// Its totals.
    pub totals: Totals,
    /// How many transfers touched it.
    pub version: i64,
    /// How often attributes or state changed: the etag.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When attributes or state last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// Its balance now.
    pub fn balance(&self) -> Balance {
        Balance {
            asset: self.asset.clone(),
            scale: self.scale,
            totals: self.totals,
            available: self.rule.available(&self.totals, self.overdraft_limit),
            version: self.version,
        }
    }
}

/// Attributes to change; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountChanges {
    /// The caller's category.
    pub code: Option<String>,
    /// The caller's own id; inner `None` clears it.
    pub external_reference: Option<Option<String>>,
    /// The caller's attributes.
    pub metadata: Option<Json>,
    /// How far the rule may be passed.
    pub overdraft_limit: Option<Decimal>,
}

/// Which accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Of this asset.
    pub asset: Option<AssetCode>,
    /// With this code.
    pub code: Option<String>,
    /// With this external reference.
    pub external_reference: Option<String>,
    /// In this state.
    pub state: Option<AccountState>,
}

/// The moment of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Now.
    Now,
    /// After the last transfer posted at or before this time.
    PostingTime(Timestamp),
    /// At the end of this day, by value date.
    ValueDate(Date),
}

/// A balance with the holds open at the same moment.
#[derive(Debug, Clone, PartialEq)]
pub struct BalanceView {
    /// The totals.
    pub balance: Balance,
    /// The open holds, oldest first.
    pub holds: Vec<Hold>,
    /// Whether there are more than shown.
    pub truncated: bool,
}
