//! The cache of API keys: known and unknown ones, for half a second, so that a flood of calls with one key is one query.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar_domain::ids::KeyId;
use bursar_domain::limits::{CONNECT_TIMEOUT, KEY_CACHE, KEY_CACHE_ENTRIES};
use bursar_domain::{Error, Result, Unavailable};
use bursar_store::{KeyRecord, Store, child_span};
use moka::Expiry;
use moka::future::Cache;
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use tracing::Instrument as _;

/// What was found, and when the question was put.
#[derive(Clone)]
struct Found {
    record: Option<Arc<KeyRecord>>,
    asked: Instant,
}

/// Counts the half second from the question, not from the answer: a slow answer is an old one.
struct FromQuestion;

impl Expiry<KeyId, Found> for FromQuestion {
    fn expire_after_create(&self, _: &KeyId, found: &Found, _: Instant) -> Option<Duration> {
        Some(KEY_CACHE.saturating_sub(found.asked.elapsed()))
    }
}

/// API keys by id, cached.
pub(crate) struct Keys {
    cache: Cache<KeyId, Found>,
    lookups: Counter<u64>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        let lookups = global::meter("bursar")
            .u64_counter("bursar.key_cache.lookups")
            .with_description("Look-ups of API keys, by whether the cache knew the answer")
            .build();
        let cache =
            Cache::builder().max_capacity(KEY_CACHE_ENTRIES).expire_after(FromQuestion).build();
        Self { cache, lookups }
    }

    /// What is known of a key. Calls with the same key share one query; errors are not kept.
    pub(crate) async fn find(&self, store: &Store, id: KeyId) -> Result<Option<Arc<KeyRecord>>> {
        // Nearly always: without the look-up's future, which is large.
        if let Some(found) = self.cache.get(&id).await {
            self.lookups.add(1, &[KeyValue::new("result", "hit")]);
            return Ok(found.record);
        }
        Box::pin(self.look_up(store, id)).await
    }

    async fn look_up(&self, store: &Store, id: KeyId) -> Result<Option<Arc<KeyRecord>>> {
        let look_up = async {
            let asked = Instant::now();
            // Not the caller's deadline: others may wait for the same answer.
            let found = store.key_find(id, asked + CONNECT_TIMEOUT);
            let record = found.instrument(child_span!("look up the key")).await?;
            Ok(Found { record: record.map(Arc::new), asked })
        };
        let entry = self.cache.entry(id).or_try_insert_with(look_up).await;
        let hit = entry.as_ref().is_ok_and(|entry| !entry.is_fresh());
        self.lookups.add(1, &[KeyValue::new("result", if hit { "hit" } else { "miss" })]);
        match entry {
            Ok(entry) => Ok(entry.into_value().record),
            Err(error) => Err(match &*error {
                Error::DeadlineExceeded { .. } => {
                    Error::Unavailable { why: Unavailable::Database, definite: true }
                }
                other => other.clone(),
            }),
        }
    }
}
