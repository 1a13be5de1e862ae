//! Transfers and the holds that pending ones make.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::account::Totals;
use crate::ids::{AccountId, GroupId, InstitutionId, KeyId, TransferId};
use crate::json::Json;
use crate::money::{AssetCode, Units};

/// What a transfer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferKind {
    /// Moves money at once.
    Direct,
    /// Reserves money on both accounts.
    Pending,
    /// Moves all or part of what was reserved.
    Post,
    /// Releases what is still reserved.
    Void,
    /// Releases it because its timeout passed.
    Expire,
    /// Moves the money of an earlier transfer back.
    Reversal,
}

impl TransferKind {
    const ALL: [Self; 6] =
        [Self::Direct, Self::Pending, Self::Post, Self::Void, Self::Expire, Self::Reversal];

    /// Name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Pending => "pending",
            Self::Post => "post",
            Self::Void => "void",
            Self::Expire => "expire",
            Self::Reversal => "reversal",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// State of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// Something is still reserved.
    Open,
    /// All was posted, or a part and the rest released.
    Posted,
    /// What remained was voided.
    Voided,
    /// What remained expired.
    Expired,
}

impl HoldState {
    const ALL: [Self; 4] = [Self::Open, Self::Posted, Self::Voided, Self::Expired];

    /// Name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Posted => "posted",
            Self::Voided => "voided",
            Self::Expired => "expired",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What changes about a pending transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The pending transfer.
    pub id: TransferId,
    /// Account to be debited.
    pub debit: AccountId,
    /// Account to be credited.
    pub credit: AccountId,
    /// Decimal places of the asset.
    pub scale: u8,
    /// What was first reserved.
    pub amount: Units,
    /// What still is.
    pub remaining: Units,
    /// Its state.
    pub state: HoldState,
    /// When it expires by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended; `None` while open.
    pub ended_at: Option<Timestamp>,
}

/// The totals of one side right after a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// How many transfers had touched the account, this one included.
    pub version: i64,
    /// The totals.
    pub totals: Totals,
}

/// What a caller says about a transfer beside the money.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// The caller's category; may be empty.
    pub code: String,
    /// The caller's own id for it.
    pub external_reference: Option<String>,
    /// The caller's attributes; `None` when there are none.
    pub metadata: Option<Json>,
    /// The day it counts for; the posting day when not given.
    pub value_date: Option<Date>,
}

/// A transfer as it is stored: append-only.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// Its id, also its request id.
    pub id: TransferId,
    /// What it does.
    pub kind: TransferKind,
    /// Account debited.
    pub debit: AccountId,
    /// Account credited.
    pub credit: AccountId,
    /// The accounts' asset.
    pub asset: AssetCode,
    /// Its decimal places.
    pub scale: u8,
    /// What moved, was reserved or was released.
    pub amount: Units,
    /// The caller's category; may be empty.
    pub code: String,
    /// The caller's own id for it.
    pub external_reference: Option<String>,
    /// The caller's attributes; `None` when there are none.
    pub metadata: Option<Json>,
    /// The day it counts for.
    pub value_date: Date,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// The pending transfer it posts, voids or expires.
    pub pending: Option<TransferId>,
    /// The transfer it reverses.
    pub reversed: Option<TransferId>,
    /// The group it was linked in.
    pub group: Option<GroupId>,
    /// Timeout of a pending transfer.
    pub timeout_seconds: Option<u32>,
    /// A post without an amount of its own: all that remained.
    pub whole: bool,
    /// A post that released what remained after it.
    pub release_remainder: bool,
    /// Who asked for it; nil for the expiry job.
    pub key: KeyId,
    /// The institution that key was narrowed to.
    pub institution: Option<InstitutionId>,
    /// The debited account right after it.
    pub debit_after: After,
    /// The credited account right after it.
    pub credit_after: After,
    /// What became of the reservation; only on pending transfers that are read back.
    pub hold: Option<Hold>,
}

impl Transfer {
    /// Whether it counts for another day than the one it was posted on.
    pub fn is_shifted(&self) -> bool {
        self.value_date != utc_day(self.posted_at)
    }

    /// When the reservation of a pending transfer expires.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let seconds = self.timeout_seconds?;
        self.posted_at.checked_add(jiff::SignedDuration::from_secs(i64::from(seconds))).ok()
    }
}

/// The day of a time, in UTC.
pub fn utc_day(time: Timestamp) -> Date {
    jiff::tz::Offset::UTC.to_datetime(time).date()
}

/// Which side of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Transfers that debit it.
    Debit,
    /// Transfers that credit it.
    Credit,
}

/// Which transfers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransferFilter {
    /// Touching this account.
    pub account: Option<AccountId>,
    /// On this side of it.
    pub side: Option<Side>,
    /// With this code.
    pub code: Option<String>,
    /// Of this kind.
    pub kind: Option<TransferKind>,
    /// Posted then or later.
    pub from: Option<Timestamp>,
    /// Posted before.
    pub to: Option<Timestamp>,
    /// With this external reference.
    pub external_reference: Option<String>,
    /// Whose metadata contains this.
    pub metadata: Option<Json>,
    /// Of this group.
    pub group: Option<GroupId>,
    /// Posting, voiding or expiring this pending transfer.
    pub pending: Option<TransferId>,
}
