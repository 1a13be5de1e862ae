"""StreamTransfers for threads and for asyncio, going on by itself after a cut."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable

from bursar._async import AsyncService
from bursar._async_stream import AsyncTransferStream
from bursar._cancel import Cancel
from bursar._sync import Service
from bursar._sync_stream import TransferStream
from bursar._unanswered import MAX_UNANSWERED
from bursar.ledger.v1.transfer_pb2 import NewTransfer
from bursar.ledger.v1.transfer_service_pb2 import TransferResult


class TransferStreams(Service):
    """The stream of the TransferService."""

    def stream_transfers(
        self,
        transfers: Iterable[NewTransfer],
        *,
        max_unanswered: int = MAX_UNANSWERED,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Generator[TransferResult, None, None]:
        """Posts or reserves transfers without an end, and yields their results in order.

        A refused transfer is in its result (see `BursarError.from_status`) and never ends the stream. `transfers` is
        read in a thread of its own, and not further than `max_unanswered` transfers without a result; results that
        are not taken hold everything up. What is there is sent without waiting for more, up to 500 in a message.

        After a cut the client connects again and sends again from the first transfer without a result, with the same
        ids; it gives up after twelve failures in a row without a result between them. There is no deadline unless
        `timeout` gives one for the whole stream. An exception of `transfers` is raised after the results of what came
        before it.
        """
        stream = TransferStream(self._caller, transfers, max_unanswered, timeout, cancel)
        return stream.results()


class AsyncTransferStreams(AsyncService):
    """The stream of the TransferService."""

    def stream_transfers(
        self,
        transfers: AsyncIterable[NewTransfer] | Iterable[NewTransfer],
        *,
        max_unanswered: int = MAX_UNANSWERED,
        timeout: float | None = None,
    ) -> AsyncGenerator[TransferResult, None]:
        """Posts or reserves transfers without an end, and yields their results in order.

        A refused transfer is in its result (see `BursarError.from_status`) and never ends the stream. `transfers` is
        read in a task of its own, and not further than `max_unanswered` transfers without a result; results that are
        not taken hold everything up. What is there is sent without waiting for more, up to 500 in a message.

        After a cut the client connects again and sends again from the first transfer without a result, with the same
        ids; it gives up after twelve failures in a row without a result between them. There is no deadline unless
        `timeout` gives one for the whole stream. An exception of `transfers` is raised after the results of what came
        before it.
        """
        stream = AsyncTransferStream(self._caller, transfers, max_unanswered, timeout)
        return stream.results()
