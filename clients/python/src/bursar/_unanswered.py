"""The transfers of a stream that have no result yet: what a new stream sends again after a cut."""

from __future__ import annotations

from collections import deque

import grpc

from bursar._errors import BursarError, failed
from bursar._ids import new_id
from bursar._method import Method
from bursar._retry import MAX_ATTEMPTS, wait_before_retry
from bursar.ledger.v1.transfer_pb2 import NewTransfer
from bursar.ledger.v1.transfer_service_pb2 import StreamTransfersRequest, StreamTransfersResponse

STREAM_TRANSFERS = Method(
    "bursar.ledger.v1.TransferService", "StreamTransfers", StreamTransfersRequest, StreamTransfersResponse
)
MAX_UNANSWERED = 10_000
_MAX_IN_MESSAGE = 500
# A quarter of what the server takes: transfers may carry 16 KiB of metadata each.
_MAX_BYTES_IN_MESSAGE = 1 << 20


class Unanswered:
    """What was read from the source and has no result, in order. Not safe for threads by itself."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sent: deque[NewTransfer] = deque()
        self._waiting: deque[NewTransfer] = deque()
        self._failures = 0

    def is_full(self) -> bool:
        """Whether no more may be read from the source."""
        return len(self._sent) + len(self._waiting) >= self._limit

    def is_empty(self) -> bool:
        """Whether everything is answered."""
        return not self._sent and not self._waiting

    def has_waiting(self) -> bool:
        """Whether there is something to send."""
        return bool(self._waiting)

    def add(self, transfer: NewTransfer) -> None:
        """Takes a copy, with an id: the caller may use the message again."""
        copy = NewTransfer()
        copy.CopyFrom(transfer)
        copy.id = copy.id or new_id()
        self._waiting.append(copy)

    def take(self) -> StreamTransfersRequest:
        """The next message: what is waiting, as far as one message goes."""
        message = StreamTransfersRequest()
        size = 0
        while self._waiting and len(message.transfers) < _MAX_IN_MESSAGE and size < _MAX_BYTES_IN_MESSAGE:
            transfer = self._waiting.popleft()
            self._sent.append(transfer)
            message.transfers.append(transfer)
            size += transfer.ByteSize()
        return message

    def answered(self) -> None:
        """The first one has its result."""
        if not self._sent:
            raise failed(grpc.StatusCode.INTERNAL, "the server sent a result too many", mutates=True, request_id="")
        self._sent.popleft()
        self._failures = 0

    def send_again(self) -> None:
        """A new stream begins with the first one that has no result."""
        self._sent.extend(self._waiting)
        self._sent, self._waiting = deque(), self._sent

    def first_id(self) -> str:
        """The id of the first one without a result."""
        first = next(iter(self._sent or self._waiting), None)
        return "" if first is None else first.id

    def ended_early(self) -> BursarError:
        """The error of a stream that the server ended without one, and without all results."""
        return failed(
            grpc.StatusCode.UNAVAILABLE,
            "the stream ended before the last result",
            mutates=True,
            request_id=self.first_id(),
        )

    def wait_before_next(self, error: BursarError, remaining: float) -> float:
        """Seconds to wait before the next stream; raises the error when there is none."""
        self._failures += 1
        wait = wait_before_retry(error, self._failures, MAX_ATTEMPTS, remaining)
        if wait is None:
            raise error
        return wait
