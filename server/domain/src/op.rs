//! Who asks for what, until when: goes first through every call below the transport.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use uuid::Uuid;

use crate::ids::{InstitutionId, KeyId, TenantId};
use crate::role::Role;

/// What the protos' options say of one RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodRule {
    /// Path of the RPC, such as `/bursar.ledger.v1.AccountService/CreateAccount`.
    pub path: String,
    /// Name of the RPC, such as `CreateAccount`.
    pub name: String,
    /// Permission it needs.
    pub permission: String,
    /// Roles that hold the permission.
    pub roles: Vec<Role>,
    /// Its audit action; empty for reads.
    pub action: String,
    /// Whether it changes something.
    pub mutates: bool,
    /// Whether a key narrowed to an institution may call it.
    pub institution_scope: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The API key; nil for the server's own jobs.
    pub key: KeyId,
    /// Its role.
    pub role: Role,
    /// The institution it is narrowed to.
    pub institution: Option<InstitutionId>,
}

/// The context of one call.
#[derive(Debug, Clone)]
pub struct OpCtx {
    /// Whose data.
    pub tenant: TenantId,
    /// Who asks.
    pub actor: Actor,
    /// For which RPC.
    pub method: Arc<MethodRule>,
    /// Names the call in logs and in internal errors.
    pub trace_id: Uuid,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// When the server took the call up.
    pub occurred_at: Timestamp,
}

impl OpCtx {
    /// Time left until the deadline; zero when it has passed.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
