//! Who guesses keys: invalid ones are counted by the address they come from.
//!
//! An address that sent too many is not shut out, since honest callers may share it (NAT, a proxy). Only what costs the
//! database anything is taken from it: a key that it has to look up. A key whose secret worked within the last hour is
//! known without a look-up, so it goes on working; a key that is new to this server has to wait as RetryInfo says.
//! A secret has 256 bits: it is the database that is protected here, not the secret.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bursar_domain::ids::KeyId;
use bursar_domain::key::{ApiKeyText, Pepper};
use bursar_domain::limits::{KEY_CACHE_ENTRIES, PROVEN_KEY, RATE_ENTRIES, RATE_IDLE};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::peer::Peer;

/// What is known of an address that sent an invalid key.
#[derive(Clone)]
struct Suspect {
    per_minute: NonZeroU32,
    limiter: Arc<DefaultDirectRateLimiter<StateInformationMiddleware>>,
    closed_until: Arc<Mutex<Instant>>,
}

/// Addresses that sent invalid keys, and keys that were valid. Bounded in memory, whoever calls.
pub(super) struct Guessing {
    suspects: Cache<Peer, Suspect>,
    proven: Cache<KeyId, Arc<[u8]>>,
    clock: DefaultClock,
}

impl Guessing {
    pub(super) fn new() -> Self {
        Self {
            // The least recent goes first: the usual policy would keep out newcomers, which are the point here.
            suspects: Cache::builder()
                .max_capacity(RATE_ENTRIES)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(RATE_IDLE)
                .build(),
            proven: Cache::builder()
                .max_capacity(KEY_CACHE_ENTRIES)
                .time_to_idle(PROVEN_KEY)
                .build(),
            clock: DefaultClock::default(),
        }
    }

    /// How long an address has to wait before a key is looked up for it.
    pub(super) fn wait(&self, peer: Peer) -> Option<Duration> {
        let suspect = self.suspects.get(&peer)?;
        let until = *suspect.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        Some(until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    /// Counts an invalid key.
    pub(super) fn failed(&self, peer: Peer, per_minute: NonZeroU32) {
        let fresh = || Suspect {
            per_minute,
            limiter: Arc::new(
                RateLimiter::direct(Quota::per_minute(per_minute))
                    .with_middleware::<StateInformationMiddleware>(),
            ),
            closed_until: Arc::new(Mutex::new(Instant::now())),
        };
        let changed = |suspect: &Suspect| suspect.per_minute != per_minute;
        let suspect = self.suspects.entry(peer).or_insert_with_if(fresh, changed).into_value();
        let wait = match suspect.limiter.check() {
            Ok(left) if left.remaining_burst_capacity() > 0 => return,
            Ok(left) => left.quota().replenish_interval(),
            // Calls at once: each was let in before the first had failed.
            Err(refusal) => refusal.wait_time_from(self.clock.now()),
        };
        let mut until = suspect.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if *until <= now {
            tracing::warn!(address = %peer, per_minute, "too many invalid API keys come from an address");
        }
        *until = now + wait;
    }

    /// Remembers a key whose secret was right, by the hash that is compared.
    pub(super) fn proved(&self, id: KeyId, hash: &[u8]) {
        if self.proven.get(&id).is_none_or(|known| *known != *hash) {
            self.proven.insert(id, hash.into());
        }
    }

    /// Whether the key's secret was right lately.
    pub(super) fn is_proven(&self, key: &ApiKeyText, pepper: &Pepper) -> bool {
        self.proven.get(&key.id).is_some_and(|hash| key.matches(pepper, &hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    #[test]
    fn an_address_is_closed_by_its_own_failures_only() {
        let guessing = Guessing::new();
        let of = |address: &str| Peer::new(address.parse().unwrap());
        let (one, other) = (of("192.0.2.1"), of("192.0.2.2"));
        let three = NonZeroU32::new(3).unwrap();
        for _ in 0..2 {
            guessing.failed(one, three);
            assert_eq!(guessing.wait(one), None);
        }
        guessing.failed(one, three);
        let wait = guessing.wait(one).expect("closed by the third");
        assert!(wait <= Duration::from_secs(20), "a third of a minute: {wait:?}");
        assert_eq!(guessing.wait(other), None);
        // A wider limit is a new count.
        guessing.failed(one, NonZeroU32::new(100).unwrap());
        assert_eq!(guessing.wait(one), None);
    }

    #[test]
    fn only_the_right_secret_is_proven() {
        let guessing = Guessing::new();
        let pepper = Pepper::new(&SecretString::from("pepper-of-the-tests-pepper-of-the-tests"));
        let pepper = pepper.unwrap();
        let key = ApiKeyText::new(KeyId::generate(), [1; 32]);
        assert!(!guessing.is_proven(&key, &pepper));
        guessing.proved(key.id, &key.hash(&pepper));
        assert!(guessing.is_proven(&key, &pepper));
        assert!(!guessing.is_proven(&ApiKeyText::new(key.id, [2; 32]), &pepper));
    }
}
