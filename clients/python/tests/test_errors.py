import copy
import pickle
import unittest
from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2

import bursar
from bursar._errors import from_rpc
from bursar._reasons import Reason
from bursar.errors.v1 import ErrorReason


class Failure:
    """Gives what gRPC's errors give."""

    def __init__(self, code: grpc.StatusCode, *details: Any, raw: bytes | None = None) -> None:
        self._code = code
        status = status_pb2.Status(code=code.value[0], message="no")
        for detail in details:
            status.details.add().Pack(detail)
        self._trailers = [("x", "y"), ("grpc-status-details-bin", raw or status.SerializeToString())]

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "no"

    def trailing_metadata(self) -> Iterable[tuple[str, Any]]:
        return self._trailers


def info(reason: str, **metadata: str) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=reason, domain="bursar.dev", metadata=metadata)


class Errors(unittest.TestCase):
    def test_all_details_are_read(self) -> None:
        failure = Failure(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            info("RATE_LIMITED", definite="true", limit="key"),
            error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1, nanos=500_000_000)),
            error_details_pb2.BadRequest(
                field_violations=[error_details_pb2.BadRequest.FieldViolation(field="a.b", description="wrong")]
            ),
            error_details_pb2.ResourceInfo(resource_type="t", resource_name="n"),
        )
        error = from_rpc(failure, mutates=True, request_id="id")
        self.assertEqual((error.code, error.message), (grpc.StatusCode.RESOURCE_EXHAUSTED, "no"))
        self.assertIs(error.reason, Reason.RATE_LIMITED)
        self.assertTrue(error.definite)
        self.assertTrue(error.retryable)
        self.assertEqual(error.retry_after, 1.5)
        self.assertEqual(error.field_violations, (bursar.FieldViolation("a.b", "wrong"),))
        self.assertEqual(error.resource, bursar.Resource("t", "n"))
        self.assertEqual(error.metadata["limit"], "key")
        self.assertEqual(error.request_id, "id")
        self.assertEqual(str(error), "RATE_LIMITED: no; a.b: wrong")

    def test_a_reason_of_a_newer_server_stays_as_text(self) -> None:
        error = from_rpc(Failure(grpc.StatusCode.ABORTED, info("NEW_ONE")), mutates=True, request_id="")
        self.assertIs(error.reason, Reason.UNKNOWN)
        self.assertEqual(error.reason_text, "NEW_ONE")
        self.assertFalse(error.definite)
        self.assertFalse(error.retryable)

    def test_what_never_came_from_the_server(self) -> None:
        cases = {
            grpc.StatusCode.UNAVAILABLE: Reason.UNREACHABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED: Reason.DEADLINE_EXCEEDED,
            grpc.StatusCode.CANCELLED: Reason.CANCELLED,
            grpc.StatusCode.INTERNAL: Reason.UNKNOWN,
        }
        for code, reason in cases.items():
            for mutates in (True, False):
                error = from_rpc(Failure(code), mutates=mutates, request_id="id")
                self.assertIs(error.reason, reason)
                self.assertEqual(error.definite, not mutates)
                self.assertEqual(error.request_id, "id" if mutates else "")

    def test_a_connection_that_ends_while_sending_is_no_fault_of_the_server(self) -> None:
        class Broken(Failure):
            def details(self) -> str:
                return "Internal error from Core"

        error = from_rpc(Broken(grpc.StatusCode.INTERNAL), mutates=True, request_id="r")
        self.assertEqual((error.reason, error.retryable, error.definite), (Reason.UNREACHABLE, True, False))

    def test_broken_details_leave_code_and_text(self) -> None:
        error = from_rpc(Failure(grpc.StatusCode.NOT_FOUND, raw=b"\xff\xff"), mutates=False, request_id="")
        self.assertEqual((error.code, error.message), (grpc.StatusCode.NOT_FOUND, "no"))

    def test_exhausted_without_a_delay_is_not_for_retrying(self) -> None:
        failure = Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, info("QUOTA_REACHED", definite="true"))
        self.assertFalse(from_rpc(failure, mutates=True, request_id="").retryable)

    def test_the_error_of_a_result(self) -> None:
        status = status_pb2.Status(code=9, message="too much")
        status.details.add().Pack(info("LIMIT_EXCEEDED", definite="true"))
        error = bursar.BursarError.from_status(status)
        self.assertIs(error.reason, Reason.LIMIT_EXCEEDED)
        self.assertIs(error.code, grpc.StatusCode.FAILED_PRECONDITION)

    def test_errors_travel_between_processes(self) -> None:
        error = from_rpc(Failure(grpc.StatusCode.ABORTED, info("X", a="b")), mutates=True, request_id="id")
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            self.assertEqual(vars(twin), vars(error))

    def test_every_reason_of_the_server_has_its_name(self) -> None:
        names = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}  # noqa: SIM118 - no dict
        own = {"UNREACHABLE", "INVALID_DECIMAL", "INVALID_CONFIG", "UNKNOWN"}
        self.assertEqual(set(Reason.__members__), (names - {"UNSPECIFIED"}) | own)
