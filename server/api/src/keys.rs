//! The cache of API keys: known and unknown ones, for half a second, so that a flood of calls with one key is one query.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar_domain::ids::KeyId;
use bursar_domain::limits::{CONNECT_TIMEOUT, KEY_CACHE, KEY_CACHE_ENTRIES};
use bursar_domain::{Error, Result, Unavailable};
use bursar_store::{KeyRecord, Store};
use moka::Expiry;
use moka::future::Cache;

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
pub(crate) struct Keys(Cache<KeyId, Found>);

impl Keys {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(KEY_CACHE_ENTRIES).expire_after(FromQuestion).build())
    }

    /// What is known of a key. Calls with the same key share one query; errors are not kept.
    pub(crate) async fn find(&self, store: &Store, id: KeyId) -> Result<Option<Arc<KeyRecord>>> {
        let look_up = async {
            let asked = Instant::now();
            // Not the caller's deadline: others may wait for the same answer.
            let record = store.key_find(id, asked + CONNECT_TIMEOUT).await?;
            Ok(Found { record: record.map(Arc::new), asked })
        };
        match self.0.try_get_with(id, look_up).await {
            Ok(found) => Ok(found.record),
            Err(error) => Err(match &*error {
                Error::DeadlineExceeded { .. } => {
                    Error::Unavailable { why: Unavailable::Database, definite: true }
                }
                other => other.clone(),
            }),
        }
    }
}
