"""Whether a reply contains what a step expects."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from driver.places import Json


def mismatch(expected: Json, actual: Json, path: str = "reply") -> str | None:
    """Why it does not match; None when it does."""
    if isinstance(expected, dict):
        rule = next(iter(expected)) if len(expected) == 1 else ""
        if rule.startswith("$"):
            return _rule(rule, expected[rule], actual, path)
        if not expected and _is_default(actual):
            return None
        if not isinstance(actual, dict):
            # All of what is expected may be defaults.
            return _differs(expected, actual, path) if actual is not None else mismatch(expected, {}, path)
        for key, value in expected.items():
            why = mismatch(value, actual.get(key), f"{path}.{key}")
            if why:
                return why
        return None
    if isinstance(expected, list):
        if not expected and _is_default(actual):
            return None
        if not isinstance(actual, list) or len(actual) != len(expected):
            return _differs(expected, actual, path)
        pairs = enumerate(zip(expected, actual, strict=True))
        return next((why for i, (e, a) in pairs if (why := mismatch(e, a, f"{path}.{i}"))), None)
    if _is_default(expected) and _is_default(actual):
        return None
    return None if _equal(expected, actual) else _differs(expected, actual, path)


def _equal(expected: Json, actual: Json) -> bool:
    numbers = [type(one) in (int, float) for one in (expected, actual)]
    if any(numbers) and not any(isinstance(one, bool) for one in (expected, actual)):
        try:
            return Decimal(str(expected)) == Decimal(str(actual))
        except InvalidOperation:
            return False
    return type(expected) is type(actual) and bool(expected == actual)


def _rule(rule: str, argument: Json, actual: Json, path: str) -> str | None:
    if rule == "$matches":
        is_so = re.search(argument, actual if isinstance(actual, str) else "") is not None
    elif rule == "$any":
        is_so = not _is_default(actual)
    elif rule == "$absent":
        is_so = _is_default(actual)
    elif rule == "$count":
        is_so = len(actual or ()) == argument
    elif rule == "$contains":
        found = actual if isinstance(actual, list) else []
        is_so = all(any(mismatch(wanted, one) is None for one in found) for wanted in argument)
    elif rule == "$not":
        is_so = mismatch(argument, actual) is not None
    else:
        return f"{path}: the driver has no rule {rule}"
    return None if is_so else _differs({rule: argument}, actual, path)


def _is_default(value: Json) -> bool:
    if isinstance(value, str):
        return value in ("", "0") or value.endswith("_UNSPECIFIED")
    return value is None or value is False or value in (0, [], {})


def _differs(expected: Json, actual: Json, path: str) -> str:
    got = "nothing" if actual is None else json.dumps(actual)
    return f"{path}: expected {json.dumps(expected)}, got {got[:600]}"
