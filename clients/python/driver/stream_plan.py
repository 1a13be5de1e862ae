"""What a `stream` step sends, and what is made of its results."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from google.protobuf.json_format import ParseDict

from bursar.ledger.v1 import NewTransfer
from driver.places import Json


class StreamPlan:
    """The transfers, and where to pause."""

    def __init__(self, step: Json) -> None:
        plan = {**step, **step["stream"]}
        self._transfers = plan["transfers"] if "transfers" in plan else [plan["of"]] * int(plan["count"])
        self.pause_after = int(plan["pause_after"]) if "pause_after" in plan else -1
        self.control = plan.get("control")
        # For threads: how many results have come.
        self._changed = threading.Condition()
        self._results = 0

    def transfers(self) -> Iterator[NewTransfer]:
        """The messages, one after the other."""
        for transfer in self._transfers:
            yield ParseDict(transfer, NewTransfer())

    def count_result(self) -> None:
        """One more result has come."""
        with self._changed:
            self._results += 1
            self._changed.notify_all()

    def wait_for_results(self, count: int) -> None:
        """Waits in the thread that sends until so many have come."""
        with self._changed:
            self._changed.wait_for(lambda: self._results >= count)


def summary(results: list[Json]) -> Json:
    """The reply of a stream step."""
    return {
        "results": results,
        "count": str(len(results)),
        "ok": str(sum("error" not in result for result in results)),
        "distinct": str(len({result.get("id", "") for result in results})),
    }
