"""The items of a list, over all its pages, fetched as they are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from bursar._async import AsyncCaller
from bursar._cancel import Cancel
from bursar._method import Method
from bursar._sync import Caller

Item = TypeVar("Item", bound=Message)


class _Reading(Generic[Item]):
    """Where an iteration is: the request for the next page, and what is left of this one."""

    def __init__(self, method: Method[Any, Any], request: Message, items: str) -> None:
        self._method = method
        # A copy: the tokens are ours to write.
        self._request: Any = method.request()
        self._request.CopyFrom(request)
        self._name = items
        self._left: Iterator[Item] = iter(())
        self._more = True
        self.pages_read = 0
        """How many pages were fetched so far."""

    def _take(self, page: Any) -> None:
        items: Iterable[Item] = getattr(page, self._name)
        self._left = iter(items)
        self._request.page_token = page.next_page_token
        self._more = bool(page.next_page_token)
        self.pages_read += 1


class Pages(_Reading[Item], Iterator[Item]):
    """An iterator over the items of a list; the next page is fetched when this one has been read."""

    def __init__(
        self,
        caller: Caller,
        method: Method[Any, Any],
        request: Message,
        items: str,
        timeout: float | None,
        cancel: Cancel | None,
    ) -> None:
        super().__init__(method, request, items)
        self._fetch: Callable[[], Message] = lambda: caller.unary(method, self._request, timeout, cancel)

    def __next__(self) -> Item:
        while True:
            for item in self._left:
                return item
            if not self._more:
                raise StopIteration
            self._take(self._fetch())


class AsyncPages(_Reading[Item], AsyncIterator[Item]):
    """An asynchronous iterator over the items of a list; the next page is fetched when this one has been read."""

    def __init__(
        self, caller: AsyncCaller, method: Method[Any, Any], request: Message, items: str, timeout: float | None
    ) -> None:
        super().__init__(method, request, items)
        self._fetch: Callable[[], Awaitable[Message]] = lambda: caller.unary(method, self._request, timeout)

    async def __anext__(self) -> Item:
        while True:
            for item in self._left:
                return item
            if not self._more:
                raise StopAsyncIteration
            self._take(await self._fetch())
