import asyncio
import threading
import time
import unittest
from typing import Any

import grpc
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.sdk.trace import TracerProvider

import bursar
from bursar.admin.v1 import WhoAmIResponse
from bursar.ledger.v1 import CreateTransferRequest, CreateTransferResponse, ListTransfersResponse, NewTransfer, Transfer
from tests.fake_server import FakeServer, fail

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class Calls(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.client = bursar.Client(self.server.url, "bsr_key")
        self.addCleanup(self.client.close)

    def who_am_i(self, **options: Any) -> WhoAmIResponse:
        return self.client.admin.server.who_am_i(**options)

    def aio_who_am_i(self, **options: Any) -> Any:
        async def call() -> Any:
            async with bursar.aio.Client(self.server.url, "bsr_key", **options) as client:
                return await client.admin.server.who_am_i()

        return asyncio.run(call())

    def test_key_deadline_and_name_go_along(self) -> None:
        remaining: list[float] = []

        def answer(_: Any, context: grpc.ServicerContext) -> WhoAmIResponse:
            remaining.append(context.time_remaining())
            return WhoAmIResponse(tenant_id="t")

        self.server.handlers["WhoAmI"] = answer
        self.assertEqual(self.who_am_i().tenant_id, "t")
        self.who_am_i(timeout=3)
        self.assertEqual(self.aio_who_am_i().tenant_id, "t")
        for seconds, most in zip(remaining, (10, 3, 10), strict=True):
            # Timeouts travel rounded up.
            self.assertTrue(most - 2 < seconds < most + 0.5, seconds)
        for _, _, metadata in self.server.calls:
            self.assertEqual(metadata["authorization"], "Bearer bsr_key")
            self.assertTrue(metadata["user-agent"].startswith(f"bursar-python/{bursar.__version__}"))
            self.assertNotIn("traceparent", metadata)

    def test_the_current_trace_goes_along(self) -> None:
        self.server.handlers["WhoAmI"] = lambda *_: WhoAmIResponse()
        with TracerProvider().get_tracer("test").start_as_current_span("span") as span:
            self.who_am_i()
            self.aio_who_am_i()
        for _, _, metadata in self.server.calls:
            self.assertIn(f"{span.get_span_context().trace_id:032x}", metadata["traceparent"])

    def test_a_retry_is_the_same_request(self) -> None:
        def answer(request: Any, context: grpc.ServicerContext) -> CreateTransferResponse:
            if len(self.server.calls) < 3:
                fail(context, UNAVAILABLE, "CONTENTION", wait=0.01)
            return CreateTransferResponse(transfer=Transfer(id=request.transfer.id))

        self.server.handlers["CreateTransfer"] = answer
        request = CreateTransferRequest(transfer=NewTransfer(code="x"))
        reply = self.client.ledger.transfers.create_transfer(request)
        self.assertEqual(request.transfer.id, "")
        self.assertEqual([sent.transfer.id for sent in self.server.requests()], [reply.transfer.id] * 3)

    def test_retries_end(self) -> None:
        self.server.handlers["WhoAmI"] = lambda _, context: fail(context, UNAVAILABLE, "POOL_EXHAUSTED", wait=0.001)
        for call in (self.who_am_i, self.aio_who_am_i):
            self.server.calls.clear()
            with self.assertRaises(bursar.BursarError) as raised:
                call()
            self.assertIs(raised.exception.reason, bursar.Reason.POOL_EXHAUSTED)
            self.assertEqual(len(self.server.calls), 12)
        self.server.calls.clear()
        with self.assertRaises(bursar.BursarError):
            self.aio_who_am_i(max_attempts=0)
        self.assertEqual(len(self.server.calls), 1)

    def test_what_is_refused_is_not_sent_again(self) -> None:
        self.server.handlers["WhoAmI"] = lambda _, context: fail(
            context, grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_REACHED"
        )
        with self.assertRaises(bursar.BursarError):
            self.who_am_i()
        self.assertEqual(len(self.server.calls), 1)

    def test_a_deadline_covers_the_waiting(self) -> None:
        self.server.handlers["WhoAmI"] = lambda _, context: fail(context, UNAVAILABLE, "POOL_EXHAUSTED", wait=5)
        begin = time.monotonic()
        with self.assertRaises(bursar.BursarError):
            self.who_am_i(timeout=2)
        self.assertLess(time.monotonic() - begin, 1)

    def test_another_thread_can_take_a_call_back(self) -> None:
        arrived = threading.Event()

        def answer(_: Any, context: grpc.ServicerContext) -> None:
            arrived.set()
            while context.is_active():
                time.sleep(0.01)

        self.server.handlers["CreateTransfer"] = answer
        cancel = bursar.Cancel()

        def take_back() -> None:
            arrived.wait(10)
            cancel.cancel()

        threading.Thread(target=take_back).start()
        for _ in range(2):
            with self.assertRaises(bursar.BursarError) as raised:
                self.client.ledger.transfers.create_transfer(
                    CreateTransferRequest(transfer=NewTransfer(id="i")), cancel=cancel
                )
            self.assertIs(raised.exception.reason, bursar.Reason.CANCELLED)
            self.assertFalse(raised.exception.definite)
            self.assertEqual(raised.exception.request_id, "i")

    def test_a_task_can_be_cancelled(self) -> None:
        def answer(_: Any, context: grpc.ServicerContext) -> None:
            while context.is_active():
                time.sleep(0.01)

        self.server.handlers["CreateTransfer"] = answer

        async def run() -> BaseException | None:
            async with bursar.aio.Client(self.server.url, "k") as client:
                request = CreateTransferRequest(transfer=NewTransfer(id="i"))
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.ledger.transfers.create_transfer(request), 0.3)
                asyncio.get_running_loop().call_later(0.3, asyncio.current_task().cancel)  # type: ignore[union-attr]
                try:
                    await client.ledger.transfers.create_transfer(request)
                except asyncio.CancelledError as cancelled:
                    return cancelled.__cause__
            return None

        cause = asyncio.run(run())
        assert isinstance(cause, bursar.BursarError)
        self.assertEqual((cause.reason, cause.request_id, cause.definite), (bursar.Reason.CANCELLED, "i", False))

    def test_pages_come_as_they_are_read(self) -> None:
        def answer(request: Any, _: grpc.ServicerContext) -> ListTransfersResponse:
            page = int(request.page_token or 0)
            more = "" if page == 3 else str(page + 1)
            # The second page has nothing that passes its filter.
            items = [Transfer(id=f"{page}.{n}") for n in range(2 if page != 1 else 0)]
            return ListTransfersResponse(transfers=items, next_page_token=more)

        self.server.handlers["ListTransfers"] = answer
        pages = self.client.ledger.transfers.iter_transfers()
        self.assertEqual(len(self.server.calls), 0)
        self.assertEqual([next(pages).id for _ in range(3)], ["0.0", "0.1", "2.0"])
        self.assertEqual((pages.pages_read, len(self.server.calls)), (3, 3))
        self.assertEqual([transfer.id for transfer in pages], ["2.1", "3.0", "3.1"])
        self.assertEqual(list(pages), [])

    def test_a_newer_server_breaks_no_reply(self) -> None:
        # Field 999, and a role that this client does not know.
        newer = WhoAmIResponse.FromString(
            WhoAmIResponse(tenant_id="t", role=77).SerializeToString()  # type: ignore[arg-type]
            + b"\xba\x3e\x03new"
        )
        self.server.handlers["WhoAmI"] = lambda *_: newer
        reply = self.who_am_i()
        self.assertEqual((reply.tenant_id, reply.role), ("t", 77))
        unknown: Any = UnknownFieldSet(reply)
        self.assertEqual([(field.field_number, field.data) for field in unknown], [(999, b"new")])
