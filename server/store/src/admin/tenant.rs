//! Tenants. Only keys of the platform come here; what onboarding and offboarding do is in the database's functions.

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::{KeyId, TenantId};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::refusal::Refusal;
use bursar_domain::tenant::{Tenant, TenantLimits, TenantState};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::sql;
use crate::kernel::{
    Change, Entry, Outcome, Store, Tx, TxResult, Write, col, mutate, named, transact,
};

/// What a tenant is to be, with its first key.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its limits.
    pub limits: TenantLimits,
    /// Id of its first key.
    pub key_id: KeyId,
    /// Label of that key.
    pub key_label: String,
    /// Hash of that key.
    pub key_hash: [u8; 32],
}

/// What to change of a tenant; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantChanges {
    /// New name.
    pub name: Option<String>,
    /// New limit of live API keys.
    pub max_api_keys: Option<i32>,
    /// New rate limit, in calls a second; 0 for none.
    pub requests_per_second: Option<i32>,
}

impl Store {
    /// Onboards a tenant. Returns it with the id of its first key.
    pub async fn tenant_create(
        &self,
        op: &OpCtx,
        write: &Write<(Tenant, KeyId)>,
        new: NewTenant,
    ) -> Result<Outcome<(Tenant, KeyId)>> {
        mutate!(self, op, write, |tx| {
            let hash = new.key_hash.as_slice();
            tx.query(
                &sql::TENANT_CREATE,
                &[
                    &new.id.0,
                    &new.name,
                    &new.limits.max_api_keys,
                    &new.limits.requests_per_second,
                    &new.key_id.0,
                    &new.key_label,
                    &hash,
                ],
            )
            .await?;
            let row = tx.query_opt(&sql::TENANT_GET, &[&new.id.0]).await?;
            let value = (one(row.as_ref(), new.id)?, new.key_id);
            Ok(Change { value, resource: "tenant", ids: vec![new.id.to_string()] })
        })
    }

    /// Reads a tenant.
    pub async fn tenant_get(&self, op: &OpCtx, id: TenantId) -> Result<Tenant> {
        not_platform(id)?;
        transact!(self, Entry::of(op), |tx| {
            let answers = tx.finish_read(&[(&sql::TENANT_GET, &[&id.0])]).await?;
            one(answers.first().and_then(|rows| rows.first()), id)
        })
    }

    /// Lists tenants, oldest first; the platform itself is none. Cursor: time and id.
    pub async fn tenant_list(
        &self,
        op: &OpCtx,
        state: Option<TenantState>,
        page: &PageRequest,
    ) -> Result<Page<Tenant>> {
        let after = page.cursor_time(0)?.unwrap_or(Timestamp::UNIX_EPOCH);
        let after_id = page.cursor_part(1)?.unwrap_or(Uuid::nil());
        let state = state.map(TenantState::name);
        transact!(self, Entry::of(op), |tx| {
            let answers = tx
                .finish_read(&[(&sql::TENANT_LIST, &[&after, &after_id, &state, &page.limit()])])
                .await?;
            let found = answers.iter().flatten().map(tenant).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |tenant| Cursor::at(tenant.created_at, tenant.id)))
        })
    }

    /// Changes name or limits.
    pub async fn tenant_update(
        &self,
        op: &OpCtx,
        write: &Write<Tenant>,
        id: TenantId,
        revision: Option<i64>,
        changes: TenantChanges,
    ) -> Result<Outcome<Tenant>> {
        mutate!(self, op, write, |tx| {
            let mut tenant = lock(tx, id).await?;
            if revision.is_some_and(|read| read != tenant.revision) {
                let current = tenant.revision.to_string();
                return Err(Error::EtagMismatch {
                    resource: "tenant",
                    id: id.to_string(),
                    current,
                }
                .into());
            }
            if tenant.state == TenantState::Deleted {
                return Err(state_not_allowed(&tenant).into());
            }
            if let Some(name) = &changes.name {
                tenant.name.clone_from(name);
            }
            let limits = &mut tenant.limits;
            limits.max_api_keys = changes.max_api_keys.unwrap_or(limits.max_api_keys);
            limits.requests_per_second =
                changes.requests_per_second.unwrap_or(limits.requests_per_second);
            update(tx, &tenant).await
        })
    }

    /// Stops all calls of a tenant.
    pub async fn tenant_suspend(
        &self,
        op: &OpCtx,
        write: &Write<Tenant>,
        id: TenantId,
    ) -> Result<Outcome<Tenant>> {
        mutate!(self, op, write, |tx| {
            move_state(tx, id, TenantState::Active, TenantState::Suspended).await
        })
    }

    /// Lets a suspended tenant call again.
    pub async fn tenant_resume(
        &self,
        op: &OpCtx,
        write: &Write<Tenant>,
        id: TenantId,
    ) -> Result<Outcome<Tenant>> {
        mutate!(self, op, write, |tx| {
            move_state(tx, id, TenantState::Suspended, TenantState::Active).await
        })
    }

    /// Offboards a tenant; refused while accounts have balances or holds, unless forced.
    pub async fn tenant_delete(
        &self,
        op: &OpCtx,
        write: &Write<Tenant>,
        id: TenantId,
        force: bool,
    ) -> Result<Outcome<Tenant>> {
        mutate!(self, op, write, |tx| {
            let tenant = lock(tx, id).await?;
            if tenant.state == TenantState::Deleted {
                return Err(state_not_allowed(&tenant).into());
            }
            if !force {
                let row = tx.query_opt(&sql::TENANT_OPEN_ACCOUNTS, &[&id.0]).await?;
                let open_accounts = row.map_or(Ok(0), |row| col::<i64>(&row, "open_accounts"))?;
                if open_accounts > 0 {
                    return Err(Refusal::TenantNotEmpty { open_accounts }.into());
                }
            }
            tx.query(&sql::TENANT_OFFBOARD, &[&id.0]).await?;
            let row = tx.query_opt(&sql::TENANT_GET, &[&id.0]).await?;
            Ok(Change {
                value: one(row.as_ref(), id)?,
                resource: "tenant",
                ids: vec![id.to_string()],
            })
        })
    }
}

/// The platform is not its own tenant.
fn not_platform(id: TenantId) -> Result<()> {
    if id == TenantId::PLATFORM { Err(Error::not_found("tenant", id)) } else { Ok(()) }
}

async fn lock(tx: &mut Tx, id: TenantId) -> TxResult<Tenant> {
    not_platform(id)?;
    let row = tx.query_opt(&sql::TENANT_LOCK, &[&id.0]).await?;
    one(row.as_ref(), id)
}

async fn move_state(
    tx: &mut Tx,
    id: TenantId,
    from: TenantState,
    to: TenantState,
) -> TxResult<Change<Tenant>> {
    let mut tenant = lock(tx, id).await?;
    if tenant.state != from {
        return Err(state_not_allowed(&tenant).into());
    }
    tenant.state = to;
    update(tx, &tenant).await
}

async fn update(tx: &mut Tx, tenant: &Tenant) -> TxResult<Change<Tenant>> {
    let limits = tenant.limits;
    let row = tx
        .query_opt(
            &sql::TENANT_UPDATE,
            &[
                &tenant.id.0,
                &tenant.name,
                &limits.max_api_keys,
                &limits.requests_per_second,
                &tenant.state.name(),
            ],
        )
        .await?;
    Ok(Change {
        value: one(row.as_ref(), tenant.id)?,
        resource: "tenant",
        ids: vec![tenant.id.to_string()],
    })
}

fn state_not_allowed(tenant: &Tenant) -> Refusal {
    Refusal::StateNotAllowed { resource: "tenant", state: tenant.state.name() }
}

fn one(row: Option<&Row>, id: TenantId) -> TxResult<Tenant> {
    tenant(row.ok_or_else(|| Error::not_found("tenant", id))?)
}

fn tenant(row: &Row) -> TxResult<Tenant> {
    Ok(Tenant {
        id: TenantId(col(row, "tenant_id")?),
        name: col(row, "name")?,
        state: named(row, "state", TenantState::from_name)?,
        limits: TenantLimits {
            max_api_keys: col(row, "max_api_keys")?,
            requests_per_second: col(row, "requests_per_second")?,
        },
        revision: col(row, "revision")?,
        created_at: col(row, "created_at")?,
        updated_at: col(row, "updated_at")?,
    })
}
