"""Calls for asyncio: with the key, a deadline, request ids, and retries where they are safe."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, cast

import grpc
import grpc.aio

from bursar._config import CHANNEL_OPTIONS, Config
from bursar._errors import RpcError, from_rpc
from bursar._method import Method, Reply, Request
from bursar._retry import wait_before_retry
from bursar._sync import cancelled, seconds
from bursar._trace import with_trace


class AsyncCaller:
    """Carries calls out over one channel, which belongs to the event loop that runs when it is made."""

    def __init__(self, config: Config) -> None:
        self._config = config
        # Connects at the first call, and again when the connection is lost.
        self._channel: grpc.aio.Channel = (
            grpc.aio.insecure_channel(config.target, CHANNEL_OPTIONS)
            if config.credentials is None
            else grpc.aio.secure_channel(config.target, config.credentials, CHANNEL_OPTIONS)
        )
        self._stubs: dict[str, Any] = {}

    async def close(self) -> None:
        """Ends the connection; calls under way are cancelled."""
        await self._channel.close()

    async def unary(self, method: Method[Request, Reply], request: Request, timeout: float | None) -> Reply:
        """One request, one reply."""
        request, request_id = method.with_ids(request)
        deadline = time.monotonic() + (self._config.timeout if timeout is None else timeout)
        stub = self._stub(method, self._channel.unary_unary)
        failures = 0
        try:
            while True:
                remaining = seconds(deadline - time.monotonic())
                try:
                    reply = await stub(request, timeout=remaining, metadata=with_trace(self._config.metadata))
                    return cast(Reply, reply)
                except grpc.RpcError as rpc_error:
                    error = from_rpc(cast(RpcError, rpc_error), mutates=method.mutates, request_id=request_id)
                failures += 1
                wait = wait_before_retry(error, failures, self._config.max_attempts, deadline - time.monotonic())
                if wait is None:
                    raise error
                await asyncio.sleep(wait)
        except asyncio.CancelledError as taken_back:
            # asyncio needs its own error; the request id is in its cause.
            raise taken_back from cancelled(method.mutates, request_id)

    def replies(self, method: Method[Request, Reply], request: Request, timeout: float | None) -> AsyncIterator[Reply]:
        """One request, many replies; not sent again when it fails."""
        request, request_id = method.with_ids(request)
        stub = self._stub(method, self._channel.unary_stream)
        timeout = self._config.timeout if timeout is None else timeout
        call = stub(request, timeout=seconds(timeout), metadata=with_trace(self._config.metadata))
        return iterate(call, method, request_id)

    def both(
        self, method: Method[Request, Reply], requests: AsyncIterable[Request], timeout: float | None
    ) -> AsyncIterator[Reply]:
        """Many requests, many replies; without a deadline unless one is given, and not sent again when it fails."""
        return iterate(self.open(method, requests, timeout), method, "")

    def open(self, method: Method[Request, Reply], requests: AsyncIterable[Request], timeout: float | None) -> Any:
        """The bare call of a stream both ways."""
        stub = self._stub(method, self._channel.stream_stream)
        timeout = None if timeout is None else seconds(timeout)
        return stub(requests, timeout=timeout, metadata=with_trace(self._config.metadata))

    def _stub(self, method: Method[Any, Any], make: Any) -> Any:
        stub = self._stubs.get(method.path)
        if stub is None:
            stub = self._stubs[method.path] = make(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.reply.FromString,
            )
        return stub


class AsyncService:
    """What the services have in common."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller


async def iterate(call: Any, method: Method[Any, Reply], request_id: str) -> AsyncIterator[Reply]:
    """The replies of a streaming call, with the client's errors; leaving the iteration ends the call."""
    try:
        async for reply in call:
            yield reply
    except grpc.RpcError as error:
        raise from_rpc(cast(RpcError, error), mutates=method.mutates, request_id=request_id) from None
    finally:
        call.cancel()
