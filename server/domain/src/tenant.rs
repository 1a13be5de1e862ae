//! Tenants and their API keys.

use jiff::Timestamp;

use crate::ids::{InstitutionId, KeyId, TenantId};
use crate::role::Role;

/// State of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantState {
    /// Served.
    Active,
    /// Refused for now.
    Suspended,
    /// Offboarded.
    Deleted,
}

impl TenantState {
    /// Name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Deleted].into_iter().find(|s| s.name() == name)
    }
}

/// What a tenant may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantLimits {
    /// Most live API keys.
    pub max_api_keys: i32,
    /// Calls a second on one server; 0 for no limit.
    pub requests_per_second: i32,
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Its state.
    pub state: TenantState,
    /// Its limits.
    pub limits: TenantLimits,
    /// How often it changed: the etag.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// State of an API key at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It works.
    Active,
    /// Its expiry has passed.
    Expired,
    /// It was revoked.
    Revoked,
}

impl KeyState {
    /// Name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// The state at `now` of a key with these times. Revoked wins over expired.
    pub fn at(
        now: Timestamp,
        expires_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    ) -> Self {
        if revoked_at.is_some() {
            Self::Revoked
        } else if expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else {
            Self::Active
        }
    }
}

/// An API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, part of its text.
    pub id: KeyId,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// The institution it is narrowed to.
    pub institution: Option<InstitutionId>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The key that replaced it.
    pub successor: Option<KeyId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What an API key is to be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its id.
    pub id: KeyId,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// The institution it is narrowed to.
    pub institution: Option<InstitutionId>,
    /// Hash of its secret.
    pub hash: [u8; 32],
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}
