//! Gathers the commands of concurrent callers of a tenant into batches: while one batch is in flight the next one fills,
//! so nobody waits for company and many callers share one transaction.
//!
//! A tenant has a lane of its own, one batch in flight, and a second one when much more waits or the first hangs; so one
//! tenant's flood holds at most two connections, and its own queue is what fills. Row locks stay the truth: other
//! replicas have lanes of their own.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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

/// So long a call waits before a second batch goes out all the same: the first may hang on a row that somebody outside
/// has locked. Longer than any queue that moves.
const STALL: Duration = Duration::from_millis(250);

/// One result for each command of a submission.
type Results = Vec<Result<Done>>;

/// Who has the last word on a submission: decided once, by its lane when it is about to be posted, or by its caller when
/// that stops waiting.
#[derive(Clone, Default)]
struct Fate(Arc<AtomicU8>);

/// Nobody has spoken; where every fate begins.
const OPEN: u8 = 0;
/// Its lane has: it is being written.
const POSTED: u8 = 1;
/// Its caller has: it will never be.
const GIVEN_UP: u8 = 2;

impl Fate {
    /// The lane's word: whether it may be posted. It may ask again, for a batch that is run again.
    fn claim(&self) -> bool {
        self.settle(POSTED) || self.0.load(Ordering::Acquire) == POSTED
    }

    /// The caller's word: whether it certainly will not be posted.
    fn give_up(&self) -> bool {
        self.settle(GIVEN_UP)
    }

    fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Acquire) == GIVEN_UP
    }

    fn settle(&self, word: u8) -> bool {
        self.0.compare_exchange(OPEN, word, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// A caller that waits; one that goes away has given up.
struct Patience(Fate);

impl Drop for Patience {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// A submission that waits for its batch.
struct Ticket {
    submission: Submission,
    fate: Fate,
    reply: oneshot::Sender<Result<Results>>,
    /// The caller's, if it is traced.
    span: Span,
    _queued: Queued,
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

    /// Whether a further batch is to be started because one in flight does not come back.
    fn unblock(&self, tenant: TenantId) -> bool {
        let mut lanes = self.lanes();
        let stalled = lanes
            .get_mut(&tenant)
            .filter(|lane| !lane.waiting.is_empty() && lane.running < MAX_LANES);
        stalled.map(|lane| lane.running += 1).is_some()
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
            if let Some(ticket) =
                lane.waiting.pop_front().filter(|ticket| !ticket.fate.is_given_up())
            {
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

    /// Ends a lane that cannot go on, and those who wait for it when it was the last.
    fn abandon(&self, tenant: TenantId) {
        let mut lanes = self.lanes();
        if let Slot::Occupied(mut slot) = lanes.entry(tenant) {
            slot.get_mut().running -= 1;
            if slot.get().running == 0 {
                slot.remove();
            }
        }
    }
}

impl Store {
    /// Posts a submission together with those of the tenant's other callers; one result for each of its commands.
    ///
    /// # Errors
    /// [`Error::QueueFull`] when too much waits already. DEADLINE_EXCEEDED, definite unless it was being written.
    pub(super) async fn posting_gather(
        &self,
        op: &OpCtx,
        submission: Submission,
    ) -> Result<Results> {
        let (reply, answer) = oneshot::channel();
        let fate = Fate::default();
        let ticket = Ticket {
            submission,
            fate: fate.clone(),
            reply,
            span: Span::current(),
            _queued: Queued::new("posting"),
        };
        let patience = Patience(fate);
        let start = || {
            let lane = Running { store: self.clone(), tenant: op.tenant, ended: false };
            tokio::spawn(lane.run());
        };
        if self.0.batcher.push(op.tenant, ticket)? {
            start();
        }
        let mut answer = pin!(async {
            let lost = Error::Unavailable { why: Unavailable::Database, definite: false };
            answer.await.unwrap_or(Err(lost))
        });
        let soon = op.deadline.min(Instant::now() + STALL);
        if let Ok(answer) = timeout_at(soon.into(), &mut answer).await {
            return answer;
        }
        if self.0.batcher.unblock(op.tenant) {
            start();
        }
        if let Ok(answer) = timeout_at(op.deadline.into(), &mut answer).await {
            return answer;
        }
        if patience.0.give_up() {
            return Err(Error::DeadlineExceeded { definite: true });
        }
        // It is being written: the answer may come yet, and only it knows.
        let late = timeout_at((op.deadline + COMMIT_GRACE / 2).into(), answer).await;
        late.unwrap_or(Err(Error::DeadlineExceeded { definite: false }))
    }

    /// Posts a batch and answers each of its callers. Given up when all of them have: nobody waits for what it waits for.
    async fn posting_run(&self, tenant: TenantId, batch: Vec<Ticket>) {
        let span = batch.iter().map(|ticket| &ticket.span).find(|span| !span.is_none()).cloned();
        let (mut replies, mut fates, mut submissions) = (Vec::new(), Vec::new(), Vec::new());
        for ticket in batch {
            replies.push(ticket.reply);
            fates.push(ticket.fate);
            submissions.push(ticket.submission);
        }
        let work = self.posting_commit(tenant, &submissions, &fates);
        let work = work.instrument(span.unwrap_or_else(Span::none));
        let outcome = tokio::select! {
            biased;
            outcome = work => outcome,
            () = all_gone(&mut replies) => return,
        };
        match outcome {
            Ok(results) => {
                for (reply, results) in replies.into_iter().zip(results) {
                    if let Some(results) = results {
                        // A caller that has gone asks GetOperation.
                        let _ = reply.send(Ok(results));
                    }
                }
            }
            // Something in one of them that the database will not have: the others must not fail of it.
            Err(Error::Internal(_)) if submissions.len() > 1 => {
                for (at, reply) in replies.into_iter().enumerate() {
                    let (one, fate) = (&submissions[at..=at], &fates[at..=at]);
                    let alone = self.posting_commit(tenant, one, fate).await;
                    let results = alone.map(|mut results| results.pop().flatten());
                    if let Some(answer) = results.transpose() {
                        let _ = reply.send(answer);
                    }
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
        fates: &[Fate],
    ) -> Result<Vec<Option<Results>>> {
        // The server's own limit: no caller's deadline ends a batch that it shares.
        let entry = Entry::tenant(tenant, Instant::now() + DEFAULT_DEADLINE);
        transact!(self, entry, |tx| {
            post_and_commit(tx, tenant, submissions, |at| fates[at].claim()).await
        })
    }
}

/// Waits until every caller of a batch has gone.
async fn all_gone(replies: &mut [oneshot::Sender<Result<Results>>]) {
    for reply in replies {
        reply.closed().await;
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
