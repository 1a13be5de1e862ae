//! Sealing: the server's own job, after commit, so that no writer waits for it (ADR 15).

use std::collections::BTreeMap;
use std::time::Instant;

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::TenantId;
use bursar_domain::limits::{DEFAULT_DEADLINE, SEAL_ROWS};
use bursar_domain::op::OpCtx;
use bursar_domain::seal::{Checkpoint, Leaf, Seal, Sealed};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::sql;
use crate::kernel::{Entry, Fault, Store, Tx, TxResult, col, transact};
use crate::ledger::{SEALED_TRANSFERS, SealedRows};

/// Names the job among the advisory locks.
const SEAL: i64 = 0x6275_7273_0002;
/// Transaction numbers that the first look of a run spans.
const FIRST_SPAN: i64 = 1_024;

/// Audit events.
pub(super) static SEALED_EVENTS: SealedRows = SealedRows {
    kind: Sealed::Event,
    cut: &sql::EVENT_SEALED_CUT,
    range: &sql::EVENT_SEALED_RANGE,
    get: &sql::EVENT_SEALED_GET,
    walk: &sql::EVENT_SEALED_WALK,
};

/// All that is sealed.
pub(super) fn sources() -> [&'static SealedRows; 2] {
    [&SEALED_EVENTS, &SEALED_TRANSFERS]
}

impl Store {
    /// Seals what was committed since the last run, up to a limit; returns how many rows. One replica at a time does.
    ///
    /// # Errors
    /// UNAVAILABLE while the database is down; INTERNAL when it has fewer transactions behind it than were sealed.
    pub async fn audit_seal(&self) -> Result<u64> {
        transact!(self, Entry::role("bursar_jobs", Instant::now() + DEFAULT_DEADLINE), |tx| {
            if !tx.job_is_mine(SEAL).await? {
                return Ok(0);
            }
            let Some((from, below, now)) = range(tx).await? else {
                return Ok(0);
            };
            let mut found = BTreeMap::<TenantId, Vec<Leaf>>::new();
            for source in sources() {
                for (tenant, leaf) in source.range(tx, (from, below)).await? {
                    found.entry(tenant).or_default().push(leaf);
                }
            }
            let rows = found.values().map(Vec::len).sum::<usize>();
            if rows > 0 {
                continue_chains(tx, found, below, now).await?;
            }
            Ok(u64::try_from(rows).unwrap_or(u64::MAX))
        })
    }

    /// The caller's seal at a place, the last one without a place.
    pub async fn audit_checkpoint(&self, op: &OpCtx, position: Option<i64>) -> Result<Checkpoint> {
        let (from, to) = position.map_or((1, i64::MAX), |position| (position, position));
        transact!(self, Entry::of(op), |tx| {
            let answers =
                tx.finish_read(&[(&sql::SEAL_POINT, &[&op.tenant.0, &from, &to])]).await?;
            let row = answers.iter().flatten().next();
            let absent = || Error::not_found("seal", position.unwrap_or(0));
            point(row.ok_or_else(absent)?)
        })
    }
}

/// The transactions to seal now: from, below, and the time. None when there is nothing new.
async fn range(tx: &mut Tx) -> TxResult<Option<(i64, i64, Timestamp)>> {
    let row = tx.query_opt(&sql::SEAL_FROM, &[]).await?;
    let row = row.ok_or_else(|| Fault::Other("seal_from answered nothing".into()))?;
    let (from, horizon) = (col::<i64>(&row, "sealed")?, col::<i64>(&row, "horizon")?);
    if horizon < from {
        // Rows of a dump that was restored into a younger cluster: see ADR 15.
        let text =
            format!("transactions below {from} are sealed, and this database is at {horizon}");
        return Err(Fault::Other(text));
    }
    let limit = i64::try_from(SEAL_ROWS).unwrap_or(i64::MAX);
    let mut span = FIRST_SPAN;
    loop {
        let below = from.saturating_add(span).min(horizon);
        let (mut first, mut cut) = (None, None);
        for source in sources() {
            let (first_of, cut_of) = source.cut(tx, (from, below), limit).await?;
            (first, cut) = (least(first, first_of), least(cut, cut_of));
        }
        // A transaction is sealed whole, however much it wrote.
        let end = cut.map(|cut| if first == Some(cut) { cut + 1 } else { cut });
        if end.is_some() || below == horizon {
            let now = col(&row, "now")?;
            return Ok(first.map(|_| (from, end.unwrap_or(below), now)));
        }
        span = span.saturating_mul(4);
    }
}

fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    a.into_iter().chain(b).min()
}

/// Makes the next seal of each tenant, and commits.
async fn continue_chains(
    tx: &mut Tx,
    found: BTreeMap<TenantId, Vec<Leaf>>,
    upto: i64,
    now: Timestamp,
) -> TxResult<()> {
    let tenants: Vec<Uuid> = found.keys().map(|tenant| tenant.0).collect();
    let mut last = BTreeMap::new();
    for row in tx.query(&sql::SEAL_LAST, &[&tenants]).await? {
        let point = point(&row)?;
        last.insert(point.tenant, point);
    }
    let seals: Vec<Seal> = found
        .into_iter()
        .map(|(tenant, leaves)| Seal::next(tenant, last.get(&tenant), upto, now, leaves))
        .collect();
    let column = |part: fn(&Checkpoint) -> i64| -> Vec<i64> {
        seals.iter().map(|seal| part(&seal.point)).collect()
    };
    let positions = column(|point| point.position);
    let (events, transfers) = (column(|point| point.events), column(|point| point.transfers));
    let leaves: Vec<&[u8]> = seals.iter().map(|seal| seal.leaves.as_slice()).collect();
    let hashes: Vec<&[u8]> = seals.iter().map(|seal| seal.point.hash.as_slice()).collect();
    tx.finish_write(&[(
        &sql::SEAL_INSERT,
        &[&tenants, &positions, &events, &transfers, &leaves, &hashes, &now, &upto],
    )])
    .await?;
    Ok(())
}

/// A seal without its leaves.
pub(super) fn point(row: &Row) -> TxResult<Checkpoint> {
    let hash: Vec<u8> = col(row, "hash")?;
    Ok(Checkpoint {
        tenant: TenantId(col(row, "tenant_id")?),
        position: col(row, "position")?,
        events: col(row, "events")?,
        transfers: col(row, "transfers")?,
        hash: hash
            .try_into()
            .map_err(|_| Fault::Other("a seal's hash has another length".into()))?,
        sealed_at: col(row, "sealed_at")?,
    })
}
