//! What is tried again, and when.

use std::time::Duration;

use tonic::{Code, Status};

use crate::error;

/// The first delay; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(2);

/// How long to wait before try number `tries + 1`, after a failure that may be tried again. Half of it is chance, so that
/// many clients do not come back at once. A server that names a delay gets that one.
pub(crate) fn wait(status: &Status, tries: u32) -> Option<Duration> {
    let asked = error::delay(status);
    match status.code() {
        Code::Unavailable => Some(asked.unwrap_or_else(|| backoff(tries))),
        Code::ResourceExhausted => asked,
        _ => None,
    }
}

/// The delay after so many failures.
pub(crate) fn backoff(failures: u32) -> Duration {
    let whole = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
    let chance = getrandom::u32().unwrap_or(u32::MAX / 2);
    whole.mul_f64(0.5 + 0.5 * f64::from(chance) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    fn with_delay(code: Code) -> Status {
        let mut details = ErrorDetails::new();
        details.set_retry_info(Some(Duration::from_millis(700)));
        Status::with_error_details(code, "later", details)
    }

    #[test]
    fn delays_grow_up_to_a_bound() {
        for (failures, most) in [(1, 100), (2, 200), (3, 400), (6, 2_000), (40, 2_000)] {
            for _ in 0..100 {
                let delay = backoff(failures).as_millis();
                assert!(delay >= most / 2 && delay <= most, "{failures}: {delay}");
            }
        }
    }

    #[test]
    fn only_what_is_safe_is_tried_again() {
        assert!(wait(&Status::unavailable(""), 1).is_some());
        assert_eq!(wait(&with_delay(Code::Unavailable), 1), Some(Duration::from_millis(700)));
        assert_eq!(wait(&with_delay(Code::ResourceExhausted), 1), Some(Duration::from_millis(700)));
        assert_eq!(wait(&Status::resource_exhausted("a quota"), 1), None);
        for code in [Code::Aborted, Code::Internal, Code::DeadlineExceeded, Code::Unknown] {
            assert_eq!(wait(&with_delay(code), 1), None, "{code:?}");
        }
    }
}
