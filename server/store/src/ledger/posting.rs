//! Posting: lock, run the machine of `bursar_domain::posting`, write back. Two round trips for any number of commands.

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::{AccountId, GroupId, TenantId, TransferId};
use bursar_domain::op::OpCtx;
use bursar_domain::posting::{Command, Done, Outcome, Submission};
use tracing::field::display;
use uuid::Uuid;

use super::locked::Locked;
use super::{rows, sql, writer};
use crate::kernel::{Entry, Fault, Store, Tx, TxResult, col, transact};

/// How commands are to be run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Submit {
    /// One refusal refuses all.
    pub all_or_nothing: bool,
    /// Run everything but the commit.
    pub validate_only: bool,
}

impl Store {
    /// Runs one command.
    pub async fn transfer_submit(
        &self,
        op: &OpCtx,
        command: Command,
        validate_only: bool,
    ) -> Result<Done> {
        tracing::Span::current().record("request_id", display(command.id()));
        let how = Submit { all_or_nothing: false, validate_only };
        let mut results = self.transfer_submit_batch(op, vec![command], how).await?;
        results.pop().unwrap_or_else(|| Err(Error::Internal("the machine gave no result".into())))
    }

    /// Runs commands in order, in one transaction that those of other callers of the tenant may share; one result
    /// each. With `all_or_nothing` a refusal is the call's own error, [`Error::InBatch`].
    pub async fn transfer_submit_batch(
        &self,
        op: &OpCtx,
        commands: Vec<Command>,
        how: Submit,
    ) -> Result<Vec<Result<Done>>> {
        let (key, institution) = (op.actor.key, op.actor.institution);
        let submission = Submission {
            commands,
            all_or_nothing: how.all_or_nothing,
            key,
            institution,
            owned: Vec::new(),
        };
        let results = if how.validate_only {
            // In a box, so that the future of every other call is small.
            Box::pin(self.posting_try(op, &submission)).await?
        } else {
            self.posting_gather(op, submission).await?
        };
        if how.all_or_nothing {
            all_done(&results)?;
        }
        Ok(results)
    }

    /// Runs a submission and lets go of what it did.
    async fn posting_try(&self, op: &OpCtx, submission: &Submission) -> Result<Vec<Result<Done>>> {
        let mut outcome = transact!(self, Entry::of(op), |tx| {
            let wanted = Wanted::of(std::slice::from_ref(submission));
            Ok(wanted.read(tx, op.tenant).await?.run(&[submission]))
        })?;
        Ok(outcome.results.pop().unwrap_or_default())
    }
}

/// What refused a submission that stands or falls as a whole, as [`Error::InBatch`].
pub(super) fn all_done(results: &[Result<Done>]) -> Result<()> {
    results.iter().enumerate().try_for_each(|(index, result)| match result {
        Ok(_) | Err(Error::GroupRefused { .. }) => Ok(()),
        Err(error) => Err(Error::InBatch { index, source: Box::new(error.clone()) }),
    })
}

/// Runs submissions of a tenant in the caller's transaction and commits it: one list of results each. `claim` is asked of
/// each once the accounts are locked; one whose caller has stopped waiting by then is left out, and has no list.
pub(super) async fn post_and_commit(
    tx: &mut Tx,
    tenant: TenantId,
    submissions: &[Submission],
    claim: impl Fn(usize) -> bool,
) -> TxResult<Vec<Option<Vec<Result<Done>>>>> {
    let mut locked = Wanted::of(submissions).read(tx, tenant).await?;
    let claimed: Vec<bool> = (0..submissions.len()).map(claim).collect();
    let both = submissions.iter().zip(&claimed);
    let wanted: Vec<&Submission> = both.filter(|(_, claimed)| **claimed).map(|(s, _)| s).collect();
    let outcome = locked.run(&wanted);
    commit(tx, tenant, &locked, &outcome).await?;
    let mut results = outcome.results.into_iter();
    Ok(claimed.into_iter().map(|claimed| claimed.then(|| results.next()).flatten()).collect())
}

/// Writes what the machine decided, and commits.
pub(super) async fn commit(
    tx: &mut Tx,
    tenant: TenantId,
    locked: &Locked,
    outcome: &Outcome,
) -> TxResult<()> {
    writer::finish(tx, tenant, &locked.book, outcome).await.map_err(taken)
}

/// Another call took an id, or reversed the same transfer, between the look-up and the insert: run again, and meet it in
/// the look-up. Its neighbours in the batch lose nothing by it.
pub(super) fn taken(fault: Fault) -> Fault {
    fault
        .on_unique("ledger_transfer_pkey", || Fault::Conflict)
        .on_unique("ledger_transfer_reversed", || Fault::Conflict)
}

/// How many locks all groups of a tenant share: one transaction must not fill PostgreSQL's table of locks.
const GROUP_BUCKETS: u8 = 64;

/// What commands name, as parameters of the look-ups.
pub(super) struct Wanted {
    accounts: Vec<Uuid>,
    /// Ids of the commands, and what they reverse.
    transfers: Vec<Uuid>,
    pendings: Vec<Uuid>,
    originals: Vec<Uuid>,
    groups: Vec<Uuid>,
}

impl Wanted {
    pub(super) fn of(submissions: &[Submission]) -> Self {
        let count = submissions.iter().map(|submission| submission.commands.len()).sum();
        let mut wanted = Self {
            accounts: Vec::with_capacity(count * 2),
            transfers: Vec::with_capacity(count),
            pendings: Vec::new(),
            originals: Vec::new(),
            groups: Vec::new(),
        };
        for command in submissions.iter().flat_map(|submission| &submission.commands) {
            if let Command::Create(c) = command {
                wanted.accounts.extend([c.debit.0, c.credit.0]);
            }
            wanted.transfers.push(command.id().0);
            wanted.pendings.extend(command.pending().map(|id| id.0));
            wanted.originals.extend(command.original().map(|id| id.0));
            wanted.groups.extend(command.group().map(|id| id.0));
        }
        wanted.transfers.extend(&wanted.originals);
        for ids in [&mut wanted.accounts, &mut wanted.groups] {
            ids.sort_unstable();
            ids.dedup();
        }
        wanted
    }

    /// What one new transfer between some of these accounts would name.
    pub(super) fn one(id: TransferId, accounts: &[AccountId]) -> Self {
        let mut accounts: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let (pendings, originals, groups) = (Vec::new(), Vec::new(), Vec::new());
        Self { accounts, transfers: vec![id.0], pendings, originals, groups }
    }

    /// The locks that the groups share among them, in order.
    fn group_buckets(&self) -> Vec<i32> {
        let mut buckets: Vec<i32> = self
            .groups
            .iter()
            .map(|group| i32::from(group.as_bytes()[15] % GROUP_BUCKETS))
            .collect();
        buckets.sort_unstable();
        buckets.dedup();
        buckets
    }

    /// Locks the accounts in order and reads the rest after the locks, in one flush.
    pub(super) async fn read(&self, tx: &mut Tx, tenant: TenantId) -> TxResult<Locked> {
        let tenant = &tenant.0;
        let related: Vec<Uuid> = self.pendings.iter().chain(&self.originals).copied().collect();
        let lock: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [tenant, &self.accounts, &related];
        let buckets = self.group_buckets();
        let group_lock = [tenant as _, &buckets as _];
        let mut calls: Vec<(_, crate::kernel::Params<'_>)> = Vec::with_capacity(6);
        // Before the accounts, in every call, so that no two calls wait for each other.
        if !buckets.is_empty() {
            calls.push((&sql::POSTING_LOCK_GROUPS, &group_lock));
        }
        if related.is_empty() {
            calls.push((&sql::POSTING_LOCK, &lock[..2]));
        } else {
            calls.push((&sql::POSTING_LOCK_RELATED, &lock));
        }
        let (known, holds) =
            ([tenant as _, &self.transfers as _], [tenant as _, &self.pendings as _]);
        let (originals, groups) =
            ([tenant as _, &self.originals as _], [tenant as _, &self.groups as _]);
        calls.push((&sql::POSTING_KNOWN, &known));
        if !self.pendings.is_empty() {
            calls.push((&sql::POSTING_HOLDS, &holds));
        }
        if !self.originals.is_empty() {
            calls.push((&sql::POSTING_REVERSALS, &originals));
        }
        if !self.groups.is_empty() {
            calls.push((&sql::POSTING_GROUPS, &groups));
        }
        let mut answers = tx.pipeline(&calls).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        if !buckets.is_empty() {
            next();
        }

        let accounts = next();
        let mut locked = Locked::of(&accounts, &next())?;
        if !self.pendings.is_empty() {
            for row in next() {
                let hold = rows::hold(&row)?;
                locked.book.holds.insert(hold.id, hold);
            }
        }
        if !self.originals.is_empty() {
            for row in next() {
                let (reversed, by) = (col(&row, "reversed_id")?, col(&row, "id")?);
                locked.book.reversals.insert(TransferId(reversed), TransferId(by));
            }
        }
        if !self.groups.is_empty() {
            for row in next() {
                locked.book.groups.insert(GroupId(col(&row, "group_id")?));
            }
        }
        locked.check(&self.originals)?;
        Ok(locked)
    }
}
