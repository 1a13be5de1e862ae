//! Verifying the seals, in steps of bounded size: first every seal with its rows, then every row that a seal must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use bursar_domain::error::Result;
use bursar_domain::ids::TenantId;
use bursar_domain::limits::{DEFAULT_DEADLINE, VERIFY_ROWS, VERIFY_SEALS};
use bursar_domain::seal::{Checkpoint, Fault, Finding, Leaf, Seal, Sealed, decode};
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use super::seal::{point, sources};
use super::sql;
use crate::kernel::{Entry, FIRST, Store, Tx, TxResult, col, transact};
use crate::ledger::SealedRows;

/// No transaction of the service runs that long, and no clock goes that wrong: deadlines end at five minutes.
const LONGEST_TRANSACTION: SignedDuration = SignedDuration::from_hours(1);

/// A verification under way.
#[derive(Debug, Clone)]
pub struct Verification {
    tenant: TenantId,
    /// What the auditor kept.
    kept: Option<Checkpoint>,
    /// The seal that it goes up to, and below which transaction that sealed.
    end: Option<(Checkpoint, i64)>,
    /// The last seal that was looked at, whether or not it was right.
    before: Option<Checkpoint>,
    stage: Stage,
    /// Rows looked at; each is met twice.
    pub rows_read: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Seals,
    /// Through which kind of rows, and after which one.
    Rows(usize, (Timestamp, Uuid)),
    Done,
}

impl Verification {
    /// How many rows there are to look at.
    pub fn rows_total(&self) -> i64 {
        2 * self.end.as_ref().map_or(0, |(end, _)| end.events + end.transfers)
    }

    /// The seal that it goes up to; none when nothing was sealed.
    pub fn end(&self) -> Option<&Checkpoint> {
        self.end.as_ref().map(|(end, _)| end)
    }

    /// Whether all was looked at.
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }
}

impl Store {
    /// Begins to verify a tenant's seals, as far as there are any now.
    pub async fn audit_verify(
        &self,
        tenant: TenantId,
        kept: Option<Checkpoint>,
    ) -> Result<Verification> {
        let end = transact!(self, Entry::tenant(tenant, patience()), |tx| {
            let all: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
                &[&tenant.0, &1_i64, &i64::MAX];
            let answers = tx.finish_read(&[(&sql::SEAL_POINT, all)]).await?;
            let row = answers.iter().flatten().next();
            row.map(|row| Ok((point(row)?, col(row, "upto")?))).transpose()
        })?;
        Ok(Verification { tenant, kept, end, before: None, stage: Stage::Seals, rows_read: 0 })
    }

    /// The next step: goes on, and says what it found.
    ///
    /// # Errors
    /// Those of any read; the same step can be tried again.
    pub async fn audit_verify_step(&self, state: &mut Verification) -> Result<Vec<Finding>> {
        let tenant = state.tenant;
        let (next, findings) = transact!(self, Entry::tenant(tenant, patience()), |tx| {
            tx.one_snapshot();
            let mut next = state.clone();
            let findings = match next.stage.clone() {
                Stage::Seals => seals(tx, &mut next).await?,
                Stage::Rows(source, after) => rows(tx, &mut next, source, after).await?,
                Stage::Done => Vec::new(),
            };
            Ok((next, findings))
        })?;
        *state = next;
        Ok(findings)
    }
}

fn patience() -> Instant {
    Instant::now() + DEFAULT_DEADLINE
}

/// The next seals, and the rows that they hold.
async fn seals(tx: &mut Tx, state: &mut Verification) -> TxResult<Vec<Finding>> {
    let mut findings = Vec::new();
    let at = state.before.as_ref().map_or(0, |before| before.position);
    let end = state.end.as_ref().map_or(0, |(end, _)| end.position);
    let so_far = state.before.as_ref().map_or(0, |before| before.events + before.transfers);
    let rows = so_far.saturating_add(i64::try_from(VERIFY_ROWS).unwrap_or(i64::MAX));
    let limit = i64::try_from(VERIFY_SEALS).unwrap_or(i64::MAX);
    let mut page = tx.query(&sql::SEAL_PAGE, &[&state.tenant.0, &at, &end, &rows, &limit]).await?;
    if page.is_empty() && at < end {
        // The page begins with the seal right behind; when that is gone, with the first that is there.
        let next =
            tx.query(&sql::SEAL_PAGE, &[&state.tenant.0, &at, &end, &i64::MAX, &1_i64]).await?;
        page = next;
    }
    if page.is_empty() {
        findings.extend((at + 1..=end).map(|position| of_seal(Fault::SealMissing, position)));
        findings.extend(kept_beyond(state, end));
        state.stage = Stage::Rows(0, (FIRST, Uuid::nil()));
        return Ok(findings);
    }
    for row in page {
        let seal = seal(&row)?;
        one_seal(tx, state, seal, &mut findings).await?;
    }
    Ok(findings)
}

/// A checkpoint of seals that are not there at all: the end of the chain was cut off.
fn kept_beyond(state: &Verification, end: i64) -> Option<Finding> {
    let kept = state.kept.as_ref().filter(|kept| kept.position > end)?;
    Some(of_seal(Fault::SealMissing, kept.position))
}

async fn one_seal(
    tx: &mut Tx,
    state: &mut Verification,
    seal: Seal,
    findings: &mut Vec<Finding>,
) -> TxResult<()> {
    let position = seal.point.position;
    let expected = state.before.as_ref().map_or(1, |before| before.position + 1);
    findings.extend((expected..position).map(|gone| of_seal(Fault::SealMissing, gone)));
    if seal.check(state.before.as_ref()).is_none() && expected == position {
        findings.push(of_seal(Fault::SealChanged, position));
    }
    if let Some(kept) = state.kept.as_ref().filter(|kept| kept.position == position)
        && *kept != seal.point
    {
        findings.push(of_seal(Fault::CheckpointDiffers, position));
    }
    let leaves = decode(&seal.leaves).unwrap_or_default();
    state.rows_read += i64::try_from(leaves.len()).unwrap_or(0);
    for source in sources() {
        for finding in compare(tx, state.tenant, source, &leaves).await? {
            findings.push(Finding { position, ..finding });
        }
    }
    state.before = Some(seal.point);
    Ok(())
}

/// Which rows are not as their leaves say.
async fn compare(
    tx: &mut Tx,
    tenant: TenantId,
    source: &SealedRows,
    leaves: &[Leaf],
) -> TxResult<Vec<Finding>> {
    let leaves: Vec<_> = leaves.iter().filter(|leaf| leaf.kind == source.kind).collect();
    let ids: Vec<Uuid> = leaves.iter().map(|leaf| leaf.id).collect();
    let there: BTreeMap<_, _> = source.get(tx, tenant, &ids).await?.into_iter().collect();
    let fault = |leaf: &Leaf| match there.get(&leaf.id) {
        None => Some(Fault::Missing),
        Some(hash) if *hash != leaf.hash => Some(Fault::Changed),
        Some(_) => None,
    };
    let found = leaves.into_iter().filter_map(|leaf| {
        Some(Finding { fault: fault(leaf)?, row: Some((leaf.kind, leaf.id)), position: 0 })
    });
    Ok(found.collect())
}

/// The next rows of a kind: whether the seal that must hold each does.
async fn rows(
    tx: &mut Tx,
    state: &mut Verification,
    at: usize,
    after: (Timestamp, Uuid),
) -> TxResult<Vec<Finding>> {
    let (Some(source), Some((_, upto))) = (sources().get(at).copied(), state.end.as_ref()) else {
        state.stage = Stage::Done;
        return Ok(Vec::new());
    };
    let limit = i64::try_from(VERIFY_ROWS).unwrap_or(i64::MAX);
    let met = source.walk(tx, state.tenant, after, limit).await?;
    state.stage = met
        .last()
        .filter(|_| met.len() == VERIFY_ROWS)
        .map_or(Stage::Rows(at + 1, (FIRST, Uuid::nil())), |last| {
            Stage::Rows(at, (last.at, last.id))
        });
    // Those of later transactions are not sealed yet, or by a later seal.
    let met: Vec<_> = met.into_iter().filter(|met| met.xact < *upto).collect();
    state.rows_read += i64::try_from(met.len()).unwrap_or(0);
    let xacts: BTreeSet<i64> = met.iter().map(|met| met.xact).collect();
    let held = held(tx, state.tenant, source.kind, xacts).await?;
    let inserted = met.iter().filter_map(|met| {
        // The one that covers it is the first beyond its transaction.
        let seal = held.range(met.xact + 1..).next().map(|(_, seal)| seal)?;
        let row = Some((source.kind, met.id));
        let found = Finding { fault: Fault::Inserted, row, position: seal.position };
        (!seal.ids.contains(&met.id) || seal.is_late(met.at)).then_some(found)
    });
    Ok(inserted.collect())
}

/// A seal with the ids of one kind that it holds.
struct Held {
    position: i64,
    ids: BTreeSet<Uuid>,
    /// When the seal before it was made.
    before: Option<Timestamp>,
}

impl Held {
    /// Whether a row claims to be from long before the seal before: it would have been in that one, had it been there.
    fn is_late(&self, at: Timestamp) -> bool {
        self.before.is_some_and(|before| before.duration_since(at) > LONGEST_TRANSACTION)
    }
}

/// The seals that cover these transactions, by where they end.
async fn held(
    tx: &mut Tx,
    tenant: TenantId,
    kind: Sealed,
    xacts: BTreeSet<i64>,
) -> TxResult<BTreeMap<i64, Held>> {
    let xacts: Vec<i64> = xacts.into_iter().collect();
    let mut held = BTreeMap::new();
    for row in tx.query(&sql::SEAL_COVERING, &[&tenant.0, &xacts]).await? {
        let leaves: Vec<u8> = col(&row, "leaves")?;
        let leaves = decode(&leaves).unwrap_or_default().into_iter();
        let ids = leaves.filter(|leaf| leaf.kind == kind).map(|leaf| leaf.id).collect();
        let (position, before) = (col(&row, "position")?, col(&row, "before")?);
        held.insert(col(&row, "upto")?, Held { position, ids, before });
    }
    Ok(held)
}

fn seal(row: &Row) -> TxResult<Seal> {
    Ok(Seal { point: point(row)?, upto: col(row, "upto")?, leaves: col(row, "leaves")? })
}

fn of_seal(fault: Fault, position: i64) -> Finding {
    Finding { fault, row: None, position }
}
