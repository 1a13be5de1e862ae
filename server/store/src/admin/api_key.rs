//! API keys, and finding one at sign-in.

use std::time::{Duration, Instant};

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::{InstitutionId, KeyId, TenantId};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::refusal::Refusal;
use bursar_domain::role::Role;
use bursar_domain::tenant::{ApiKey, KeyState, NewApiKey, TenantState};
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use super::sql;
use crate::escrow::institution_known;
use crate::kernel::{
    Change, Entry, Fault, Outcome, Store, Tx, TxResult, Write, col, mutate, named, transact,
};

/// What sign-in needs to know of a key.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    /// Its tenant.
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// The tenant's state.
    pub tenant_state: TenantState,
    /// The tenant's rate limit, in calls a second; 0 for none.
    pub requests_per_second: u32,
    /// What the key is for.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// The institution it is narrowed to.
    pub institution: Option<InstitutionId>,
    /// Hash of its secret.
    pub hash: Vec<u8>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Store {
    /// Finds a key by its id, whatever its tenant: the one look-up that needs no tenant.
    pub async fn key_find(&self, id: KeyId, deadline: Instant) -> Result<Option<KeyRecord>> {
        transact!(self, Entry::role("bursar_auth", deadline), |tx| {
            let answers = tx.finish_read(&[(&sql::KEY_FIND, &[&id.0])]).await?;
            answers.first().and_then(|rows| rows.first()).map(record).transpose()
        })
    }

    /// Makes a key. QUOTA_REACHED when the tenant has as many live ones as it may. An institution that it is narrowed to
    /// must be there; none is ever deleted.
    pub async fn key_create(
        &self,
        op: &OpCtx,
        write: &Write<ApiKey>,
        new: NewApiKey,
    ) -> Result<Outcome<ApiKey>> {
        mutate!(self, op, write, |tx| {
            check_quota(tx, op).await?;
            if let Some(institution) = new.institution
                && !institution_known(tx, op, institution).await?
            {
                let problem = "names no institution; ListInstitutions shows them";
                return Err(Error::invalid("institution_id", problem).into());
            }
            let value = insert(tx, op, &new).await?;
            Ok(Change { value, resource: "api_key", ids: vec![new.id.to_string()] })
        })
    }

    /// Reads a key.
    pub async fn key_get(&self, op: &OpCtx, id: KeyId) -> Result<ApiKey> {
        transact!(self, Entry::of(op), |tx| {
            let answers = tx.finish_read(&[(&sql::KEY_GET, &[&op.tenant.0, &id.0])]).await?;
            one(answers.first().and_then(|rows| rows.first()), id)
        })
    }

    /// Lists keys, oldest first. Cursor: time and id.
    pub async fn key_list(
        &self,
        op: &OpCtx,
        state: Option<KeyState>,
        page: &PageRequest,
    ) -> Result<Page<ApiKey>> {
        let after = page.cursor_time(0)?.unwrap_or(Timestamp::UNIX_EPOCH);
        let after_id = page.cursor_part(1)?.unwrap_or(Uuid::nil());
        let state = state.map(KeyState::name);
        transact!(self, Entry::of(op), |tx| {
            let answers = tx
                .finish_read(&[(
                    &sql::KEY_LIST,
                    &[&op.tenant.0, &after, &after_id, &state, &page.limit()],
                )])
                .await?;
            let found = answers.iter().flatten().map(api_key).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |key| Cursor::at(key.created_at, key.id)))
        })
    }

    /// Makes a successor of a key and ends the old one after the overlap. Returns the successor and the old key.
    #[allow(clippy::too_many_arguments)]
    pub async fn key_rotate(
        &self,
        op: &OpCtx,
        write: &Write<(ApiKey, ApiKey)>,
        id: KeyId,
        new_id: KeyId,
        new_hash: [u8; 32],
        overlap: Duration,
        expires_at: Option<Timestamp>,
    ) -> Result<Outcome<(ApiKey, ApiKey)>> {
        mutate!(self, op, write, |tx| {
            let old = lock(tx, op, id).await?;
            let state = KeyState::at(Timestamp::now(), old.expires_at, old.revoked_at);
            if state != KeyState::Active {
                return Err(
                    Refusal::StateNotAllowed { resource: "API key", state: state.name() }.into()
                );
            }
            if old.successor.is_some() {
                return Err(
                    Refusal::StateNotAllowed { resource: "API key", state: "rotated" }.into()
                );
            }
            check_quota(tx, op).await?;
            let (label, role, institution) = (old.label, old.role, old.institution);
            let new =
                NewApiKey { id: new_id, label, role, institution, hash: new_hash, expires_at };
            let successor = insert(tx, op, &new).await?;
            let end = SignedDuration::try_from(overlap)
                .ok()
                .and_then(|overlap| Timestamp::now().checked_add(overlap).ok())
                .ok_or_else(|| Error::invalid("overlap", "is beyond the calendar"))?;
            let row =
                tx.query_opt(&sql::KEY_SUCCEED, &[&op.tenant.0, &id.0, &new_id.0, &end]).await?;
            let old = one(row.as_ref(), id)?;
            Ok(Change { value: (successor, old), resource: "api_key", ids: vec![id.to_string()] })
        })
    }

    /// Ends a key.
    pub async fn key_revoke(
        &self,
        op: &OpCtx,
        write: &Write<ApiKey>,
        id: KeyId,
    ) -> Result<Outcome<ApiKey>> {
        mutate!(self, op, write, |tx| {
            if lock(tx, op, id).await?.revoked_at.is_some() {
                return Err(Refusal::StateNotAllowed {
                    resource: "API key",
                    state: KeyState::Revoked.name(),
                }
                .into());
            }
            let row = tx.query_opt(&sql::KEY_REVOKE, &[&op.tenant.0, &id.0]).await?;
            Ok(Change {
                value: one(row.as_ref(), id)?,
                resource: "api_key",
                ids: vec![id.to_string()],
            })
        })
    }
}

async fn lock(tx: &mut Tx, op: &OpCtx, id: KeyId) -> TxResult<ApiKey> {
    let row = tx.query_opt(&sql::KEY_LOCK, &[&op.tenant.0, &id.0]).await?;
    one(row.as_ref(), id)
}

async fn check_quota(tx: &mut Tx, op: &OpCtx) -> TxResult<()> {
    let row = tx.query_opt(&sql::KEY_COUNT, &[&op.tenant.0]).await?;
    let row = row.ok_or_else(|| Fault::Other("no count".into()))?;
    let maximum = i64::from(col::<i32>(&row, "maximum")?);
    if col::<i64>(&row, "live")? >= maximum {
        return Err(Error::QuotaReached { limit: "max_api_keys", maximum }.into());
    }
    Ok(())
}

async fn insert(tx: &mut Tx, op: &OpCtx, new: &NewApiKey) -> TxResult<ApiKey> {
    let institution = new.institution.map(|i| i.0);
    let hash = new.hash.as_slice();
    let row = tx
        .query_opt(
            &sql::KEY_INSERT,
            &[
                &op.tenant.0,
                &new.id.0,
                &new.label,
                &new.role.name(),
                &institution,
                &hash,
                &new.expires_at,
            ],
        )
        .await?;
    one(row.as_ref(), new.id)
}

fn one(row: Option<&Row>, id: KeyId) -> TxResult<ApiKey> {
    api_key(row.ok_or_else(|| Error::not_found("api_key", id))?)
}

fn api_key(row: &Row) -> TxResult<ApiKey> {
    Ok(ApiKey {
        id: KeyId(col(row, "id")?),
        label: col(row, "label")?,
        role: named(row, "role", Role::from_name)?,
        institution: col::<Option<Uuid>>(row, "institution_id")?.map(InstitutionId),
        expires_at: col(row, "expires_at")?,
        revoked_at: col(row, "revoked_at")?,
        successor: col::<Option<Uuid>>(row, "successor_id")?.map(KeyId),
        created_at: col(row, "created_at")?,
    })
}

fn record(row: &Row) -> TxResult<KeyRecord> {
    Ok(KeyRecord {
        tenant: TenantId(col(row, "tenant_id")?),
        tenant_name: col(row, "tenant_name")?,
        tenant_state: named(row, "tenant_state", TenantState::from_name)?,
        requests_per_second: u32::try_from(col::<i32>(row, "requests_per_second")?).unwrap_or(0),
        label: col(row, "label")?,
        role: named(row, "role", Role::from_name)?,
        institution: col::<Option<Uuid>>(row, "institution_id")?.map(InstitutionId),
        hash: col(row, "hash")?,
        expires_at: col(row, "expires_at")?,
        revoked_at: col(row, "revoked_at")?,
    })
}
