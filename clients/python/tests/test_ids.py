import time
import unittest
import uuid
from typing import Any

from google.protobuf.message import Message

import bursar
from bursar._method import Method
from bursar.ledger.v1 import (
    BatchCreateTransfersRequest,
    CloseAccountRequest,
    CreateTransferRequest,
    NewTransfer,
    PostTransferRequest,
    PostTransfersRequest,
    TransferService,
    transfer_service,
)
from bursar.ledger.v1.account_service import _CLOSE_ACCOUNT, _GET_ACCOUNT
from bursar.operation.v1 import GetOperationRequest
from bursar.operation.v1.operation_service import _GET_OPERATION


class Ids(unittest.TestCase):
    def filled(self, method: Method[Any, Any], request: Message) -> tuple[Any, str]:
        before = request.SerializeToString()
        result, request_id = method.with_ids(request)
        self.assertEqual(request.SerializeToString(), before, "the caller's message stays as it is")
        return result, request_id

    def test_they_are_of_version_7_and_of_now(self) -> None:
        made = uuid.UUID(bursar.new_id())
        self.assertEqual((made.version, made.variant), (7, uuid.RFC_4122))
        self.assertAlmostEqual((made.int >> 80) / 1000, time.time(), delta=5)
        self.assertEqual(len({bursar.new_id() for _ in range(10_000)}), 10_000)

    def test_they_go_where_the_descriptor_says(self) -> None:
        result, request_id = self.filled(_CLOSE_ACCOUNT, CloseAccountRequest(id="a"))
        self.assertEqual((result.id, result.request_id), ("a", request_id))
        self.assertEqual(uuid.UUID(request_id).version, 7)

        create = CreateTransferRequest(transfer=NewTransfer(code="x"))
        result, request_id = self.filled(transfer_service._CREATE_TRANSFER, create)
        self.assertEqual((result.transfer.id, result.transfer.code), (request_id, "x"))

        result, request_id = self.filled(transfer_service._POST_TRANSFER, PostTransferRequest(pending_id="p"))
        self.assertEqual((result.id, result.pending_id), (request_id, "p"))

        post = PostTransfersRequest(group_id="g", legs=[{}, {"id": "mine"}])  # type: ignore[list-item]
        result, request_id = self.filled(transfer_service._POST_TRANSFERS, post)
        self.assertEqual([leg.id for leg in result.legs], [request_id, "mine"])

        batch = BatchCreateTransfersRequest(transfers=[NewTransfer(), NewTransfer()])
        result, request_id = self.filled(transfer_service._BATCH_CREATE_TRANSFERS, batch)
        self.assertEqual(len({transfer.id for transfer in result.transfers}), 2)

    def test_what_has_ids_is_sent_as_it_is(self) -> None:
        request = CreateTransferRequest(transfer=NewTransfer(id="mine"))
        result, request_id = transfer_service._CREATE_TRANSFER.with_ids(request)
        self.assertIs(result, request)
        self.assertEqual(request_id, "mine")

    def test_nothing_is_made_up(self) -> None:
        result, request_id = self.filled(transfer_service._CREATE_TRANSFER, CreateTransferRequest())
        self.assertFalse(result.HasField("transfer"))
        self.assertEqual(request_id, "")
        for method, request in ((_GET_ACCOUNT, _GET_ACCOUNT.request()), (_GET_OPERATION, GetOperationRequest(id="x"))):
            self.assertEqual(self.filled(method, request), (request, ""))

    def test_every_change_has_a_place_for_its_id(self) -> None:
        for module in list(__import__("sys").modules.values()):
            for method in vars(module).values() if module.__name__.startswith("bursar.") else ():
                if isinstance(method, Method) and method.mutates and "/Stream" not in method.path:
                    self.assertTrue(method._id or "GetOperation" in method.path, method.path)
        self.assertEqual(TransferService.NAME, "bursar.ledger.v1.TransferService")
