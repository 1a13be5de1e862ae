//! Expiry of holds: the server's own commands, run by one replica at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::{KeyId, TenantId, TransferId};
use bursar_domain::limits::{DEFAULT_DEADLINE, EXPIRY_BATCH};
use bursar_domain::op::{Actor, MethodRule, OpCtx};
use bursar_domain::posting::{Command, Release, Submission};
use bursar_domain::role::Role;
use bursar_domain::transfer::Details;
use jiff::Timestamp;
use uuid::Uuid;

use super::sql;
use crate::kernel::{Entry, Store, col, transact};

impl Store {
    /// Releases holds whose timeout has passed; returns how many. Several replicas may call it: a hold that another
    /// released meanwhile is passed over, because it is looked at again under the accounts' locks.
    ///
    /// # Errors
    /// UNAVAILABLE while the database is down.
    pub async fn holds_expire(&self) -> Result<u64> {
        let limit = i64::try_from(EXPIRY_BATCH).unwrap_or(i64::MAX);
        let deadline = Instant::now() + DEFAULT_DEADLINE;
        let due: BTreeMap<TenantId, Vec<TransferId>> =
            transact!(self, Entry::role("bursar_jobs", deadline), |tx| {
                // Held until this look is over: one replica at a time goes on to release.
                let mut due = BTreeMap::<_, Vec<_>>::new();
                if tx.job_is_mine(HOLDS_EXPIRE).await? {
                    for row in tx.query(&sql::HOLD_DUE, &[&limit]).await? {
                        due.entry(TenantId(col(&row, "tenant_id")?))
                            .or_default()
                            .push(TransferId(col(&row, "id")?));
                    }
                }
                Ok(due)
            })?;
        let (mut released, mut failed) = (0, None);
        for (tenant, holds) in due {
            match self.posting_gather(&own(tenant), expiries(holds)).await {
                Ok(results) => {
                    let fresh = results.iter().flatten().filter(|done| !done.replayed);
                    released += u64::try_from(fresh.count()).unwrap_or(0);
                }
                // Offboarded since the look.
                Err(Error::Unauthenticated(_)) => {}
                // One tenant's trouble must not hold up the others'.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(released), Err)
    }
}

/// Names the job among the advisory locks.
const HOLDS_EXPIRE: i64 = 0x6275_7273_0001;

/// What the server itself submits.
fn expiries(holds: Vec<TransferId>) -> Submission {
    Submission {
        commands: holds.into_iter().map(expire).collect(),
        all_or_nothing: false,
        key: KeyId::nil(),
        institution: None,
        owned: Vec::new(),
    }
}

fn expire(pending: TransferId) -> Command {
    Command::Expire(Release { id: expiry_id(pending), pending, details: Details::default() })
}

/// The same for the same hold, so that two replicas cannot both expire it under different ids.
fn expiry_id(pending: TransferId) -> TransferId {
    TransferId(Uuid::new_v5(&pending.0, b"expire"))
}

/// The context of the server itself in a tenant.
fn own(tenant: TenantId) -> OpCtx {
    OpCtx {
        tenant,
        actor: Actor { key: KeyId::nil(), role: Role::Operator, institution: None },
        method: Arc::new(MethodRule {
            path: String::new(),
            name: "holds_expire".into(),
            permission: String::new(),
            roles: Vec::new(),
            action: "transfer.expire".into(),
            mutates: true,
            institution_scope: false,
        }),
        trace_id: Uuid::now_v7(),
        deadline: Instant::now() + DEFAULT_DEADLINE,
        occurred_at: Timestamp::now(),
    }
}
