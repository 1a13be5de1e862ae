"""The steps through the client for threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import bursar
from bursar.ledger.v1 import NewTransfer
from driver.places import Json, Setup
from driver.rpc import Rpc, decimal, error_to_json, to_json
from driver.stream_plan import StreamPlan, summary
from driver.tally import Tally
from driver.values import Values
from driver.wire import control


class SyncSide:
    """Carries steps out."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, bool], bursar.Client] = {}

    def close(self) -> None:
        """Closes the connections."""
        for client in self._clients.values():
            client.close()

    def outcome(self, step: Json, values: Values) -> tuple[str, Json]:
        """`reply` or `error`, and what it was."""
        try:
            return "reply", self._reply(step, values)
        except bursar.BursarError as error:
            return "error", error_to_json(error)

    def _reply(self, step: Json, values: Values) -> Json:
        if "parallel" in step:
            return self._parallel(step, values)
        step = values.put_in(step)
        if "control" in step:
            control(step["control"])
            return {}
        if "decimal" in step:
            return decimal(step["decimal"])
        client = self._client(step)
        options: dict[str, Any] = {}
        if "deadline_ms" in step:
            options["timeout"] = step["deadline_ms"] / 1000
        if "cancel_after_ms" not in step:
            return self._call(step, client, options)
        options["cancel"] = bursar.Cancel()
        timer = threading.Timer(step["cancel_after_ms"] / 1000, options["cancel"].cancel)
        timer.start()
        try:
            return self._call(step, client, options)
        finally:
            timer.cancel()

    def _call(self, step: Json, client: bursar.Client, options: dict[str, Any]) -> Json:
        if "stream" in step:
            plan = StreamPlan(step)
            results = client.ledger.transfers.stream_transfers(self._transfers(plan), **options)
            found = []
            for result in results:
                found.append(to_json(result))
                plan.count_result()
            return summary(found)
        rpc = Rpc(step.get("pages") or step["call"])
        request = rpc.request(step.get("request", {}))
        if "pages" in step:
            pages = rpc.of(client, pages=True)(request, **options)
            items = [to_json(item) for item in islice(pages, step.get("at_most"))]
            return {"items": items, "count": str(len(items)), "pages_read": str(pages.pages_read)}
        reply = rpc.of(client)(request, **options)
        return {"replies": [to_json(one) for one in reply]} if rpc.streams else to_json(reply)

    def _transfers(self, plan: StreamPlan) -> Iterator[NewTransfer]:
        for number, transfer in enumerate(plan.transfers()):
            if number == plan.pause_after:
                plan.wait_for_results(number)
                control(plan.control)
            yield transfer

    def _parallel(self, step: Json, values: Values) -> Json:
        tally = Tally()
        count = int(step["parallel"])

        def one(_: int) -> None:
            tally.add(step["each"], *self.outcome(step["each"], values.with_ids(step.get("each_ids", []))))

        with ThreadPoolExecutor(count) as pool:
            list(pool.map(one, range(count)))
        return tally.to_json()

    def _client(self, step: Json) -> bursar.Client:
        key = (step.get("at", "plain"), step.get("as", "admin"), step.get("retries", True))
        with self._lock:
            if key not in self._clients:
                self._clients[key] = bursar.Client(**self._setup.options(*key))
            return self._clients[key]
