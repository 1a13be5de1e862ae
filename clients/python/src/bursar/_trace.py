"""The current trace goes along with each call, when OpenTelemetry's API is installed (`pip install bursar[otel]`)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

try:
    _propagate: Any = import_module("opentelemetry.propagate")
except ImportError:
    _propagate = None

Metadata = tuple[tuple[str, str], ...]


def with_trace(metadata: Metadata) -> Metadata:
    """The metadata of a call, with the current context's `traceparent` if there is one."""
    if _propagate is None:
        return metadata
    carrier: dict[str, str] = {}
    _propagate.inject(carrier)
    if not carrier:
        return metadata
    # gRPC takes keys in lower case only.
    return (*metadata, *((key.lower(), value) for key, value in carrier.items()))
