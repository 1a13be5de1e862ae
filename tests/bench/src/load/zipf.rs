//! Zipf's law with exponent 1.0 over numbered accounts.

/// Draws ranks from 1: rank `k` has the share `1 / (k * H)`, to within 2.1 % for the second rank and less below.
///
/// The first rank gets its exact share; the others come from one inversion of the continuous law, shifted by half a
/// rank. `sql/stored_function_zipf.sql` draws by the same formula, so both sides have the same skew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zipf {
    head: f64,
    ratio: f64,
}

impl Zipf {
    /// Over that many accounts, two or more.
    pub(crate) fn over(accounts: u32) -> Self {
        let harmonic: f64 = (1..=accounts).map(|rank| 1.0 / f64::from(rank)).sum();
        Self { head: 1.0 / harmonic, ratio: (f64::from(accounts) + 0.5) / 1.5 }
    }

    /// Share of the first rank.
    pub(crate) fn head(&self) -> f64 {
        self.head
    }

    /// The rank for a number from 0 to below 1.
    pub(crate) fn rank(&self, unit: f64) -> u32 {
        if unit < self.head {
            return 1;
        }
        let rest = (unit - self.head) / (1.0 - self.head);
        let rank = (1.5 * self.ratio.powf(rest)).round();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 2 and the number of accounts"
        )]
        let rank = rank as u32;
        rank
    }
}

#[cfg(test)]
mod tests {
    use super::Zipf;

    /// What each rank gets of many evenly spread numbers.
    fn shares(accounts: u32, draws: u32) -> Vec<f64> {
        let zipf = Zipf::over(accounts);
        let mut counts = vec![0_u32; accounts as usize + 1];
        for draw in 0..draws {
            let rank = zipf.rank((f64::from(draw) + 0.5) / f64::from(draws));
            counts[rank as usize] += 1;
        }
        counts.iter().map(|count| f64::from(*count) / f64::from(draws)).collect()
    }

    #[test]
    fn each_of_the_first_ranks_gets_its_share() {
        let shares = shares(100_000, 4_000_000);
        let harmonic: f64 = (1..=100_000).map(|rank| 1.0 / f64::from(rank)).sum();
        for rank in 1..=100_u32 {
            let wanted = 1.0 / (f64::from(rank) * harmonic);
            let off = shares[rank as usize] / wanted - 1.0;
            assert!(off.abs() < 0.021, "rank {rank} is off by {off}");
        }
        assert!(shares[0].abs() < f64::EPSILON, "there is no rank 0");
    }

    #[test]
    fn the_last_rank_is_drawn_and_none_beyond_it() {
        let zipf = Zipf::over(1_000);
        assert_eq!(zipf.rank(0.0), 1);
        assert_eq!(zipf.rank(1.0 - f64::EPSILON), 1_000);
        assert_eq!(zipf.rank(zipf.head()), 2);
    }
}
