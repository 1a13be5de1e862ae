"""The client for asyncio: `bursar.aio.Client` has the services of `bursar.Client`, with methods to be awaited.

```python
async with bursar.aio.Client() as client:
    reply = await client.admin.server.who_am_i()
    async for account in client.ledger.accounts.iter_accounts():
        print(account.id)
```
"""

from __future__ import annotations

import os
from types import TracebackType

from bursar._async import AsyncCaller
from bursar._config import DEFAULT_TIMEOUT, load
from bursar._groups import AsyncGroups
from bursar._pages import AsyncPages
from bursar._retry import MAX_ATTEMPTS

__all__ = ["AsyncPages", "Client"]


class Client(AsyncGroups):
    """A client of one Bursar server, with one key, for the event loop that runs when it is made.

    It keeps one connection, made at the first call and made again when it is lost. One client is enough for an event
    loop: any number of tasks may use it at once. `async with Client() as client:` closes it at the end.

    Each call takes `timeout`, in seconds, for all its attempts together, and raises BursarError. To take a call back,
    cancel its task: it raises asyncio.CancelledError, as all do in asyncio, whose `__cause__` is a BursarError with the
    request id, because a change may have happened.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert_file: str | os.PathLike[str] | None = None,
        client_key_file: str | os.PathLike[str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> None:
        """As for `bursar.Client`: what is not given comes from the environment."""
        config = load(url, api_key, ca_file, client_cert_file, client_key_file, timeout, max_attempts)
        self._url = config.url
        self._caller = AsyncCaller(config)
        super().__init__(self._caller)

    async def close(self) -> None:
        """Closes the connection. Calls under way are cancelled."""
        await self._caller.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"bursar.aio.Client({self._url!r})"
