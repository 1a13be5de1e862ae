//! Random choices that can be made again: the seed is printed.

use std::sync::atomic::{AtomicU64, Ordering};

/// Draws numbers; shared by the tasks of a test.
pub(crate) struct Random(AtomicU64);

impl Random {
    /// Takes `BURSAR_TEST_SEED`, or a seed of its own, and prints it.
    pub(crate) fn new() -> Self {
        let given = std::env::var("BURSAR_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| getrandom::u64().expect("a seed"));
        eprintln!("BURSAR_TEST_SEED={seed}");
        Self(AtomicU64::new(seed))
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        // SplitMix64.
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// A position below `end`.
    pub(crate) fn index(&self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).expect("a position")
    }
}
