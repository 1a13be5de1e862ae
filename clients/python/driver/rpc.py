"""From the scenarios' JSON to the client's methods and back."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from google.protobuf.descriptor_pool import Default
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2  # noqa: F401 - JSON shows these details of results by their fields

import bursar
from driver.places import Json


class Rpc:
    """An RPC by its name in the scenarios, `package.Service/Method`."""

    def __init__(self, name: str) -> None:
        self.service, _, method = name.partition("/")
        self._descriptor: Any = Default().FindMethodByName(f"{self.service}.{method}")
        # The clients name methods as Python does.
        self.name = "".join(f"_{c.lower()}" if c.isupper() else c for c in method).lstrip("_")
        self.streams: bool = self._descriptor.server_streaming

    def request(self, request: Json) -> Message:
        """The request message."""
        return ParseDict(request, GetMessageClass(self._descriptor.input_type)())

    def of(self, client: Any, *, pages: bool = False) -> Any:
        """The client's method, or the one that iterates over its pages."""
        groups = [group for group in vars(client).values() if hasattr(group, "__dict__")]
        for group in groups:
            for service in (group, *vars(group).values()):
                if getattr(service, "NAME", None) == self.service:
                    return getattr(service, f"iter_{self.name.partition('_')[2]}" if pages else self.name)
        raise AttributeError(f"the client has no {self.service}")


def to_json(message: Message) -> Json:
    """A message as the scenarios have it."""
    return MessageToDict(message, preserving_proto_field_name=True)


def error_to_json(error: bursar.BursarError) -> Json:
    """An error as the scenarios have it."""
    return {
        "code": error.code.name,
        "reason": error.reason_text,
        "message": error.message,
        "definite": error.definite,
        "retryable": error.retryable,
        "retry_after_ms": str(round((error.retry_after or 0) * 1000)),
        "fields": [{"field": one.field, "description": one.description} for one in error.field_violations],
        "resource": {"type": error.resource.type, "name": error.resource.name} if error.resource else {},
        "metadata": dict(error.metadata),
        "request_id": error.request_id,
    }


def decimal(text: str) -> Json:
    """A decimal there and back through Money."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = bursar.parse_decimal(text)
    back = bursar.amount_of(bursar.money("EUR", value))
    if back != value:
        raise AssertionError(f"{value} came back as {back}")
    return {"canonical": bursar.decimal_text(back)}
