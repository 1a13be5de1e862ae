"""The values of a scenario: ids, what steps saved, times; and their places in steps."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import bursar
from driver.places import Json

_PLACE = re.compile(r"\$\{([^}]*)\}")
_TIMES = re.compile(r"(.)\*(\d+)", re.DOTALL)
_NOW = re.compile(r"now([+-]\d+)?")


class Values(dict[str, str]):
    """Values by name."""

    def with_ids(self, names: list[str]) -> Values:
        """These and fresh ids."""
        return Values(self, **{name: bursar.new_id() for name in names})

    def put_in(self, part: Json) -> Json:
        """A step, or a part of one, with `${…}` replaced in every string."""
        if isinstance(part, str):
            return _PLACE.sub(lambda place: self._value(place[1]), part)
        if isinstance(part, list):
            return [self.put_in(one) for one in part]
        if isinstance(part, dict):
            return {self.put_in(key): self.put_in(one) for key, one in part.items()}
        return part

    def _value(self, name: str) -> str:
        if name in self:
            return self[name]
        if times := _TIMES.fullmatch(name):
            return times[1] * int(times[2])
        if now := _NOW.fullmatch(name):
            then = datetime.now(timezone.utc) + timedelta(seconds=int(now[1] or 0))
            return then.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        raise KeyError(f"the scenario names {name} before it has a value")

    def save(self, paths: dict[str, str], reply: Json) -> None:
        """Takes values from a reply, by paths such as `transfers.0.id`."""
        for name, path in paths.items():
            found = reply
            for key in path.split("."):
                found = found[int(key)] if isinstance(found, list) else found[key]
            self[name] = found if isinstance(found, str) else str(found)
