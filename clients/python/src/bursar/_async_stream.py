"""StreamTransfers for asyncio: a task reads the source, gRPC's own sends, the caller's takes the results."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import cast

import grpc

from bursar._async import AsyncCaller
from bursar._errors import BursarError, RpcError, from_rpc
from bursar._sync import cancelled
from bursar._unanswered import STREAM_TRANSFERS, Unanswered
from bursar.ledger.v1.transfer_pb2 import NewTransfer
from bursar.ledger.v1.transfer_service_pb2 import StreamTransfersRequest, TransferResult

_READ_AT_ONCE = 500


class _Changes:
    """Lets coroutines of one event loop wait until something is so."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        """Something changed: everybody looks again."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Waits until it is so."""
        while not is_so():
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)


class AsyncTransferStream:
    """One stream of transfers, over as many calls as it takes."""

    def __init__(
        self,
        caller: AsyncCaller,
        source: AsyncIterable[NewTransfer] | Iterable[NewTransfer],
        max_unanswered: int,
        timeout: float | None,
    ) -> None:
        self._caller = caller
        self._source = source
        self._deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        self._changes = _Changes()
        self._unanswered = Unanswered(max(1, max_unanswered))
        self._read = 0
        self._source_ended = False
        self._source_error: BaseException | None = None
        # The error of the call before; None when all it had was answered.
        self._error: BursarError | None = None

    async def results(self) -> AsyncGenerator[TransferResult, None]:
        """The results, in order."""
        reader = asyncio.ensure_future(self._read_source())
        try:
            while await self._has_more():
                async with aclosing(self._one_call()) as results:
                    async for result in results:
                        yield result
                if self._error is not None:
                    wait = self._unanswered.wait_before_next(self._error, self._deadline - time.monotonic())
                    await asyncio.sleep(wait)
        except asyncio.CancelledError as taken_back:
            # asyncio needs its own error; the request id is in its cause.
            raise taken_back from cancelled(True, self._unanswered.first_id())
        finally:
            reader.cancel()
        if self._source_error is not None:
            raise self._source_error

    async def _has_more(self) -> bool:
        """Waits until there is something to send, or nothing left: no call is opened for an idle source."""
        remaining = self._deadline - time.monotonic()
        waiting = self._changes.until(lambda: self._unanswered.has_waiting() or self._source_ended)
        try:
            await asyncio.wait_for(waiting, None if math.isinf(remaining) else remaining)
        except asyncio.TimeoutError:
            # With the deadline passed, the call finds so at once.
            return True
        return not (self._source_ended and self._unanswered.is_empty())

    async def _one_call(self) -> AsyncGenerator[TransferResult, None]:
        """The results of one call; what ended it is then in `_error`."""
        # gRPC does not end the task that takes the requests when the call fails: it must not take those of the next.
        ended = asyncio.Event()
        call = self._caller.open(STREAM_TRANSFERS, self._requests(ended), self._deadline - time.monotonic())
        self._error = None
        try:
            async for reply in call:
                for result in reply.results:
                    self._unanswered.answered()
                    self._changes.tell()
                    yield result
        except grpc.RpcError as rpc_error:
            self._error = from_rpc(cast(RpcError, rpc_error), mutates=True, request_id=self._unanswered.first_id())
        finally:
            ended.set()
            call.cancel()
            self._unanswered.send_again()
            self._changes.tell()
        if self._error is None and not self._unanswered.is_empty():
            self._error = self._unanswered.ended_early()

    async def _requests(self, ended: asyncio.Event) -> AsyncIterator[StreamTransfersRequest]:
        """The messages of one call, until the source or the call has ended."""
        while True:
            await self._changes.until(lambda: ended.is_set() or self._unanswered.has_waiting() or self._source_ended)
            if ended.is_set() or not self._unanswered.has_waiting():
                return
            yield self._unanswered.take()

    async def _read_source(self) -> None:
        """Reads the source as far as may be."""
        source = self._source
        try:
            await self._may_read()
            async for transfer in source if isinstance(source, AsyncIterable) else _asynchronous(source):
                self._unanswered.add(transfer)
                self._read += 1
                self._changes.tell()
                await self._may_read()
        except BaseException as error:
            # Raised where the results are taken; what is no Exception is for this task, too.
            self._source_error = error
            if not isinstance(error, Exception):
                raise
        finally:
            self._source_ended = True
            self._changes.tell()

    async def _may_read(self) -> None:
        # A source that never waits would keep the event loop from all else; a switch at each transfer would send
        # each in a message of its own.
        if self._read % _READ_AT_ONCE == 0:
            await asyncio.sleep(0)
        await self._changes.until(lambda: not self._unanswered.is_full())


async def _asynchronous(source: Iterable[NewTransfer]) -> AsyncIterator[NewTransfer]:
    for transfer in source:
        yield transfer
