"""Carries scenarios out through one form of the client, with fresh ids for each."""

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


def run_all(folder: Path, setup: Setup, form: type[SyncSide] | type[AioSide]) -> None:
    """All scenarios of a folder, one after the other."""
    side = form(setup)
    for file in sorted(folder.glob("*.json")):
        for scenario in json.loads(file.read_text()):
            begin = time.monotonic()
            line: Json = {"scenario": scenario["name"], "passed": True}
            failure = _run(scenario, side, setup)
            if failure:
                line.update(passed=False, **failure)
            line["ms"] = round((time.monotonic() - begin) * 1000)
            say(line)
    side.close()


def _run(scenario: Json, side: SyncSide | AioSide, setup: Setup) -> Json | None:
    """Carries a scenario out; what went wrong, None when nothing did."""
    values = Values(tenant=setup.tenant).with_ids(scenario.get("ids", []))
    for number, step in enumerate(scenario["steps"], 1):
        try:
            why = _step(step, side, values)
        except Exception as error:  # whatever it is, the other scenarios still run
            traceback.print_exc(file=sys.stderr)
            why = f"{type(error).__name__}: {error}"
        if why:
            return {"step": number, "why": why}
    return None


def _step(step: Json, side: SyncSide | AioSide, values: Values) -> str | None:
    kind, outcome = side.outcome(step, values)
    wanted = "error" if "error" in step else "reply"
    if kind != wanted:
        return f"expected {'an error' if wanted == 'error' else 'a reply'}, got {json.dumps(outcome)[:600]}"
    expected = values.put_in(step.get("error" if wanted == "error" else "expect", {}))
    why = mismatch(expected, outcome, wanted)
    if not why:
        values.save(step.get("save", {}), outcome)
    return why
