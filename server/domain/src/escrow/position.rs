//! Positions and what is told of them.

use jiff::Timestamp;

use super::state::PositionState;
use crate::ids::{
    AccountId, AssetTemplateId, EscrowAssetId, EventId, InstitutionId, KeyId, PositionId,
    TransferId,
};
use crate::json::Json;
use crate::money::{AssetCode, Money, Units};

/// Makes an enum with its names in the database.
macro_rules! names {
    ($($(#[$doc:meta])* $enum:ident { $($(#[$value_doc:meta])* $value:ident = $name:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum {
            $($(#[$value_doc])* $value,)+
        }

        impl $enum {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// Name in the database.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            /// The one of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    )+};
}

names! {
    /// What happened to a position.
    PositionEventKind {
        /// It was made.
        Created = "created",
        /// It went to another state.
        Moved = "moved",
        /// A part was released.
        PartlyReleased = "partly_released",
        /// A part was paid back.
        PartlyRefunded = "partly_refunded",
        /// A release waits for another key.
        ReleaseProposed = "release_proposed",
    }
    /// What a position moved in the ledger.
    LedgerEventKind {
        /// Into its account.
        Funding = "funded",
        /// Out of it, to whom it was held for.
        Release = "released",
        /// Out of it, back.
        Refund = "refunded",
    }
}

/// What a position is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPosition {
    /// What it is held for.
    pub asset: EscrowAssetId,
    /// The caller's id for whom it is held for.
    pub holder_reference: String,
    /// What it will be funded with.
    pub amount: Money,
    /// The caller's own id for it.
    pub external_reference: Option<String>,
    /// The caller's attributes.
    pub metadata: Json,
}

/// A release that waits for another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// Who proposed it.
    pub key: KeyId,
    /// The account to be paid.
    pub account: AccountId,
    /// How much.
    pub amount: Units,
}

/// What of a position changes: all of it stands in its latest event too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Where in its life it is.
    pub state: PositionState,
    /// What its account holds of it.
    pub held: Units,
    /// What releases have paid out.
    pub released: Units,
    /// What was paid back.
    pub refunded: Units,
    /// The account that funded it.
    pub funding_account: Option<AccountId>,
    /// A release that waits for another key.
    pub proposal: Option<Proposal>,
}

/// A position as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// Its id.
    pub id: PositionId,
    /// The institution that holds it.
    pub institution: InstitutionId,
    /// The asset's template.
    pub template: AssetTemplateId,
    /// What it is held for.
    pub asset: EscrowAssetId,
    /// The caller's id for whom it is held for.
    pub holder_reference: String,
    /// The ledger's asset it is kept in.
    pub currency: AssetCode,
    /// Its decimal places.
    pub scale: u8,
    /// What it is funded with.
    pub amount: Units,
    /// What changes about it.
    pub holding: Holding,
    /// The caller's own id for it.
    pub external_reference: Option<String>,
    /// The caller's attributes.
    pub metadata: Json,
    /// How many events it has had: the etag.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl PositionId {
    /// The ledger account that holds the position's money: it has the position's id.
    #[must_use]
    pub fn account(self) -> AccountId {
        AccountId(self.0)
    }
}

impl Position {
    /// The ledger account that holds its money.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.id.account()
    }
}

/// An event of a position, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionEvent {
    /// Its id.
    pub id: EventId,
    /// The position.
    pub position: PositionId,
    /// Its institution.
    pub institution: InstitutionId,
    /// Decimal places of the position's amounts.
    pub scale: u8,
    /// The position's revision after it.
    pub revision: i64,
    /// What happened.
    pub kind: PositionEventKind,
    /// The state before; none for the first.
    pub previous: Option<PositionState>,
    /// The state after.
    pub state: PositionState,
    /// What moved, or is proposed to.
    pub amount: Units,
    /// What the account held after it.
    pub held: Units,
    /// What releases had paid out after it.
    pub released: Units,
    /// What had been paid back after it.
    pub refunded: Units,
    /// The account on the other side of the money.
    pub account: Option<AccountId>,
    /// Why, in the caller's words.
    pub reason: String,
    /// What else the caller said.
    pub metadata: Json,
    /// The transfers it made.
    pub transfers: Vec<TransferId>,
    /// Who did it.
    pub key: KeyId,
    /// When.
    pub occurred_at: Timestamp,
}

/// A transfer that a position made.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerEvent {
    /// The transfer.
    pub transfer: TransferId,
    /// The position.
    pub position: PositionId,
    /// Its institution.
    pub institution: InstitutionId,
    /// What it was for.
    pub kind: LedgerEventKind,
    /// The state before.
    pub previous: PositionState,
    /// The state after.
    pub state: PositionState,
    /// The account debited.
    pub debit: AccountId,
    /// The account credited.
    pub credit: AccountId,
    /// The ledger's asset.
    pub currency: AssetCode,
    /// Its decimal places.
    pub scale: u8,
    /// How much.
    pub amount: Units,
    /// The metadata of the transition.
    pub payload: Json,
    /// Who did it.
    pub key: KeyId,
    /// When.
    pub occurred_at: Timestamp,
}

/// Which positions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PositionFilter {
    /// Of this institution.
    pub institution: Option<InstitutionId>,
    /// For this asset.
    pub asset: Option<EscrowAssetId>,
    /// With an asset of this template.
    pub template: Option<AssetTemplateId>,
    /// For this holder.
    pub holder_reference: Option<String>,
    /// Kept in this asset of the ledger.
    pub currency: Option<AssetCode>,
    /// In this state.
    pub state: Option<PositionState>,
    /// With this external reference.
    pub external_reference: Option<String>,
    /// Made at this time or later.
    pub from: Option<Timestamp>,
    /// Made before this time.
    pub to: Option<Timestamp>,
    /// Whose metadata contains this.
    pub metadata: Option<Json>,
}

/// Which events, of positions (`K` is [`PositionEventKind`]) or in the ledger ([`LedgerEventKind`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter<K> {
    /// Of this position.
    pub position: Option<PositionId>,
    /// Of positions of this institution.
    pub institution: Option<InstitutionId>,
    /// Of this kind.
    pub kind: Option<K>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}
