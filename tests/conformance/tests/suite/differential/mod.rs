//! The same random script through the naive model and through gRPC. The number of each script is printed; put that of a
//! failure into [`KNOWN`], so that it is played first from then on. `BURSAR_TEST_SEED` plays all of a run again.

mod alone;
mod crowd;

use bursar_testkit::Random;

/// Scripts that failed once.
const KNOWN: &[u64] = &[];

/// The scripts to play: those that failed once, and so many new ones.
fn seeds(fresh: usize) -> Vec<u64> {
    let mut random = Random::new();
    let fresh: Vec<u64> = (0..fresh).map(|_| random.seed()).collect();
    KNOWN.iter().copied().chain(fresh).collect()
}
