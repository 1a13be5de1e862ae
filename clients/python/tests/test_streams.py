import asyncio
import itertools
import threading
import time
import unittest
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import grpc

import bursar
from bursar._unanswered import Unanswered
from bursar.ledger.v1 import NewTransfer, TransferResult
from tests.fake_server import FakeServer, Transfers, fail


def numbered(count: int) -> Iterator[NewTransfer]:
    # One message for all, as a caller may do.
    transfer = NewTransfer()
    for number in range(count):
        transfer.id = f"t{number}"
        yield transfer


class Streams(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)

    def stream(self, transfers: Any, **options: Any) -> list[TransferResult]:
        with bursar.Client(self.server.url, "k") as client:
            return list(client.ledger.transfers.stream_transfers(transfers, **options))

    def aio_stream(self, transfers: Any, **options: Any) -> list[TransferResult]:
        async def run() -> list[TransferResult]:
            async with bursar.aio.Client(self.server.url, "k") as client:
                return [one async for one in client.ledger.transfers.stream_transfers(transfers, **options)]

        return asyncio.run(run())

    def both(self) -> Iterable[Any]:
        for stream in (self.stream, self.aio_stream):
            with self.subTest(stream.__name__):
                yield stream

    def test_results_come_in_order_over_any_number_of_cuts(self) -> None:
        for stream in self.both():
            transfers = self.server.handlers["StreamTransfers"] = Transfers(cuts=20, results_before_cut=70)
            results = stream(numbered(3000))
            self.assertEqual([result.id for result in results], [f"t{number}" for number in range(3000)])
            self.assertEqual(len(transfers.posted), 3000)
            self.assertEqual(transfers.cuts, 0)
            self.assertLessEqual(max(transfers.sizes), 500)

    def test_ids_are_filled_in_once(self) -> None:
        for stream in self.both():
            transfers = self.server.handlers["StreamTransfers"] = Transfers(cuts=3, results_before_cut=5)
            results = stream([NewTransfer()] * 50)
            self.assertEqual({result.id for result in results}, set(transfers.posted))
            self.assertEqual(len(transfers.posted), 50)

    def test_it_gives_up_without_progress(self) -> None:
        for stream in self.both():
            transfers = self.server.handlers["StreamTransfers"] = Transfers(cuts=100)
            with self.assertRaises(bursar.BursarError) as raised:
                stream(numbered(3))
            self.assertEqual(transfers.cuts, 88)
            self.assertIs(raised.exception.reason, bursar.Reason.SHUTTING_DOWN)
            self.assertEqual(raised.exception.request_id, "t0")

    def test_other_errors_end_it(self) -> None:
        def refuse(_: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            fail(context, grpc.StatusCode.UNAUTHENTICATED, "KEY_REVOKED")
            yield

        self.server.handlers["StreamTransfers"] = refuse
        for stream in self.both():
            self.server.calls.clear()
            with self.assertRaises(bursar.BursarError) as raised:
                stream(numbered(3))
            self.assertIs(raised.exception.reason, bursar.Reason.KEY_REVOKED)
            self.assertEqual(len(self.server.calls), 1)

    def test_nothing_is_sent_for_an_empty_source(self) -> None:
        for stream in self.both():
            self.assertEqual(stream([]), [])
            self.assertEqual(self.server.calls, [])

    def test_an_error_of_the_source_comes_after_the_results(self) -> None:
        def broken() -> Iterator[NewTransfer]:
            yield from numbered(7)
            raise ZeroDivisionError

        self.server.handlers["StreamTransfers"] = Transfers()
        with bursar.Client(self.server.url, "k") as client:
            results = client.ledger.transfers.stream_transfers(broken())
            self.assertEqual(len(list(itertools.islice(results, 7))), 7)
            with self.assertRaises(ZeroDivisionError):
                next(results)
        with self.assertRaises(ZeroDivisionError):
            self.aio_stream(broken())

    def test_the_source_is_not_read_further_than_allowed(self) -> None:
        for stream in self.both():
            transfers = self.server.handlers["StreamTransfers"] = Transfers()
            transfers.go_on.clear()
            read: list[NewTransfer] = []
            seen: list[int] = []

            def source(read: list[NewTransfer] = read) -> Iterator[NewTransfer]:
                for transfer in numbered(300):
                    read.append(transfer)
                    yield transfer

            def look(transfers: Transfers = transfers, read: list[Any] = read, seen: list[int] = seen) -> None:
                time.sleep(0.5)
                seen.append(len(read))
                transfers.go_on.set()

            watcher = threading.Thread(target=look)
            watcher.start()
            self.assertEqual(len(stream(source(), max_unanswered=40)), 300)
            watcher.join()
            self.assertEqual(seen, [40])

    def test_results_come_while_the_source_waits(self) -> None:
        self.server.handlers["StreamTransfers"] = Transfers()
        answered = threading.Event()

        def source() -> Iterator[NewTransfer]:
            yield NewTransfer(id="first")
            self.assertTrue(answered.wait(5))
            yield NewTransfer(id="second")

        with bursar.Client(self.server.url, "k") as client:
            found = []
            for result in client.ledger.transfers.stream_transfers(source()):
                found.append(result.id)
                answered.set()
        self.assertEqual(found, ["first", "second"])

        async def run() -> list[str]:
            ready = asyncio.Event()

            async def asynchronous() -> AsyncIterator[NewTransfer]:
                yield NewTransfer(id="first")
                await asyncio.wait_for(ready.wait(), 5)
                yield NewTransfer(id="second")

            ids = []
            async with bursar.aio.Client(self.server.url, "k") as client:
                async for one in client.ledger.transfers.stream_transfers(asynchronous()):
                    ids.append(one.id)
                    ready.set()
            return ids

        self.assertEqual(asyncio.run(run()), ["first", "second"])

    def test_a_stream_that_is_left_ends(self) -> None:
        self.server.handlers["StreamTransfers"] = Transfers()
        with bursar.Client(self.server.url, "k") as client:
            results = client.ledger.transfers.stream_transfers(NewTransfer() for _ in itertools.count())
            next(results)
            results.close()
            for _ in range(100):
                if not any(thread.name == "bursar-transfers" for thread in threading.enumerate()):
                    return
                time.sleep(0.05)
        self.fail("the thread that reads the source goes on")

    def test_a_stream_can_be_taken_back(self) -> None:
        self.server.handlers["StreamTransfers"] = Transfers()
        cancel = bursar.Cancel()
        waiting = threading.Event()
        self.addCleanup(waiting.set)

        def source() -> Iterator[NewTransfer]:
            yield NewTransfer()
            waiting.wait(20)

        with bursar.Client(self.server.url, "k") as client:
            results = client.ledger.transfers.stream_transfers(source(), cancel=cancel)
            next(results)
            threading.Timer(0.1, cancel.cancel).start()
            with self.assertRaises(bursar.BursarError) as raised:
                next(results)
        self.assertIs(raised.exception.reason, bursar.Reason.CANCELLED)

    def test_a_deadline_covers_it_all(self) -> None:
        self.server.handlers["StreamTransfers"] = Transfers()
        waiting = threading.Event()
        self.addCleanup(waiting.set)

        def source() -> Iterator[NewTransfer]:
            yield NewTransfer()
            waiting.wait(20)

        with self.assertRaises(bursar.BursarError) as raised:
            self.stream(source(), timeout=0.5)
        self.assertIs(raised.exception.reason, bursar.Reason.DEADLINE_EXCEEDED)

    def test_messages_stay_below_what_the_server_takes(self) -> None:
        unanswered = Unanswered(1000)
        for _ in range(200):
            transfer = NewTransfer()
            transfer.metadata["text"] = "x" * 16_000
            unanswered.add(transfer)
        sizes = []
        while unanswered.has_waiting():
            sizes.append(unanswered.take().ByteSize())
        self.assertLess(max(sizes), 2 << 20)
        self.assertEqual(len(sizes), 4)
