//! Gathers concurrent reads of a tenant: while one query is in flight the next one's keys come together, so nobody waits
//! for company and many callers share one statement. A read never joins a query that was sent before it came, so its
//! caller sees all that was committed before the call.
//!
//! A tenant has at most [`LANES`] queries of a kind in flight, so its flood takes few connections from the others, and
//! its own queue is what fills.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bursar_domain::error::{Error, Result, Unavailable};
use bursar_domain::ids::TenantId;
use bursar_domain::limits::{MAX_GATHERED_READS, MAX_QUEUED_READS, RETRY_DELAY};
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span};

use super::meters::Queued;

/// Most queries of one tenant in flight: one that waits for a dead connection must not hold up all.
const LANES: usize = 2;
/// So many must wait before a second query goes out beside the first: fewer are cheaper together.
const SECOND_LANE_READS: usize = 32;
/// How long a shared query may take, whatever the deadlines of its callers.
const SHARED_READ_LIMIT: Duration = Duration::from_secs(5);

/// One who waits for an answer.
struct Waiter<K, V> {
    key: K,
    deadline: Instant,
    reply: oneshot::Sender<Result<Option<V>>>,
    /// The caller's, if it is traced.
    span: Span,
    _queued: Queued,
}

/// Who waits of one tenant, and how many of its queries are in flight.
struct Lane<K, V> {
    waiting: VecDeque<Waiter<K, V>>,
    running: usize,
}

impl<K, V> Default for Lane<K, V> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), running: 0 }
    }
}

/// The queues of one kind of read. Cheap to clone.
pub(crate) struct Gather<K, V>(Arc<Mutex<HashMap<TenantId, Lane<K, V>>>>);

impl<K, V> Clone for Gather<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Gather<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Gather<K, V> {
    fn lanes(&self) -> MutexGuard<'_, HashMap<TenantId, Lane<K, V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one into its tenant's queue; says whether a further query is to be started.
    fn push(&self, tenant: TenantId, waiter: Waiter<K, V>) -> Result<bool> {
        let mut lanes = self.lanes();
        let lane = lanes.entry(tenant).or_default();
        if lane.waiting.len() >= MAX_QUEUED_READS {
            lane.waiting.retain(|waiter| !waiter.reply.is_closed());
        }
        if lane.waiting.len() >= MAX_QUEUED_READS {
            return Err(Error::QueueFull { maximum: MAX_QUEUED_READS, retry_after: RETRY_DELAY });
        }
        lane.waiting.push_back(waiter);
        let start =
            lane.running == 0 || (lane.running < LANES && lane.waiting.len() >= SECOND_LANE_READS);
        lane.running += usize::from(start);
        Ok(start)
    }

    /// Who is asked for next, in the order of arrival, without those who have gone; none when nobody waits, and the lane
    /// that asked has ended.
    fn next(&self, tenant: TenantId) -> Option<Vec<Waiter<K, V>>> {
        let mut lanes = self.lanes();
        let Slot::Occupied(mut slot) = lanes.entry(tenant) else { return None };
        let lane = slot.get_mut();
        let mut batch = Vec::with_capacity(lane.waiting.len().min(MAX_GATHERED_READS));
        while batch.len() < MAX_GATHERED_READS
            && let Some(waiter) = lane.waiting.pop_front()
        {
            if !waiter.reply.is_closed() {
                batch.push(waiter);
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

impl<K, V> Gather<K, V>
where
    K: Copy + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Reads what `key` stands for together with what other callers of the tenant ask for; `None` when there is no such
    /// thing. `read` gets the keys, each once, and when to give up.
    ///
    /// # Errors
    /// DEADLINE_EXCEEDED when the caller's own has passed, [`Error::QueueFull`] when too many wait already, and what
    /// the shared read ended with.
    pub(crate) async fn ask<F, R>(
        &self,
        tenant: TenantId,
        deadline: Instant,
        key: K,
        read: F,
    ) -> Result<Option<V>>
    where
        F: Fn(Vec<K>, Instant) -> R + Send + Sync + 'static,
        R: Future<Output = Result<HashMap<K, V>>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let (span, queued) = (Span::current(), Queued::new("reads"));
        if self.push(tenant, Waiter { key, deadline, reply, span, _queued: queued })? {
            let lane = Running { gather: self.clone(), tenant, ended: false };
            // A task of its own: a caller that goes away takes no other's answer with it.
            tokio::spawn(lane.run(read));
        }
        match tokio::time::timeout_at(deadline.into(), answer).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => Err(Error::Internal("a shared read ended without an answer".into())),
            Err(_) => Err(Error::DeadlineExceeded { definite: true }),
        }
    }
}

/// A lane of a tenant: runs query after query until nobody waits.
struct Running<K, V> {
    gather: Gather<K, V>,
    tenant: TenantId,
    ended: bool,
}

impl<K, V> Running<K, V>
where
    K: Copy + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    async fn run<F, R>(mut self, read: F)
    where
        F: Fn(Vec<K>, Instant) -> R + Send + Sync + 'static,
        R: Future<Output = Result<HashMap<K, V>>> + Send + 'static,
    {
        while let Some(batch) = self.gather.next(self.tenant) {
            let keys: HashSet<K> = batch.iter().map(|waiter| waiter.key).collect();
            let latest = batch.iter().map(|waiter| waiter.deadline).max();
            let limit = Instant::now() + SHARED_READ_LIMIT;
            let limit = latest.map_or(limit, |latest| latest.min(limit));
            // A shared read stands in the trace of one of its callers.
            let span = batch.iter().map(|waiter| &waiter.span).find(|span| !span.is_none());
            let span = span.cloned().unwrap_or_else(Span::none);
            let found = read(keys.into_iter().collect(), limit).instrument(span).await;
            for waiter in batch {
                let answer = match &found {
                    Ok(found) => Ok(found.get(&waiter.key).cloned()),
                    Err(error) => Err(told(error, waiter.deadline)),
                };
                // Nobody to tell it to when the caller has gone.
                let _ = waiter.reply.send(answer);
            }
        }
        self.ended = true;
    }
}

/// What a caller is told: the limit of the shared read is not its own deadline.
fn told(error: &Error, deadline: Instant) -> Error {
    match error {
        Error::DeadlineExceeded { .. } if Instant::now() < deadline => {
            Error::Unavailable { why: Unavailable::Database, definite: true }
        }
        other => other.clone(),
    }
}

/// A lane that ends in a panic, or with the runtime, must not leave callers waiting for it.
impl<K, V> Drop for Running<K, V> {
    fn drop(&mut self) {
        if !self.ended {
            self.gather.abandon(self.tenant);
        }
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
