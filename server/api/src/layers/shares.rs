//! Shares of calls, one for each caller that has called lately.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use bursar_domain::limits::{RATE_ENTRIES, RATE_IDLE};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;
use std::sync::Arc;

#[derive(Clone)]
struct Share {
    per_second: NonZeroU32,
    limiter: Arc<DefaultDirectRateLimiter>,
}

/// Bounded in memory, whoever calls: a share that was left alone is whole again, so forgetting it changes nothing.
pub(super) struct Shares<K> {
    known: Cache<K, Share>,
    clock: DefaultClock,
}

impl<K: Hash + Eq + Send + Sync + 'static> Shares<K> {
    pub(super) fn new() -> Self {
        let known = Cache::builder().max_capacity(RATE_ENTRIES).time_to_idle(RATE_IDLE).build();
        Self { known, clock: DefaultClock::default() }
    }

    /// Takes one call from a caller's share, or says how long to wait for one.
    pub(super) fn take(&self, caller: K, per_second: NonZeroU32) -> Result<(), Duration> {
        let fresh = || Share {
            per_second,
            limiter: Arc::new(RateLimiter::direct(Quota::per_second(per_second))),
        };
        // A changed limit takes effect as soon as it is known.
        let changed = |share: &Share| share.per_second != per_second;
        let share = self.known.entry(caller).or_insert_with_if(fresh, changed).into_value();
        share.limiter.check().map_err(|refusal| refusal.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_its_own_share_and_a_new_limit_counts_at_once() {
        let shares = Shares::new();
        let two = NonZeroU32::new(2).unwrap();
        assert!(shares.take("one", two).is_ok() && shares.take("one", two).is_ok());
        let wait = shares.take("one", two).expect_err("the third call in the same moment");
        assert!(!wait.is_zero() && wait.as_millis() <= 500);
        assert!(shares.take("other", two).is_ok());
        assert!(shares.take("one", NonZeroU32::new(3).unwrap()).is_ok());
    }
}
