"""The steps through the client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import bursar
from bursar.ledger.v1 import NewTransfer
from driver.places import Json, Setup
from driver.rpc import Rpc, decimal, error_to_json, to_json
from driver.stream_plan import StreamPlan, summary
from driver.tally import Tally
from driver.values import Values
from driver.wire import control


class AioSide:
    """Carries steps out, on an event loop of its own."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._loop = asyncio.new_event_loop()
        self._clients: dict[tuple[str, str, bool], bursar.aio.Client] = {}

    def close(self) -> None:
        """Closes the connections and the loop."""
        for client in self._clients.values():
            self._loop.run_until_complete(client.close())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def outcome(self, step: Json, values: Values) -> tuple[str, Json]:
        """`reply` or `error`, and what it was."""
        return self._loop.run_until_complete(self._outcome(step, values))

    async def _outcome(self, step: Json, values: Values) -> tuple[str, Json]:
        try:
            return "reply", await self._reply(step, values)
        except bursar.BursarError as error:
            return "error", error_to_json(error)

    async def _reply(self, step: Json, values: Values) -> Json:
        if "parallel" in step:
            return await self._parallel(step, values)
        step = values.put_in(step)
        if "control" in step:
            await asyncio.to_thread(control, step["control"])
            return {}
        if "decimal" in step:
            return decimal(step["decimal"])
        client = self._client(step)
        options: dict[str, Any] = {}
        if "deadline_ms" in step:
            options["timeout"] = step["deadline_ms"] / 1000
        task = asyncio.ensure_future(self._cancelled_as_error(self._call(step, client, options)))
        if "cancel_after_ms" in step:
            self._loop.call_later(step["cancel_after_ms"] / 1000, task.cancel)
        return await task

    async def _cancelled_as_error(self, call: Coroutine[Any, Any, Json]) -> Json:
        try:
            return await call
        except asyncio.CancelledError as cancelled:
            # asyncio's own means; what the other languages' errors have is its cause.
            if isinstance(cancelled.__cause__, bursar.BursarError):
                raise cancelled.__cause__ from None
            raise

    async def _call(self, step: Json, client: bursar.aio.Client, options: dict[str, Any]) -> Json:
        if "stream" in step:
            plan = StreamPlan(step)
            paused = asyncio.Event()
            results = client.ledger.transfers.stream_transfers(self._transfers(plan, paused), **options)
            found = []
            async for result in results:
                found.append(to_json(result))
                if len(found) == plan.pause_after:
                    paused.set()
            return summary(found)
        rpc = Rpc(step.get("pages") or step["call"])
        request = rpc.request(step.get("request", {}))
        if "pages" in step:
            pages = rpc.of(client, pages=True)(request, **options)
            items: list[Json] = []
            at_most = step.get("at_most")
            while at_most is None or len(items) < at_most:
                item = await anext(pages, None)
                if item is None:
                    break
                items.append(to_json(item))
            return {"items": items, "count": str(len(items)), "pages_read": str(pages.pages_read)}
        if rpc.streams:
            return {"replies": [to_json(one) async for one in rpc.of(client)(request, **options)]}
        return to_json(await rpc.of(client)(request, **options))

    async def _transfers(self, plan: StreamPlan, paused: asyncio.Event) -> AsyncIterator[NewTransfer]:
        for number, transfer in enumerate(plan.transfers()):
            if number and number == plan.pause_after:
                await paused.wait()
                await asyncio.to_thread(control, plan.control)
            yield transfer

    async def _parallel(self, step: Json, values: Values) -> Json:
        tally = Tally()

        async def one() -> None:
            tally.add(step["each"], *await self._outcome(step["each"], values.with_ids(step.get("each_ids", []))))

        await asyncio.gather(*(one() for _ in range(int(step["parallel"]))))
        return tally.to_json()

    def _client(self, step: Json) -> bursar.aio.Client:
        key = (step.get("at", "plain"), step.get("as", "admin"), step.get("retries", True))
        if key not in self._clients:
            # grpc.aio takes the loop that runs, which it does: steps run in it.
            self._clients[key] = bursar.aio.Client(**self._setup.options(*key))
        return self._clients[key]
