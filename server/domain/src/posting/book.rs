//! The rows a batch works on, as they were read under lock.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::account::{AccountState, BalanceRule, Totals};
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupId, TransferId};
use crate::money::{AssetCode, Decimal, Units};
use crate::transfer::{Hold, Transfer};

/// What posting needs to know of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The account.
    pub id: AccountId,
    /// Its asset.
    pub asset: AssetCode,
    /// Decimal places of the asset.
    pub scale: u8,
    /// The limit of its balance.
    pub rule: BalanceRule,
    /// How far the rule may be passed.
    pub overdraft_limit: Units,
    /// Whether it takes transfers.
    pub state: AccountState,
    /// Whether it takes only transfers of the domain that opened it.
    pub reserved: bool,
    /// Its totals.
    pub totals: Totals,
    /// How many transfers touched it.
    pub version: i64,
    /// When the last of them was posted.
    pub last_posted_at: Timestamp,
}

impl Seat {
    /// What its rule still allows; `None` without a rule.
    pub fn available(&self) -> Option<Units> {
        self.rule.available(&self.totals, self.overdraft_limit)
    }

    /// Units of its asset as a decimal.
    pub fn decimal(&self, units: Units) -> Decimal {
        Decimal::from_units(units, self.scale)
    }
}

/// Everything the commands of a batch can touch or must be compared with.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// The locked accounts.
    pub seats: HashMap<AccountId, Seat>,
    /// Holds named by the commands.
    pub holds: HashMap<TransferId, Hold>,
    /// Transfers that have an id of the commands, or are to be reversed.
    pub transfers: HashMap<TransferId, Transfer>,
    /// Reversals by what they reversed.
    pub reversals: HashMap<TransferId, TransferId>,
    /// Ids that can never be used.
    pub fenced: HashSet<TransferId>,
    /// Groups of the commands that an earlier call used.
    pub groups: HashSet<GroupId>,
}

impl Book {
    /// The account, or NOT_FOUND.
    pub fn seat(&self, id: AccountId) -> Result<&Seat> {
        self.seats.get(&id).ok_or_else(|| Error::not_found("account", id))
    }

    /// The hold of a pending transfer, or NOT_FOUND.
    pub fn hold(&self, pending: TransferId) -> Result<&Hold> {
        self.holds.get(&pending).ok_or_else(|| Error::not_found("pending transfer", pending))
    }
}
