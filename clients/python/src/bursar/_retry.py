"""When a failed call is sent again, and how long to wait before."""

from __future__ import annotations

import random

from bursar._errors import BursarError

FIRST_DELAY = 0.1
LONGEST_DELAY = 2.0
MAX_ATTEMPTS = 12


def wait_before_retry(error: BursarError, failures: int, attempts: int, remaining: float) -> float | None:
    """Seconds to wait before the next attempt; None when there is none.

    `failures` is how often the call failed so far, `remaining` the seconds to its deadline: what would begin after
    that is not worth waiting for.
    """
    if not error.retryable or failures >= attempts:
        return None
    wait = backoff(failures) if error.retry_after is None else error.retry_after
    return wait if wait < remaining else None


def backoff(failures: int) -> float:
    """Doubles with each failure; between half of that and all of it, so that clients do not come back together."""
    # The exponent is bounded, or a long life of failures would overflow.
    longest = min(LONGEST_DELAY, FIRST_DELAY * float(1 << min(failures - 1, 16)))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
