"""A gRPC server in this process that answers as a test says, to see what the client sends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2

from bursar._method import Method
from bursar._unanswered import STREAM_TRANSFERS
from bursar.admin.v1.server_service import _WHO_AM_I
from bursar.ledger.v1 import StreamTransfersResponse, TransferResult
from bursar.ledger.v1.transfer_service import _CREATE_TRANSFER, _LIST_TRANSFERS

Handler = Callable[[Any, grpc.ServicerContext], Any]


class FakeServer:
    """Serves some RPCs by functions; `with FakeServer() as server`."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.calls: list[tuple[str, Any, dict[str, Any]]] = []
        self._server = grpc.server(ThreadPoolExecutor(16))
        self._server.add_generic_rpc_handlers((_Routes(self),))
        self.url = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> FakeServer:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait(5)

    def requests(self) -> list[Any]:
        """What was sent, in order."""
        return [request for _, request, _ in self.calls]


class _Routes(grpc.GenericRpcHandler):
    def __init__(self, server: FakeServer) -> None:
        self._server = server
        self._methods: dict[str, Method[Any, Any]] = {
            method.path: method for method in (_WHO_AM_I, _CREATE_TRANSFER, _LIST_TRANSFERS, STREAM_TRANSFERS)
        }

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        path = str(details.method)
        method = self._methods[path]

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            self._server.calls.append((path, request, dict(context.invocation_metadata())))
            return self._server.handlers[path.rpartition("/")[2]](request, context)

        make = (
            grpc.stream_stream_rpc_method_handler if method is STREAM_TRANSFERS else grpc.unary_unary_rpc_method_handler
        )
        return make(
            answer, request_deserializer=method.request.FromString, response_serializer=method.reply.SerializeToString
        )


def fail(context: grpc.ServicerContext, code: grpc.StatusCode, reason: str = "", wait: float | None = None) -> Any:
    """Ends a call as Bursar would; without a reason as something in between would."""
    status = status_pb2.Status(code=code.value[0], message="no")
    if reason:
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, metadata={"definite": "true"}))
    if wait is not None:
        delay = duration_pb2.Duration(nanos=int(wait * 1e9))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, "no")


class Transfers:
    """StreamTransfers as Bursar answers it, cut after a number of results as often as a test says."""

    def __init__(self, cuts: int = 0, results_before_cut: int = 0) -> None:
        self.cuts = cuts
        self.results_before_cut = results_before_cut
        self.posted: dict[str, int] = {}
        self.sizes: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[StreamTransfersResponse]:
        answered = 0
        for request in requests:
            self.sizes.append(len(request.transfers))
            self.go_on.wait(10)
            for transfer in request.transfers:
                if self.cuts and answered == self.results_before_cut:
                    self.cuts -= 1
                    fail(context, grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", wait=0.01)
                replayed = transfer.id in self.posted
                self.posted[transfer.id] = self.posted.get(transfer.id, 0) + 1
                answered += 1
                yield StreamTransfersResponse(results=[TransferResult(id=transfer.id, replayed=replayed)])
