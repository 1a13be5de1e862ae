//! Waiting for what takes effect a little later.

use std::time::{Duration, Instant};

/// Promised bound of everything that takes effect on every server: revocation, suspension, a new limit.
pub const A_SECOND: Duration = Duration::from_secs(1);

/// Asks again and again until the answer is yes; fails when it is still no after `limit`. Counts from the start of the
/// question that got the yes.
pub async fn within(limit: Duration, what: &str, mut check: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    loop {
        let asked = start.elapsed();
        if check().await {
            assert!(asked <= limit, "{what} took {asked:?}, more than {limit:?}");
            return;
        }
        assert!(asked <= limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
