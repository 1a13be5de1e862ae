//! Gathers the commands of concurrent callers of a tenant into batches: while one batch is in flight the next one fills,
//! so nobody waits for company and many callers share one transaction.
//!
//! A tenant has a lane of its own, one batch in flight, and a second one when a whole batch more is waiting; so one
//! tenant's flood holds at most two connections, and its own queue is what fills. Row locks stay the truth: other
//! replicas have lanes of their own.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bursar_domain::error::{Error, Result, Unavailable};
use bursar_domain::ids::TenantId;
use bursar_domain::limits::{
    COMMIT_GRACE, DEFAULT_DEADLINE, MAX_BATCH_TRANSFERS, MAX_QUEUED_TRANSFERS, RETRY_DELAY,
};
use bursar_domain::op::OpCtx;
use bursar_domain::posting::{Done, Submission};
use tokio::sync::oneshot;
use tokio::time::timeout_at;
use tracing::{Instrument as _, Span};

use super::posting::post_and_commit;
use crate::kernel::{Entry, Queued, Store, transact};

/// Most batches of one tenant in flight.
const MAX_LANES: usize = 2;
/// So many transfers must wait before a second batch goes out beside the first: fewer are cheaper together.
const SECOND_LANE_TRANSFERS: usize = 2_000;

/// One result for each command of a submission.
type Results = Vec<Result<Done>>;

/// A submission that waits for its batch.
struct Ticket {
    submission: Submission,
    /// Set by whoever decides first: the lane that takes it up, or the caller whose time is over.
    decided: Arc<AtomicBool>,
    reply: oneshot::Sender<Result<Results>>,
    /// The caller's, if it is traced.
    span: Span,
    _queued: Queued,
}

impl Ticket {
    /// Takes it up, unless its caller has gone.
    fn claim(&self) -> bool {
        !self.reply.is_closed() && !self.decided.swap(true, Ordering::AcqRel)
    }
}

/// What waits of one tenant, and how many batches are in flight.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Ticket>,
    transfers: usize,
    running: usize,
}

/// The queues of all tenants that have something to post.
#[derive(Default)]
pub(crate) struct Batcher(Mutex<HashMap<TenantId, Lane>>);

impl Batcher {
    fn lanes(&self) -> MutexGuard<'_, HashMap<TenantId, Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a ticket into its tenant's queue; says whether a further batch is to be started for it.
    fn push(&self, tenant: TenantId, ticket: Ticket) -> Result<bool> {
        let mut lanes = self.lanes();
        let lane = lanes.entry(tenant).or_default();
        let more = ticket.submission.commands.len();
        // What finds an empty queue is taken, whatever its size: the contract bounds one call.
        if lane.transfers > 0 && lane.transfers + more > MAX_QUEUED_TRANSFERS {
            let (maximum, retry_after) = (MAX_QUEUED_TRANSFERS, RETRY_DELAY);
            return Err(Error::QueueFull { maximum, retry_after });
        }
        lane.transfers += more;
        lane.waiting.push_back(ticket);
        let start = lane.running == 0
            || (lane.running < MAX_LANES && lane.transfers >= SECOND_LANE_TRANSFERS);
        lane.running += usize::from(start);
        Ok(start)
    }

    /// The next batch of a tenant, in the order of arrival; none when nothing waits, and the lane that asked has ended.
    fn next(&self, tenant: TenantId) -> Option<Vec<Ticket>> {
        let mut lanes = self.lanes();
        let Slot::Occupied(mut slot) = lanes.entry(tenant) else { return None };
        let lane = slot.get_mut();
        let (mut batch, mut transfers) = (Vec::with_capacity(lane.waiting.len()), 0);
        while let Some(ticket) = lane.waiting.front() {
            let more = ticket.submission.commands.len();
            if !batch.is_empty() && transfers + more > MAX_BATCH_TRANSFERS {
                break;
            }
            lane.transfers -= more;
            if let Some(ticket) = lane.waiting.pop_front().filter(Ticket::claim) {
                transfers += more;
                batch.push(ticket);
            }
        }
        if !batch.is_empty() {
            return Some(batch);
        }
        lane.running -= 1;
        if lane.running == 0 {
            slot.remove();
        }
        None
    }

    /// Ends a lane that cannot go on, and those who wait for it.
    fn abandon(&self, tenant: TenantId) {
        if let Some(lane) = self.lanes().get_mut(&tenant) {
            lane.running -= 1;
        }
        self.lanes().retain(|_, lane| lane.running > 0);
    }
}

impl Store {
    /// Posts a submission together with those of the tenant's other callers; one result for each of its commands.
    ///
    /// # Errors
    /// [`Error::QueueFull`] when too much waits already. DEADLINE_EXCEEDED, definite unless its batch was under way.
    pub(super) async fn posting_gather(
        &self,
        op: &OpCtx,
        submission: Submission,
    ) -> Result<Results> {
        let (reply, mut answer) = oneshot::channel();
        let decided = Arc::new(AtomicBool::new(false));
        let ticket = Ticket {
            submission,
            decided: decided.clone(),
            reply,
            span: Span::current(),
            _queued: Queued::new("posting"),
        };
        if self.0.batcher.push(op.tenant, ticket)? {
            let lane = Running { store: self.clone(), tenant: op.tenant, ended: false };
            tokio::spawn(lane.run());
        }
        let lost = || Error::Unavailable { why: Unavailable::Database, definite: false };
        match timeout_at(op.deadline.into(), &mut answer).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(lost())),
            Err(_) if !decided.swap(true, Ordering::AcqRel) => {
                Err(Error::DeadlineExceeded { definite: true })
            }
            // Its batch is under way: the answer may come yet, and only it knows.
            Err(_) => match timeout_at((op.deadline + COMMIT_GRACE / 2).into(), answer).await {
                Ok(answered) => answered.unwrap_or_else(|_| Err(lost())),
                Err(_) => Err(Error::DeadlineExceeded { definite: false }),
            },
        }
    }

    /// Posts a batch and answers each of its callers.
    async fn posting_run(&self, tenant: TenantId, batch: Vec<Ticket>) {
        let span = batch.iter().map(|ticket| &ticket.span).find(|span| !span.is_none()).cloned();
        let (replies, submissions): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|ticket| (ticket.reply, ticket.submission)).unzip();
        let work = self.posting_commit(tenant, &submissions);
        let outcome = work.instrument(span.unwrap_or_else(Span::none)).await;
        match outcome {
            Ok(results) => {
                for (reply, results) in replies.into_iter().zip(results) {
                    // A caller that has gone asks GetOperation.
                    let _ = reply.send(Ok(results));
                }
            }
            // Something in one of them that the database will not have: the others must not fail of it.
            Err(Error::Internal(_)) if submissions.len() > 1 => {
                for (reply, submission) in replies.into_iter().zip(&submissions) {
                    let alone = self.posting_commit(tenant, std::slice::from_ref(submission)).await;
                    let _ = reply.send(alone.map(|mut results| results.pop().unwrap_or_default()));
                }
            }
            Err(error) => {
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    async fn posting_commit(
        &self,
        tenant: TenantId,
        submissions: &[Submission],
    ) -> Result<Vec<Results>> {
        // The server's own limit: no caller's deadline ends a batch that it shares.
        let entry = Entry::tenant(tenant, Instant::now() + DEFAULT_DEADLINE);
        transact!(self, entry.clone(), |tx| { post_and_commit(tx, tenant, submissions).await })
    }
}

/// A lane of a tenant: posts batch after batch until nothing waits.
struct Running {
    store: Store,
    tenant: TenantId,
    ended: bool,
}

impl Running {
    async fn run(mut self) {
        while let Some(batch) = self.store.0.batcher.next(self.tenant) {
            self.store.posting_run(self.tenant, batch).await;
        }
        self.ended = true;
    }
}

/// A lane that ends in a panic, or with the runtime, must not leave callers waiting for it.
impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            self.store.0.batcher.abandon(self.tenant);
        }
    }
}
