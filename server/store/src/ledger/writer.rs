//! Writes what the machine decided: one INSERT, one UPDATE and, with holds, one upsert, whatever the number of rows.

use bursar_domain::ids::TenantId;
use bursar_domain::posting::{Book, Outcome, Seat};
use bursar_domain::transfer::{After, Hold, Transfer};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::sql;
use crate::kernel::{Numeric, Tx, TxResult, decimal};

/// Writes everything and commits, in one flush. A batch that made nothing new only ends the transaction.
pub(super) async fn finish(
    tx: &mut Tx,
    tenant: TenantId,
    book: &Book,
    outcome: &Outcome,
) -> TxResult<()> {
    if outcome.fresh().next().is_none() {
        tx.rollback().await;
        return Ok(());
    }
    send(tx, tenant, book, outcome, true).await
}

/// Writes everything with the transaction's next flush.
pub(super) async fn write(
    tx: &mut Tx,
    tenant: TenantId,
    book: &Book,
    outcome: &Outcome,
) -> TxResult<()> {
    send(tx, tenant, book, outcome, false).await
}

/// The parameters of both inserts: whole columns, or of each the value at one place.
macro_rules! columns {
    ($tenant:ident, $t:ident $(, $at:tt)?) => {
        [
            $tenant,
            &$t.id $($at)?,
            &$t.kind $($at)?,
            &$t.debit $($at)?,
            &$t.credit $($at)?,
            &$t.amount $($at)?,
            &$t.code $($at)?,
            &$t.reference $($at)?,
            &$t.metadata $($at)?,
            &$t.value_date $($at)?,
            &$t.posted_at $($at)?,
            &$t.shifted $($at)?,
            &$t.pending $($at)?,
            &$t.reversed $($at)?,
            &$t.group $($at)?,
            &$t.timeout $($at)?,
            &$t.whole $($at)?,
            &$t.release $($at)?,
            &$t.key $($at)?,
            &$t.institution $($at)?,
            &$t.debit_after.version $($at)?,
            &$t.debit_after.debits_posted $($at)?,
            &$t.debit_after.credits_posted $($at)?,
            &$t.debit_after.debits_pending $($at)?,
            &$t.debit_after.credits_pending $($at)?,
            &$t.credit_after.version $($at)?,
            &$t.credit_after.debits_posted $($at)?,
            &$t.credit_after.credits_posted $($at)?,
            &$t.credit_after.debits_pending $($at)?,
            &$t.credit_after.credits_pending $($at)?,
        ]
    };
}

async fn send(
    tx: &mut Tx,
    tenant: TenantId,
    book: &Book,
    outcome: &Outcome,
    commit: bool,
) -> TxResult<()> {
    let tenant = &tenant.0;
    let t = Transfers::of(outcome.fresh());
    let s = Seats::of(outcome.seats.iter().filter_map(|id| book.seats.get(id)));
    let h = Holds::of(outcome.holds.iter().filter_map(|id| book.holds.get(id)));
    let insert: (_, crate::kernel::Params<'_>) = if t.id.len() == 1 {
        (&sql::POSTING_INSERT_ONE, &columns!(tenant, t, [0]))
    } else {
        (&sql::POSTING_INSERT, &columns!(tenant, t))
    };
    let update: crate::kernel::Params<'_> = &[
        tenant,
        &s.id,
        &s.totals.debits_posted,
        &s.totals.credits_posted,
        &s.totals.debits_pending,
        &s.totals.credits_pending,
        &s.totals.version,
        &s.last_posted_at,
    ];
    let upsert: crate::kernel::Params<'_> = &[
        tenant,
        &h.id,
        &h.debit,
        &h.credit,
        &h.amount,
        &h.remaining,
        &h.state,
        &h.expires_at,
        &h.created_at,
        &h.ended_at,
    ];
    let calls = [insert, (&sql::POSTING_UPDATE, update), (&sql::POSTING_HOLD_UPSERT, upsert)];
    let calls = if h.id.is_empty() { &calls[..2] } else { &calls };
    if commit { tx.finish_write(calls).await.map(drop) } else { tx.ahead(calls).await }
}

/// Columns of totals.
#[derive(Default)]
struct Totals {
    version: Vec<i64>,
    debits_posted: Vec<Numeric>,
    credits_posted: Vec<Numeric>,
    debits_pending: Vec<Numeric>,
    credits_pending: Vec<Numeric>,
}

impl Totals {
    fn push(&mut self, version: i64, totals: &bursar_domain::account::Totals, scale: u8) {
        self.version.push(version);
        self.debits_posted.push(decimal(totals.debits_posted, scale));
        self.credits_posted.push(decimal(totals.credits_posted, scale));
        self.debits_pending.push(decimal(totals.debits_pending, scale));
        self.credits_pending.push(decimal(totals.credits_pending, scale));
    }

    fn push_after(&mut self, after: &After, scale: u8) {
        self.push(after.version, &after.totals, scale);
    }
}

/// Columns of `ledger_transfer`.
#[derive(Default)]
struct Transfers<'a> {
    id: Vec<Uuid>,
    kind: Vec<&'static str>,
    debit: Vec<Uuid>,
    credit: Vec<Uuid>,
    amount: Vec<Numeric>,
    code: Vec<&'a str>,
    reference: Vec<Option<&'a str>>,
    metadata: Vec<Option<&'a Value>>,
    value_date: Vec<Date>,
    posted_at: Vec<Timestamp>,
    shifted: Vec<bool>,
    pending: Vec<Option<Uuid>>,
    reversed: Vec<Option<Uuid>>,
    group: Vec<Option<Uuid>>,
    timeout: Vec<Option<i32>>,
    whole: Vec<bool>,
    release: Vec<bool>,
    key: Vec<Uuid>,
    institution: Vec<Option<Uuid>>,
    debit_after: Totals,
    credit_after: Totals,
}

impl<'a> Transfers<'a> {
    fn of(transfers: impl Iterator<Item = &'a Transfer>) -> Self {
        let mut columns = Self::default();
        for t in transfers {
            columns.id.push(t.id.0);
            columns.kind.push(t.kind.name());
            columns.debit.push(t.debit.0);
            columns.credit.push(t.credit.0);
            columns.amount.push(decimal(t.amount, t.scale));
            columns.code.push(&t.code);
            columns.reference.push(t.external_reference.as_deref());
            columns.metadata.push(t.metadata.as_ref().map(bursar_domain::json::Json::value));
            columns.value_date.push(t.value_date);
            columns.posted_at.push(t.posted_at);
            columns.shifted.push(t.is_shifted());
            columns.pending.push(t.pending.map(|id| id.0));
            columns.reversed.push(t.reversed.map(|id| id.0));
            columns.group.push(t.group.map(|id| id.0));
            columns.timeout.push(t.timeout_seconds.and_then(|s| i32::try_from(s).ok()));
            columns.whole.push(t.whole);
            columns.release.push(t.release_remainder);
            columns.key.push(t.key.0);
            columns.institution.push(t.institution.map(|id| id.0));
            columns.debit_after.push_after(&t.debit_after, t.scale);
            columns.credit_after.push_after(&t.credit_after, t.scale);
        }
        columns
    }
}

/// Columns of `ledger_account` that posting changes.
#[derive(Default)]
struct Seats {
    id: Vec<Uuid>,
    totals: Totals,
    last_posted_at: Vec<Timestamp>,
}

impl Seats {
    fn of<'a>(seats: impl Iterator<Item = &'a Seat>) -> Self {
        let mut columns = Self::default();
        for seat in seats {
            columns.id.push(seat.id.0);
            columns.totals.push(seat.version, &seat.totals, seat.scale);
            columns.last_posted_at.push(seat.last_posted_at);
        }
        columns
    }
}

/// Columns of `ledger_hold`.
#[derive(Default)]
struct Holds {
    id: Vec<Uuid>,
    debit: Vec<Uuid>,
    credit: Vec<Uuid>,
    amount: Vec<Numeric>,
    remaining: Vec<Numeric>,
    state: Vec<&'static str>,
    expires_at: Vec<Option<Timestamp>>,
    created_at: Vec<Timestamp>,
    ended_at: Vec<Option<Timestamp>>,
}

impl Holds {
    fn of<'a>(holds: impl Iterator<Item = &'a Hold>) -> Self {
        let mut columns = Self::default();
        for hold in holds {
            columns.id.push(hold.id.0);
            columns.debit.push(hold.debit.0);
            columns.credit.push(hold.credit.0);
            columns.amount.push(decimal(hold.amount, hold.scale));
            columns.remaining.push(decimal(hold.remaining, hold.scale));
            columns.state.push(hold.state.name());
            columns.expires_at.push(hold.expires_at);
            columns.created_at.push(hold.created_at);
            columns.ended_at.push(hold.ended_at);
        }
        columns
    }
}
