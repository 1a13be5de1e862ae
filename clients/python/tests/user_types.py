"""What a user's type checker infers. Checked by mypy, never run."""

from decimal import Decimal

from typing_extensions import assert_type

import bursar
from bursar.ledger.v1 import (
    CreateTransferRequest,
    CreateTransferResponse,
    NewTransfer,
    Transfer,
    TransferKind,
    TransferResult,
)
from bursar.trading.v1 import StreamRecordRequest, StreamRecordResponse


def threads(client: bursar.Client, request: CreateTransferRequest) -> None:
    reply = client.ledger.transfers.create_transfer(request, timeout=1)
    assert_type(reply, CreateTransferResponse)
    assert_type(reply.transfer.kind, TransferKind.ValueType)
    assert_type(bursar.amount_of(reply.transfer.amount), Decimal)
    for transfer in client.ledger.transfers.iter_transfers():
        assert_type(transfer, Transfer)
    for result in client.ledger.transfers.stream_transfers([NewTransfer()]):
        assert_type(result, TransferResult)
    for fills in client.trading.executions.stream_record([StreamRecordRequest()]):
        assert_type(fills, StreamRecordResponse)
    bursar.money("EUR", 1.5)  # type: ignore[arg-type]
    client.ledger.transfers.create_transfer(NewTransfer())  # type: ignore[arg-type]


async def tasks(client: bursar.aio.Client, request: CreateTransferRequest) -> None:
    assert_type(await client.ledger.transfers.create_transfer(request), CreateTransferResponse)
    async for transfer in client.ledger.transfers.iter_transfers():
        assert_type(transfer, Transfer)
    async for result in client.ledger.transfers.stream_transfers([NewTransfer()]):
        assert_type(result, TransferResult)
