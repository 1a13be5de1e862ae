//! Into what a transaction enters.

use std::time::Instant;

use bursar_domain::ids::TenantId;
use bursar_domain::op::OpCtx;
use tokio_postgres::error::SqlState;

/// Role, tenant and deadline of a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Role to take.
    pub(super) role: String,
    /// Tenant to enter; empty for none.
    pub(super) tenant: String,
    /// Institution the key is narrowed to; empty for none.
    pub(super) institution: String,
    /// When the caller stops waiting.
    pub(super) deadline: Instant,
    /// The deadline is the server's own for work that several callers share: that each statement has it anew is well.
    pub(super) shared: bool,
}

impl Entry {
    /// The caller's tenant.
    pub(crate) fn of(op: &OpCtx) -> Self {
        Self {
            role: op.tenant.role(),
            tenant: op.tenant.to_string(),
            institution: op.actor.institution.map(|i| i.to_string()).unwrap_or_default(),
            deadline: op.deadline,
            shared: false,
        }
    }

    /// A tenant, for work that several of its callers share: narrowed to no institution.
    pub(crate) fn tenant(tenant: TenantId, deadline: Instant) -> Self {
        let (role, tenant) = (tenant.role(), tenant.to_string());
        Self { role, tenant, institution: String::new(), deadline, shared: true }
    }

    /// Another of the service's roles, outside any tenant.
    pub(crate) fn role(role: &str, deadline: Instant) -> Self {
        Self {
            role: role.to_owned(),
            tenant: String::new(),
            institution: String::new(),
            deadline,
            shared: false,
        }
    }

    /// Whether that is PostgreSQL's word for a tenant's role that does not exist. Logged, for it may also mean that a
    /// restore brought the rows without the roles.
    pub(super) fn lacks_role(&self, error: &tokio_postgres::Error) -> bool {
        let lacks =
            !self.tenant.is_empty() && error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE);
        if lacks {
            tracing::warn!(role = %self.role, "the tenant's role is not there; its calls end as with a revoked key");
        }
        lacks
    }
}
