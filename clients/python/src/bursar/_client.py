"""The client for threads."""

from __future__ import annotations

import os
from types import TracebackType

from bursar._config import DEFAULT_TIMEOUT, load
from bursar._groups import Groups
from bursar._retry import MAX_ATTEMPTS
from bursar._sync import Caller


class Client(Groups):
    """A client of one Bursar server, with one key.

    It keeps one connection, made at the first call and made again when it is lost. One client is enough for a
    program: any number of threads may use it at once. `with Client() as client:` closes it at the end.

    Each call takes `timeout`, in seconds, for all its attempts together, and `cancel`, see `Cancel`; and raises
    BursarError.
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
        """What is not given comes from the environment; what cannot be used raises `INVALID_CONFIG`.

        - `url`: `http://host:port`, or `https://host:port` for TLS; else `BURSAR_URL`.
        - `api_key`: the key; else `BURSAR_API_KEY`. Empty for calls without one.
        - `ca_file`: PEM file of the authorities to trust; else `BURSAR_CA_FILE`, else those of the system.
        - `client_cert_file`, `client_key_file`: PEM files for mutual TLS; else `BURSAR_CLIENT_CERT_FILE` and
          `BURSAR_CLIENT_KEY_FILE`.
        - `timeout`: deadline of a call that is given none, in seconds.
        - `max_attempts`: how often a call is sent at most; 0 or 1 for no retries.
        """
        config = load(url, api_key, ca_file, client_cert_file, client_key_file, timeout, max_attempts)
        self._url = config.url
        self._caller = Caller(config)
        super().__init__(self._caller)

    def close(self) -> None:
        """Closes the connection. Calls under way end with `CANCELLED`."""
        self._caller.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"bursar.Client({self._url!r})"
