"""StreamTransfers for threads: one thread reads the source, gRPC's own sends, the caller's takes the results."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from typing import Any, cast

import grpc

from bursar._cancel import Cancel
from bursar._errors import BursarError, RpcError, from_rpc
from bursar._sync import Caller, cancelled
from bursar._unanswered import STREAM_TRANSFERS, Unanswered
from bursar.ledger.v1.transfer_pb2 import NewTransfer
from bursar.ledger.v1.transfer_service_pb2 import StreamTransfersRequest, TransferResult

_END: Any = object()


class TransferStream:
    """One stream of transfers, over as many calls as it takes."""

    def __init__(
        self,
        caller: Caller,
        source: Iterable[NewTransfer],
        max_unanswered: int,
        timeout: float | None,
        cancel: Cancel | None,
    ) -> None:
        self._caller = caller
        self._source = source
        self._deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        # A stream that nobody cancels has nobody watching either.
        self._cancel = cancel or Cancel()
        # Guards all that follows, and is told of every change.
        self._changed = threading.Condition()
        self._unanswered = Unanswered(max(1, max_unanswered))
        self._source_ended = False
        self._source_error: BaseException | None = None
        self._over = False

    def results(self) -> Generator[TransferResult, None, None]:
        """The results, in order."""
        # A daemon: a source that never yields again must not keep the program from ending.
        threading.Thread(target=self._read_source, name="bursar-transfers", daemon=True).start()
        try:
            with self._cancel._watching(self._wake):
                while self._has_more():
                    error = yield from self._one_call()
                    if error is None:
                        continue
                    wait = self._unanswered.wait_before_next(error, self._deadline - time.monotonic())
                    self._caller.pause(wait, self._cancel)
        finally:
            self._over = True
            self._wake()
        if self._source_error is not None:
            raise self._source_error

    def _has_more(self) -> bool:
        """Waits until there is something to send, or nothing left: no call is opened for an idle source."""
        with self._changed:
            remaining = self._deadline - time.monotonic()
            self._changed.wait_for(
                lambda: self._unanswered.has_waiting() or self._source_ended or self._cancel.cancelled,
                None if math.isinf(remaining) else max(0.0, remaining),
            )
            if self._cancel.cancelled:
                raise cancelled(True, self._unanswered.first_id())
            # With the deadline passed, the call finds so at once.
            return not (self._source_ended and self._unanswered.is_empty())

    def _one_call(self) -> Generator[TransferResult, None, BursarError | None]:
        """The results of one call; then its error, None when all that was read is answered."""
        ended = threading.Event()
        remaining = self._deadline - time.monotonic()
        call = self._caller.open(STREAM_TRANSFERS, self._requests(ended), remaining)
        error: BursarError | None = None
        try:
            with self._cancel._watching(call.cancel):
                for reply in call:
                    for result in reply.results:
                        with self._changed:
                            self._unanswered.answered()
                            self._changed.notify_all()
                        yield result
        except grpc.RpcError as rpc_error:
            with self._changed:
                request_id = self._unanswered.first_id()
            error = from_rpc(cast(RpcError, rpc_error), mutates=True, request_id=request_id)
        finally:
            ended.set()
            call.cancel()
            with self._changed:
                self._unanswered.send_again()
                self._changed.notify_all()
        if error is None and not self._unanswered.is_empty():
            error = self._unanswered.ended_early()
        return error

    def _requests(self, ended: threading.Event) -> Iterator[StreamTransfersRequest]:
        """The messages of one call. Runs in gRPC's thread, until the source or the call has ended."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: ended.is_set() or self._unanswered.has_waiting() or self._source_ended)
                if ended.is_set() or not self._unanswered.has_waiting():
                    return
                message = self._unanswered.take()
            yield message

    def _read_source(self) -> None:
        """Reads the source as far as may be. Runs in a thread of its own."""
        try:
            transfers = iter(self._source)
            while self._may_read():
                transfer = next(transfers, _END)
                if transfer is _END:
                    break
                self._add(transfer)
        except BaseException as error:
            # Raised where the results are taken.
            self._source_error = error
        finally:
            self._source_ended = True
            self._wake()

    def _may_read(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._over or not self._unanswered.is_full())
            return not self._over

    def _add(self, transfer: NewTransfer) -> None:
        with self._changed:
            self._unanswered.add(transfer)
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
