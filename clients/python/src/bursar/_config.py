"""Where the server is and how to reach it: from arguments, else from the environment, checked before any call."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import grpc

from bursar._errors import BursarError, refused
from bursar._reasons import Reason
from bursar._retry import FIRST_DELAY, LONGEST_DELAY

VERSION = "0.1.0"
DEFAULT_TIMEOUT = 10.0

# Where systems keep their authorities when Python's own OpenSSL was built for another place.
_SYSTEM_ROOTS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")

CHANNEL_OPTIONS: list[tuple[str, str | int]] = [
    ("grpc.primary_user_agent", f"bursar-python/{VERSION}"),
    # gRPC's own retries know neither request ids nor RetryInfo: only the client's act.
    ("grpc.enable_retries", 0),
    ("grpc.service_config_disable_resolution", 1),
    # A ping finds a dead connection; unlimited, or an idle stream would get only two.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # gRPC would wait up to two minutes before it connects again; calls fail meanwhile.
    ("grpc.initial_reconnect_backoff_ms", int(FIRST_DELAY * 1000)),
    ("grpc.max_reconnect_backoff_ms", int(LONGEST_DELAY * 1000)),
    # Clients of one process would share a connection, and its fate.
    ("grpc.use_local_subchannel_pool", 1),
]


@dataclass(frozen=True)
class Config:
    """What a client was made with."""

    url: str
    target: str
    credentials: grpc.ChannelCredentials | None
    # The key's header: never shown.
    metadata: tuple[tuple[str, str], ...] = field(repr=False)
    timeout: float
    max_attempts: int


def load(
    url: str | None,
    api_key: str | None,
    ca_file: str | os.PathLike[str] | None,
    client_cert_file: str | os.PathLike[str] | None,
    client_key_file: str | os.PathLike[str] | None,
    timeout: float,
    max_attempts: int,
) -> Config:
    """Reads and checks everything; BursarError with `INVALID_CONFIG` names what cannot be used."""
    url, url_from = _setting("url", "BURSAR_URL", url)
    if not url:
        raise _invalid(url_from, "is missing; set it to the server's address, such as http://127.0.0.1:50051")
    secure, target = _parse_url(url, url_from)
    key, key_from = _setting("api_key", "BURSAR_API_KEY", api_key)
    if key is None:
        raise _invalid(key_from, 'is missing; set it to an API key, or pass api_key="" for calls without one')
    if not re.fullmatch(r"[\x21-\x7e]*", key):
        raise _invalid(key_from, "holds a space, a line break or another character that no key has; copy the key again")
    credentials = _credentials(
        secure,
        _setting("ca_file", "BURSAR_CA_FILE", ca_file),
        _setting("client_cert_file", "BURSAR_CLIENT_CERT_FILE", client_cert_file),
        _setting("client_key_file", "BURSAR_CLIENT_KEY_FILE", client_key_file),
    )
    if not timeout > 0:
        raise _invalid("timeout", f"is {timeout}; pass seconds, more than 0")
    if max_attempts < 0:
        raise _invalid("max_attempts", f"is {max_attempts}; pass 0 or 1 for no retries, or the most attempts of a call")
    return Config(
        url=url,
        target=target,
        credentials=credentials,
        metadata=(("authorization", f"Bearer {key}"),) if key else (),
        timeout=timeout,
        max_attempts=max_attempts or 1,
    )


def _setting(option: str, variable: str, value: str | os.PathLike[str] | None) -> tuple[str | None, str]:
    """A setting and what to call it: the argument, else the variable. An empty variable is as good as none."""
    if value is not None:
        return os.fspath(value), option
    found = os.environ.get(variable)
    return found or None, f"{variable} (or the option {option})"


def _invalid(name: str, problem: str) -> BursarError:
    return refused(Reason.INVALID_CONFIG, f"{name} {problem}")


def _parse_url(url: str, name: str) -> tuple[bool, str]:
    """Whether the URL asks for TLS, and host and port for gRPC."""
    wanted = "write http://host:port, or https://host:port for TLS"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _invalid(name, f"is {url!r}, whose {error}; {wanted}") from None
    if parts.username is not None or parts.password is not None:
        # Not repeated: it may be a password.
        raise _invalid(name, f"holds a user name or password; {wanted}")
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise _invalid(name, f"is {url!r}; {wanted}")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _invalid(name, f"is {url!r}, with more than host and port; {wanted}")
    secure = parts.scheme == "https"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return secure, f"dns:///{host}:{port or (443 if secure else 80)}"


def _credentials(
    secure: bool,
    ca: tuple[str | None, str],
    cert: tuple[str | None, str],
    key: tuple[str | None, str],
) -> grpc.ChannelCredentials | None:
    """TLS with those files; None for plain text."""
    if not secure:
        for path, name in (ca, cert, key):
            if path:
                raise _invalid(name, "is set, but the URL begins with http://; write https:// for TLS")
        return None
    if bool(cert[0]) != bool(key[0]):
        missing = key[1] if cert[0] else cert[1]
        raise _invalid(missing, "is missing; mutual TLS needs the certificate and its key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    roots = _system_roots() if not ca[0] else _read(ca[0], ca[1])
    if ca[0] and roots is not None:
        try:
            context.load_verify_locations(cadata=roots.decode("ascii", "replace"))
        except ssl.SSLError as error:
            raise _invalid(ca[1], f"is {ca[0]!r}, which holds no PEM certificates: {error.reason or error}") from None
    if not cert[0] or not key[0]:
        return grpc.ssl_channel_credentials(roots)
    chain, private = _read(*cert), _read(key[0], key[1])
    try:
        context.load_cert_chain(cert[0], key[0], password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise _invalid(
            f"{cert[1]} and {key[1]}",
            f"are {cert[0]!r} and {key[0]!r}, no PEM certificate with its unencrypted key: {error}",
        ) from None
    return grpc.ssl_channel_credentials(roots, private, chain)


def _no_password() -> str:
    # Without it OpenSSL would ask on the terminal.
    raise ValueError("the key is encrypted")


def _read(path: str | None, name: str) -> bytes:
    try:
        return Path(path or "").read_bytes()
    except OSError as error:
        raise _invalid(name, f"is {path!r}, which cannot be read: {error.strerror}") from None


def _system_roots() -> bytes | None:
    """The machine's authorities; None leaves gRPC its own list."""
    places = (ssl.get_default_verify_paths().cafile, *_SYSTEM_ROOTS)
    return next((Path(place).read_bytes() for place in places if place and os.access(place, os.R_OK)), None)
