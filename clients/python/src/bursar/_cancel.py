"""How a thread takes back a call that another thread waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancel:
    """Takes calls back: pass it to a call as `cancel`, and call `cancel()` from another thread.

    The call then raises BursarError with the reason `CANCELLED`, and `definite` false when it may have changed
    something. Calls that get it later are refused the same way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._actions: list[Callable[[], object]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Takes back every call that has it."""
        with self._lock:
            self._event.set()
            actions = list(self._actions)
        for action in actions:
            action()

    @contextmanager
    def _watching(self, action: Callable[[], object]) -> Iterator[None]:
        """Carries the action out when it is cancelled inside the block, at once when it is already."""
        with self._lock:
            self._actions.append(action)
            cancelled = self._event.is_set()
        try:
            if cancelled:
                action()
            yield
        finally:
            with self._lock:
                self._actions.remove(action)

    def _wait(self, seconds: float) -> bool:
        """Waits; whether it was cancelled meanwhile."""
        return self._event.wait(seconds)
