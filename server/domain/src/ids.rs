//! Ids as types of their own, so that one cannot stand where another belongs.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a UUID; give one in the form 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct IdError;

/// Reads a UUID in its one canonical form: 36 characters with hyphens, upper case tolerated.
pub fn parse_uuid(text: &str) -> Result<Uuid, IdError> {
    // Uuid::parse_str also takes braces, URNs and bare hex: several spellings of one id would be several ids to a client.
    if text.len() != 36 {
        return Err(IdError);
    }
    Uuid::try_parse(text).map_err(|_| IdError)
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id, version 7: later ones sort later.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
            /// The id that stands for none: all zeros.
            pub const fn nil() -> Self {
                Self(Uuid::nil())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_uuid(text).map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

id! {
    /// An organisation; nil is the platform itself.
    TenantId;
    /// An API key; nil is the server (jobs).
    KeyId;
    /// An institution of the escrow domain, to which a key may be narrowed.
    InstitutionId;
    /// A mutation, as its caller names it.
    RequestId;
    /// A ledger account.
    AccountId;
    /// A transfer; also its request id.
    TransferId;
    /// Transfers linked with each other.
    GroupId;
    /// An audit event, or an event of a position.
    EventId;
    /// A kind of asset that an institution holds.
    AssetTemplateId;
    /// A single thing that positions are held for.
    EscrowAssetId;
    /// What is held for a holder.
    PositionId;
    /// A trading strategy.
    StrategyId;
    /// A trade decision.
    DecisionId;
    /// A fill of a decision.
    ExecutionId;
    /// A review of a decision.
    ReviewId;
}

impl TenantId {
    /// The tenant of platform keys.
    pub const PLATFORM: Self = Self::nil();

    /// The database role of the tenant.
    pub fn role(self) -> String {
        format!("app_tenant_{}", self.0.as_simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_only() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(id.parse::<AccountId>().map(|a| a.to_string()), Ok(id.to_owned()));
        assert_eq!(
            id.to_uppercase().parse::<AccountId>().map(|a| a.to_string()),
            Ok(id.to_owned())
        );
        for bad in [
            "",
            "x",
            &id.replace('-', ""),
            &format!("{{{id}}}"),
            &format!("urn:uuid:{id}"),
            &format!(" {id}"),
        ] {
            assert_eq!(bad.parse::<AccountId>(), Err(IdError), "{bad}");
        }
    }

    #[test]
    fn role_of_tenant() {
        assert_eq!(TenantId::PLATFORM.role(), "app_tenant_00000000000000000000000000000000");
    }
}
