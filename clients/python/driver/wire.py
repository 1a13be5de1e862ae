"""The lines of JSON between harness and driver. Controls may come from any thread."""

from __future__ import annotations

import json
import sys
import threading

from driver.places import Json

_lock = threading.Lock()


def say(line: Json) -> None:
    """Writes a line to the harness."""
    with _lock:
        print(json.dumps(line), flush=True)


def control(what: Json) -> None:
    """Asks the harness for something and waits until it is done."""
    with _lock:
        print(json.dumps({"control": what}), flush=True)
        answer = json.loads(sys.stdin.readline() or '{"failed": "the harness is gone"}')
    if "failed" in answer:
        raise RuntimeError(f"control {what}: {answer['failed']}")
