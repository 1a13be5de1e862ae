//! Random choices that can be made again: the seed is printed, and taken from `BURSAR_TEST_SEED` when that is set.

/// A generator of choices (splitmix64): good enough to try things, and the same on every machine.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A fresh generator; its seed is in the output of a failed test.
    pub fn new() -> Self {
        let given =
            std::env::var("BURSAR_TEST_SEED").ok().map(|text| text.parse().expect("a number"));
        let seed = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
        println!("BURSAR_TEST_SEED={seed}");
        Self(seed)
    }

    /// A generator that makes the same choices each time.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed: whatever comes next.
    pub fn seed(&mut self) -> u64 {
        let (high, low) = (self.below(1 << 32) as u64, self.below(1 << 32) as u64);
        high << 32 | low
    }

    /// Yes, so often in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a small bound");
        usize::try_from(self.next() % bound).expect("below a small bound")
    }

    /// A number from 0 to below 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are what a double has")]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Two different items.
    pub fn two<'a, T>(&mut self, items: &'a [T]) -> (&'a T, &'a T) {
        let first = self.below(items.len());
        let second = (first + 1 + self.below(items.len() - 1)) % items.len();
        (&items[first], &items[second])
    }

    /// An amount of cents, from 0.01 to 99.99.
    pub fn cents(&mut self) -> String {
        let cents = 1 + self.below(9_999);
        format!("{}.{:02}", cents / 100, cents % 100)
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}
