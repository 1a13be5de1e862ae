//! Assets: the currencies and tokens that accounts are kept in.

use jiff::Timestamp;

use crate::json::Json;
use crate::money::AssetCode;

/// Kind of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetKind {
    /// A currency of ISO 4217.
    Fiat,
    /// A crypto asset.
    Crypto,
    /// Anything else.
    Other,
}

impl AssetKind {
    /// Name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fiat => "fiat",
            Self::Crypto => "crypto",
            Self::Other => "other",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Fiat, Self::Crypto, Self::Other].into_iter().find(|k| k.name() == name)
    }
}

/// What an asset is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAsset {
    /// Its code.
    pub code: AssetCode,
    /// Its name for people.
    pub name: String,
    /// Its decimal places, 0 to 18.
    pub scale: u8,
    /// Its kind.
    pub kind: AssetKind,
    /// The caller's attributes.
    pub metadata: Json,
}

/// A currency or token.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Its code.
    pub code: AssetCode,
    /// Its name for people.
    pub name: String,
    /// Its decimal places, 0 to 18.
    pub scale: u8,
    /// Its kind.
    pub kind: AssetKind,
    /// Whether every tenant has it.
    pub shared: bool,
    /// The caller's attributes.
    pub metadata: Json,
    /// When it was added.
    pub created_at: Timestamp,
}
