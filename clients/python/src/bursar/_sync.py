"""Calls for threads: with the key, a deadline, request ids, and retries where they are safe."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import Any, cast

import grpc

from bursar._cancel import Cancel
from bursar._config import CHANNEL_OPTIONS, Config
from bursar._errors import BursarError, RpcError, failed, from_rpc
from bursar._method import Method, Reply, Request
from bursar._retry import wait_before_retry
from bursar._trace import with_trace


class Caller:
    """Carries calls out over one channel. Safe for threads, as gRPC's channels are."""

    def __init__(self, config: Config) -> None:
        self._config = config
        # Connects at the first call, and again when the connection is lost.
        self._channel: grpc.Channel = (
            grpc.insecure_channel(config.target, CHANNEL_OPTIONS)
            if config.credentials is None
            else grpc.secure_channel(config.target, config.credentials, CHANNEL_OPTIONS)
        )
        self._stubs: dict[str, Any] = {}

    def close(self) -> None:
        """Ends the connection; calls under way are cancelled."""
        self._channel.close()

    def unary(
        self, method: Method[Request, Reply], request: Request, timeout: float | None, cancel: Cancel | None
    ) -> Reply:
        """One request, one reply."""
        request, request_id = method.with_ids(request)
        deadline = time.monotonic() + (self._config.timeout if timeout is None else timeout)
        stub = self._stub(method, self._channel.unary_unary)
        failures = 0
        while True:
            remaining = deadline - time.monotonic()
            try:
                return cast(Reply, self._attempt(stub, request, remaining, cancel))
            except grpc.RpcError as rpc_error:
                error = from_rpc(cast(RpcError, rpc_error), mutates=method.mutates, request_id=request_id)
            except grpc.FutureCancelledError:
                error = cancelled(method.mutates, request_id)
            failures += 1
            wait = wait_before_retry(error, failures, self._config.max_attempts, deadline - time.monotonic())
            if wait is None:
                raise error
            if self.pause(wait, cancel):
                raise cancelled(method.mutates, request_id)

    def _attempt(self, stub: Any, request: Any, remaining: float, cancel: Cancel | None) -> Any:
        metadata = with_trace(self._config.metadata)
        if cancel is None:
            return stub(request, timeout=seconds(remaining), metadata=metadata)
        call = stub.future(request, timeout=seconds(remaining), metadata=metadata)
        with cancel._watching(call.cancel):
            return call.result()

    def replies(
        self, method: Method[Request, Reply], request: Request, timeout: float | None, cancel: Cancel | None
    ) -> Iterator[Reply]:
        """One request, many replies; not sent again when it fails."""
        request, request_id = method.with_ids(request)
        stub = self._stub(method, self._channel.unary_stream)
        timeout = self._config.timeout if timeout is None else timeout
        call = stub(request, timeout=seconds(timeout), metadata=with_trace(self._config.metadata))
        return iterate(call, method, request_id, cancel)

    def both(
        self,
        method: Method[Request, Reply],
        requests: Iterable[Request],
        timeout: float | None,
        cancel: Cancel | None,
    ) -> Iterator[Reply]:
        """Many requests, many replies; without a deadline unless one is given, and not sent again when it fails."""
        return iterate(self.open(method, requests, timeout), method, "", cancel)

    def pause(self, wait: float, cancel: Cancel | None) -> bool:
        """Waits before a retry; whether the call was cancelled meanwhile.

        gRPC makes a connection only while somebody waits for it, and calls that fail at once do not: whoever
        subscribes does, on a thread of gRPC's.
        """
        self._channel.subscribe(_nothing, try_to_connect=True)
        try:
            if cancel is not None:
                return cancel._wait(wait)
            time.sleep(wait)
            return False
        finally:
            self._channel.unsubscribe(_nothing)

    def open(self, method: Method[Request, Reply], requests: Iterable[Request], timeout: float | None) -> Any:
        """The bare call of a stream both ways."""
        stub = self._stub(method, self._channel.stream_stream)
        timeout = None if timeout is None else seconds(timeout)
        return stub(iter(requests), timeout=timeout, metadata=with_trace(self._config.metadata))

    def _stub(self, method: Method[Any, Any], make: Any) -> Any:
        stub = self._stubs.get(method.path)
        if stub is None:
            # Two threads may both make one; they are alike.
            stub = make(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.reply.FromString,
            )
            self._stubs[method.path] = stub
        return stub


class Service:
    """What the services have in common."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller


def iterate(call: Any, method: Method[Any, Reply], request_id: str, cancel: Cancel | None) -> Iterator[Reply]:
    """The replies of a streaming call, with the client's errors; leaving the iteration ends the call."""
    # A call that nobody cancels has nobody watching either.
    with (cancel or Cancel())._watching(call.cancel):
        try:
            yield from call
        except grpc.RpcError as error:
            raise from_rpc(cast(RpcError, error), mutates=method.mutates, request_id=request_id) from None
        finally:
            call.cancel()


def cancelled(mutates: bool, request_id: str) -> BursarError:
    """The error of a call that was taken back on this side."""
    return failed(
        grpc.StatusCode.CANCELLED, "the call was cancelled by its caller", mutates=mutates, request_id=request_id
    )


def _nothing(state: grpc.ChannelConnectivity) -> None:
    """Hears of the connection's state."""


def seconds(remaining: float) -> float | None:
    """A timeout as gRPC takes it: None for no deadline, and never negative."""
    return None if math.isinf(remaining) else max(0.0, remaining)
