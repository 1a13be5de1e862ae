"""Counts what became of the steps that ran at once."""

from __future__ import annotations

import threading
from collections import Counter

from driver.expect import mismatch
from driver.places import Json


class Tally:
    """The reply of a `parallel` step."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ok = 0
        self._errors: Counter[str] = Counter()

    def add(self, step: Json, kind: str, outcome: Json) -> None:
        """Counts one."""
        with self._lock:
            if kind == "error":
                self._errors[outcome["reason"] or outcome["code"]] += 1
            elif "expect" in step and mismatch(step["expect"], outcome):
                self._errors["NOT_AS_EXPECTED"] += 1
            else:
                self._ok += 1

    def to_json(self) -> Json:
        """The counts, as text."""
        return {
            "count": str(self._ok + self._errors.total()),
            "ok": str(self._ok),
            "errors": {reason: str(count) for reason, count in self._errors.items()},
        }
