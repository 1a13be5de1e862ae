//! Days as the ledger counts them.

use std::time::Duration;

/// Today in UTC, as `YYYY-MM-DD`, shifted by days. Waits when the day is about to end, so that a test's calls see one.
pub async fn day(shift: i64) -> String {
    const DAY: i64 = 86_400;
    let now = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        i64::try_from(since.expect("after 1970").as_secs()).expect("before the end of time")
    };
    while now() % DAY > DAY - 60 {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let midnight = (now() / DAY + shift) * DAY;
    let text = prost_types::Timestamp { seconds: midnight, nanos: 0 }.to_string();
    text.split('T').next().expect("a date").to_owned()
}
