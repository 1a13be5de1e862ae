"""What setup.json says: where the server is, whose keys there are, and how a client is made for a step."""

from __future__ import annotations

from typing import Any, TypedDict

Json = Any

# Where the client is given the CA: everywhere with TLS but where the scenario is about not having it.
_WITH_CA = ("tls", "tls_to_plain", "mtls", "mtls_no_cert")


class Options(TypedDict, total=False):
    """Arguments of both clients."""

    url: str
    api_key: str
    ca_file: str
    client_cert_file: str
    client_key_file: str
    max_attempts: int


class Setup:
    """The contents of setup.json."""

    def __init__(self, setup: Json) -> None:
        self._setup = setup
        self.tenant: str = setup.get("tenant", "")

    def options(self, place: str, who: str, retries: bool) -> Options:
        """The arguments of the client that carries a step out."""
        options: Options = {
            "url": self._setup["urls"][place],
            "api_key": "" if who == "none" else self._setup["keys"][who],
        }
        if place in _WITH_CA:
            options["ca_file"] = self._setup["ca_file"]
        if place == "mtls":
            options["client_cert_file"] = self._setup["client_cert_file"]
            options["client_key_file"] = self._setup["client_key_file"]
        if not retries:
            options["max_attempts"] = 1
        return options
