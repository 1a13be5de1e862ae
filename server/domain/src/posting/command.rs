//! What can be asked of the machine.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::{AccountId, GroupId, InstitutionId, KeyId, TransferId};
use crate::money::Money;
use crate::transfer::Details;

/// A hold to be made instead of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Release it by itself after so many seconds.
    pub timeout_seconds: Option<u32>,
}

/// A new transfer.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Its id.
    pub id: TransferId,
    /// Account to debit.
    pub debit: AccountId,
    /// Account to credit.
    pub credit: AccountId,
    /// How much.
    pub amount: Money,
    /// Reserve only.
    pub hold: Option<Hold>,
    /// Succeeds or fails with its neighbours of the same group.
    pub group: Option<GroupId>,
    /// What else the caller says.
    pub details: Details,
}

/// Post what a hold reserves.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Id of the new transfer.
    pub id: TransferId,
    /// The pending transfer.
    pub pending: TransferId,
    /// How much; all that remains when `None`.
    pub amount: Option<Money>,
    /// Release what remains after it.
    pub release_remainder: bool,
    /// What else the caller says.
    pub details: Details,
}

/// Release what a hold still reserves.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Id of the new transfer.
    pub id: TransferId,
    /// The pending transfer.
    pub pending: TransferId,
    /// What else the caller says.
    pub details: Details,
}

/// Move the money of an earlier transfer back.
#[derive(Debug, Clone, PartialEq)]
pub struct Reverse {
    /// Id of the new transfer.
    pub id: TransferId,
    /// The transfer to reverse.
    pub original: TransferId,
    /// What else the caller says.
    pub details: Details,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Post or reserve.
    Create(Create),
    /// Post a hold.
    Post(Post),
    /// Void a hold.
    Void(Release),
    /// Expire a hold: the server's own.
    Expire(Release),
    /// Reverse a transfer.
    Reverse(Reverse),
}

impl Command {
    /// Id of the transfer it makes.
    pub fn id(&self) -> TransferId {
        match self {
            Self::Create(c) => c.id,
            Self::Post(c) => c.id,
            Self::Void(c) | Self::Expire(c) => c.id,
            Self::Reverse(c) => c.id,
        }
    }

    /// The group it stands and falls with.
    pub fn group(&self) -> Option<GroupId> {
        match self {
            Self::Create(c) => c.group,
            _ => None,
        }
    }

    /// The pending transfer it is about.
    pub fn pending(&self) -> Option<TransferId> {
        match self {
            Self::Post(c) => Some(c.pending),
            Self::Void(c) | Self::Expire(c) => Some(c.pending),
            _ => None,
        }
    }

    /// The transfer it reverses.
    pub fn original(&self) -> Option<TransferId> {
        match self {
            Self::Reverse(c) => Some(c.original),
            _ => None,
        }
    }

    /// What the caller says beside the money.
    pub fn details(&self) -> &Details {
        match self {
            Self::Create(c) => &c.details,
            Self::Post(c) => &c.details,
            Self::Void(c) | Self::Expire(c) => &c.details,
            Self::Reverse(c) => &c.details,
        }
    }
}

/// The commands of one call: one caller's, to be run in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// The commands.
    pub commands: Vec<Command>,
    /// Whether one refusal refuses all.
    pub all_or_nothing: bool,
    /// Who asks.
    pub key: KeyId,
    /// The institution that key is narrowed to.
    pub institution: Option<InstitutionId>,
    /// The reserved accounts whose owner submits this: a domain, for its own. Empty for callers.
    pub owned: Vec<AccountId>,
}

/// The submissions of one tenant that are run together, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The submissions. A refusal in one never touches another.
    pub submissions: &'a [&'a Submission],
    /// The database's clock, read after the accounts were locked, in whole microseconds.
    pub now: Timestamp,
    /// The last closed day, read after the same locks.
    pub closed_through: Option<Date>,
}
