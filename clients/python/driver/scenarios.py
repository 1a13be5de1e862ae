"""Carries scenarios out, each through both forms of the client, with fresh ids for each."""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path

from driver.aio_side import AioSide
from driver.expect import mismatch
from driver.places import Json, Setup
from driver.sync_side import SyncSide
from driver.values import Values
from driver.wire import say


class DoneBeforeError(Exception):
    """The scenario cannot be carried out twice."""


def run_all(folder: Path, setup: Setup) -> None:
    """All scenarios of a folder, one after the other."""
    sides = (SyncSide(setup), AioSide(setup))
    for file in sorted(folder.glob("*.json")):
        for scenario in json.loads(file.read_text()):
            begin = time.monotonic()
            line: Json = {"scenario": scenario["name"], "passed": True}
            for side in sides:
                failure = _run(scenario, side, setup)
                if failure:
                    line.update(passed=False, **failure)
                    break
            line["ms"] = round((time.monotonic() - begin) * 1000)
            say(line)
    for side in sides:
        side.close()


# How a tenant says that the run through the other form of the client has done it before: some scenarios make what has
# a fixed name. Then this form has nothing to add to them.
_DONE_BEFORE = ("RESOURCE_EXISTS", "PERIOD_CLOSED", "PERIOD_ALREADY_CLOSED")


def _run(scenario: Json, side: SyncSide | AioSide, setup: Setup) -> Json | None:
    """Carries a scenario out; what went wrong, None when nothing did."""
    values = Values(tenant=setup.tenant).with_ids(scenario.get("ids", []))
    for number, step in enumerate(scenario["steps"], 1):
        try:
            why = _step(step, side, values)
        except DoneBeforeError:
            print(f"{scenario['name']}: only once in a tenant; asyncio ends with step {number - 1}", file=sys.stderr)
            return None
        except Exception as error:  # whatever it is, the other scenarios still run
            traceback.print_exc(file=sys.stderr)
            why = f"{type(error).__name__}: {error}"
        if why:
            return {"step": number, "why": f"{side.NAME}: {why}"}
    return None


def _step(step: Json, side: SyncSide | AioSide, values: Values) -> str | None:
    kind, outcome = side.outcome(step, values)
    wanted = "error" if "error" in step else "reply"
    if kind != wanted and isinstance(side, AioSide) and outcome.get("reason") in _DONE_BEFORE:
        raise DoneBeforeError
    if kind != wanted:
        return f"expected {'an error' if wanted == 'error' else 'a reply'}, got {json.dumps(outcome)[:600]}"
    expected = values.put_in(step.get("error" if wanted == "error" else "expect", {}))
    why = mismatch(expected, outcome, wanted)
    if not why:
        values.save(step.get("save", {}), outcome)
    return why
