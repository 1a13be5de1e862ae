//! The trail of everything that changed something.

use jiff::Timestamp;

use crate::ids::{InstitutionId, KeyId, RequestId};
use crate::json::Json;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// Its id; a transfer's own id when it is one.
    pub id: uuid::Uuid,
    /// Who asked for it.
    pub key: KeyId,
    /// The institution the key was narrowed to.
    pub institution: Option<InstitutionId>,
    /// Name of the RPC.
    pub method: String,
    /// Path of the RPC.
    pub path: String,
    /// What was done.
    pub action: String,
    /// Kind of the resource.
    pub resource_type: String,
    /// Id of the resource.
    pub resource_id: String,
    /// The request, without secrets.
    pub payload: Json,
    /// The request id of the call.
    pub request_id: Option<RequestId>,
    /// When the server took the call up.
    pub occurred_at: Timestamp,
    /// When the change was written.
    pub recorded_at: Timestamp,
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Recorded then or later.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub to: Option<Timestamp>,
    /// Asked for by this key.
    pub key: Option<KeyId>,
    /// By keys narrowed to this institution.
    pub institution: Option<InstitutionId>,
    /// This action.
    pub action: Option<String>,
    /// Resources of this kind.
    pub resource_type: Option<String>,
    /// This resource.
    pub resource_id: Option<String>,
}
