//! Choices that follow from a seed and a name, on every machine and in every version: a library may change its
//! generator, and then the same seed would be no replay any more.

use super::Plan;
use uuid::Uuid;

/// A generator of choices (splitmix64).
pub(super) struct Chance(u64);

impl Chance {
    /// The choices about a thing.
    pub(super) fn about(plan: Plan, name: &str) -> Self {
        let id = Uuid::parse_str(&plan.id(&format!("chance:{name}"))).unwrap_or_default();
        Self(id.as_u64_pair().0)
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    /// A number from `low` to `high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether something of so many percent happens.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let count = items.len() as u64;
        let at = usize::try_from(self.below(count)).unwrap_or_default();
        &items[at.min(items.len() - 1)]
    }
}
