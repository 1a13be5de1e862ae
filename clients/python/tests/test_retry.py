import unittest

import grpc

from bursar import BursarError, Reason
from bursar._retry import backoff, wait_before_retry


def error(code: grpc.StatusCode, *, retryable: bool = True, retry_after: float | None = None) -> BursarError:
    return BursarError(code, "", Reason.UNKNOWN, retryable=retryable, retry_after=retry_after)


class Retries(unittest.TestCase):
    def test_the_back_off_doubles_within_its_bounds(self) -> None:
        for failures in (1, 2, 3, 5, 6, 8, 1000):
            longest = min(2.0, 0.1 * 2 ** min(failures - 1, 10))
            for _ in range(50):
                self.assertTrue(longest / 2 <= backoff(failures) <= longest)

    def test_the_servers_delay_counts(self) -> None:
        slow = error(grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after=3.5)
        self.assertEqual(wait_before_retry(slow, 1, 8, 10), 3.5)

    def test_there_is_an_end(self) -> None:
        gone = error(grpc.StatusCode.UNAVAILABLE)
        self.assertIsNotNone(wait_before_retry(gone, 7, 8, 10))
        self.assertIsNone(wait_before_retry(gone, 8, 8, 10))
        self.assertIsNone(wait_before_retry(gone, 1, 1, 10))

    def test_never_past_the_deadline(self) -> None:
        self.assertIsNone(wait_before_retry(error(grpc.StatusCode.UNAVAILABLE), 1, 8, 0.04))
        self.assertIsNone(wait_before_retry(error(grpc.StatusCode.UNAVAILABLE, retry_after=3), 1, 8, 2.9))

    def test_nothing_else_is_sent_again(self) -> None:
        self.assertIsNone(wait_before_retry(error(grpc.StatusCode.ABORTED, retryable=False), 1, 8, 10))
