"""The one error that calls raise, and how it is read from gRPC's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from bursar._reasons import Reason

_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}

# What gRPC itself says without asking the server has the reasons that the server would give.
_OWN = {
    grpc.StatusCode.UNAVAILABLE: Reason.UNREACHABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Reason.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED: Reason.CANCELLED,
}


@dataclass(frozen=True)
class FieldViolation:
    """A field of the request that was refused."""

    field: str
    """Its path in the request, such as `transfer.amount`."""
    description: str
    """What is wrong, and what would be right."""


@dataclass(frozen=True)
class Resource:
    """The resource that an error is about."""

    type: str
    """Its kind, such as `bursar.ledger.v1.Account`."""
    name: str
    """Its id or name."""


@dataclass(eq=False)
class BursarError(Exception):
    """Why a call failed.

    Compare `reason`, not `message`: texts may change. When `definite` is false the change may have happened: send the
    same request again, or ask `client.operation.get_operation` with `request_id`.
    """

    code: grpc.StatusCode
    """The gRPC code."""
    message: str
    """For people."""
    reason: Reason
    """Why, for programs; `Reason.UNKNOWN` when this version of the client does not know it."""
    reason_text: str = ""
    """The reason as the server sent it; empty when it sent none."""
    definite: bool = False
    """Whether the change certainly did not happen."""
    retryable: bool = False
    """Whether the same request, sent again with the same ids, may succeed."""
    retry_after: float | None = None
    """Seconds to wait before that, when the server said so."""
    field_violations: tuple[FieldViolation, ...] = ()
    """The fields that were refused."""
    resource: Resource | None = None
    """What the error is about, when the server named it."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """More about the reason; its keys are in the comments of ErrorReason."""
    request_id: str = ""
    """What GetOperation takes, when the call changes something; of several transfers the first one's."""

    def __post_init__(self) -> None:
        # Exceptions are copied and pickled by their args.
        super().__init__(*(getattr(self, name) for name in self.__dataclass_fields__))

    def __str__(self) -> str:
        text = f"{self.reason_text or self.code.name}: {self.message}"
        for violation in self.field_violations:
            text += f"; {violation.field}: {violation.description}"
        return text

    @classmethod
    def from_status(cls, status: status_pb2.Status) -> BursarError:
        """The error of one result of a batch or stream, such as `TransferResult.error`."""
        return _from_status(status, mutates=True, request_id="")


class RpcError(Protocol):
    """What the errors of gRPC's two Python interfaces have in common."""

    def code(self) -> grpc.StatusCode:
        """The code."""

    def details(self) -> str | None:
        """The text."""

    def trailing_metadata(self) -> Iterable[tuple[str, Any]] | None:
        """What the server sent at the end."""


# What gRPC's asyncio says, as INTERNAL, when the connection ends while a message is on its way.
BROKEN_CALL = "Internal error from Core"


def from_rpc(error: RpcError, *, mutates: bool, request_id: str) -> BursarError:
    """Reads gRPC's error, with the google.rpc.Status in its trailers if there is one."""
    status = status_pb2.Status()
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            try:
                status = status_pb2.Status.FromString(value)
            except DecodeError:
                # Something between us and the server broke it: code and text still count.
                status.Clear()
    status.code = error.code().value[0]
    status.message = error.details() or ""
    if status.message == BROKEN_CALL and not status.details:
        status.code = grpc.StatusCode.UNAVAILABLE.value[0]
        status.message = "the connection ended while something was being sent"
    return _from_status(status, mutates=mutates, request_id=request_id)


def failed(code: grpc.StatusCode, message: str, *, mutates: bool, request_id: str) -> BursarError:
    """An error that this side of the connection found."""
    status = status_pb2.Status(code=code.value[0], message=message)
    return _from_status(status, mutates=mutates, request_id=request_id)


def refused(reason: Reason, message: str) -> BursarError:
    """An error of the caller's, found before anything was sent."""
    return BursarError(grpc.StatusCode.INVALID_ARGUMENT, message, reason, reason.value, definite=True)


def _from_status(status: status_pb2.Status, *, mutates: bool, request_id: str) -> BursarError:
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    info = _detail(status, error_details_pb2.ErrorInfo)
    if info is None:
        reason = _OWN.get(code, Reason.UNKNOWN)
        text = "" if reason is Reason.UNKNOWN else reason.value
    else:
        text = info.reason
        reason = Reason(text) if text in Reason.__members__ else Reason.UNKNOWN
    retry = _detail(status, error_details_pb2.RetryInfo)
    request = _detail(status, error_details_pb2.BadRequest)
    resource = _detail(status, error_details_pb2.ResourceInfo)
    metadata = {} if info is None else dict(info.metadata)
    return BursarError(
        code,
        status.message,
        reason,
        text,
        # Without the server's word, only a call that changes nothing is known to have changed nothing.
        definite=metadata["definite"] == "true" if "definite" in metadata else not mutates,
        retryable=code is grpc.StatusCode.UNAVAILABLE
        or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and retry is not None),
        retry_after=None if retry is None else retry.retry_delay.ToNanoseconds() / 1e9,
        field_violations=tuple(
            FieldViolation(one.field, one.description) for one in (request.field_violations if request else ())
        ),
        resource=None if resource is None else Resource(resource.resource_type, resource.resource_name),
        metadata=metadata,
        request_id=request_id if mutates else "",
    )


def _detail(status: status_pb2.Status, kind: type[Any]) -> Any:
    """The detail of that type; None when there is none."""
    for detail in status.details:
        if detail.Is(kind.DESCRIPTOR):
            found = kind()
            try:
                detail.Unpack(found)
            except DecodeError:
                return None
            return found
    return None
