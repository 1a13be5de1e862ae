"""What the client knows of an RPC, all of it from its descriptor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from bursar._ids import new_id
from bursar.options.v1 import options_pb2

Request = TypeVar("Request", bound=Message)
Reply = TypeVar("Reply", bound=Message)

# The id of a transfer is the id of the request that makes it. Elsewhere `id` names something that exists.
_TRANSFERS = "bursar.ledger.v1.TransferService"


class Method(Generic[Request, Reply]):
    """One RPC: its path, its types, whether it changes something, and where its request ids are."""

    __slots__ = ("_holder", "_id", "_repeated", "mutates", "path", "reply", "request")

    def __init__(self, service: str, name: str, request: type[Request], reply: type[Reply]) -> None:
        self.path = f"/{service}/{name}"
        self.request = request
        self.reply = reply
        descriptor = request.DESCRIPTOR.file.pool.FindMethodByName(f"{service}.{name}")
        self.mutates: bool = descriptor.GetOptions().Extensions[options_pb2.rule].mutates
        holder, self._id = _place_of_id(service, request.DESCRIPTOR) if self.mutates else (None, "")
        self._holder = holder.name if holder else ""
        self._repeated = holder is not None and holder.is_repeated

    def with_ids(self, request: Request) -> tuple[Request, str]:
        """The request with an id wherever the caller left one out, in a copy if so; and what GetOperation takes."""
        if not self._id:
            return request, ""
        if any(not getattr(part, self._id) for part in self._parts(request)):
            copy = self.request()
            copy.CopyFrom(request)
            request = copy
            for part in self._parts(request):
                if not getattr(part, self._id):
                    setattr(part, self._id, new_id())
        first = next(self._parts(request), None)
        return request, "" if first is None else getattr(first, self._id)

    def _parts(self, request: Request) -> Iterator[Message]:
        """The messages that have an id: the request, or what it holds."""
        if not self._holder:
            yield request
        elif self._repeated:
            yield from getattr(request, self._holder)
        elif request.HasField(self._holder):
            yield getattr(request, self._holder)


def _place_of_id(service: str, request: Any) -> tuple[FieldDescriptor | None, str]:
    """The field that holds the messages with ids, None for the request itself; and the name of the id in them."""
    if "request_id" in request.fields_by_name:
        return None, "request_id"
    if service == _TRANSFERS:
        if "id" in request.fields_by_name:
            return None, "id"
        for field in request.fields:
            if field.message_type is not None and "id" in field.message_type.fields_by_name:
                return field, "id"
    return None, ""
