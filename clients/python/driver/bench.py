"""What the client costs beside the raw stub: CreateTransfer, 64 threads, in alternating rounds."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import grpc

import bursar
from bursar.ledger.v1 import (
    CreateAccountRequest,
    CreateTransferRequest,
    CreateTransferResponse,
    NewAccount,
    NewTransfer,
)
from driver.places import Setup
from driver.wire import say

_CALLS, _ROUNDS, _THREADS = 10_000, 10, 64


def bench(setup: Setup) -> None:
    """Prints the medians."""
    options = setup.options("plain", "admin", retries=True)
    with bursar.Client(**options) as client:
        accounts = [_account(client) for _ in range(2)]
        amount = bursar.money("EUR", Decimal("0.01"))

        def request(id: str = "") -> CreateTransferRequest:  # noqa: A002 - its name in the message
            debit, credit = accounts
            return CreateTransferRequest(
                transfer=NewTransfer(id=id, debit_account_id=debit, credit_account_id=credit, amount=amount)
            )

        channel = grpc.insecure_channel(options["url"].removeprefix("http://"))
        # As protoc's stub makes it.
        make: Any = channel.unary_unary
        stub = make(
            "/bursar.ledger.v1.TransferService/CreateTransfer",
            request_serializer=CreateTransferRequest.SerializeToString,
            response_deserializer=CreateTransferResponse.FromString,
            _registered_method=True,
        )
        metadata = (("authorization", f"Bearer {options['api_key']}"),)

        def through_stub() -> None:
            stub(request(bursar.new_id()), metadata=metadata, timeout=10)

        def through_client() -> None:
            client.ledger.transfers.create_transfer(request())

        rates: dict[Callable[[], None], list[float]] = {through_stub: [], through_client: []}
        with ThreadPoolExecutor(_THREADS) as pool:
            for call in rates:
                _round(pool, call, 500)
            for number in range(_ROUNDS):
                # Whoever comes second finds a warmer server: they take turns.
                for call in list(rates) if number % 2 else reversed(list(rates)):
                    rates[call].append(_round(pool, call, _CALLS // _ROUNDS))
        channel.close()
    stub_rate, client_rate = (statistics.median(rates[call]) for call in (through_stub, through_client))
    print(f"stub {rates[through_stub]}\nclient {rates[through_client]}", file=sys.stderr)
    say(
        {
            "language": "python",
            "client_per_second": round(client_rate),
            "stub_per_second": round(stub_rate),
            "overhead": round(1 - client_rate / stub_rate, 4),
        }
    )


def _account(client: bursar.Client) -> str:
    account = NewAccount(id=bursar.new_id(), asset="EUR", code="bench")
    return client.ledger.accounts.create_account(CreateAccountRequest(account=account)).account.id


def _round(pool: ThreadPoolExecutor, call: Callable[[], None], count: int) -> float:
    """Calls a second."""
    begin = time.perf_counter()
    share, rest = divmod(count, _THREADS)

    def part(times: int) -> None:
        for _ in range(times):
            call()

    # list: an error of a thread is raised here.
    list(pool.map(part, [share + (number < rest) for number in range(_THREADS)]))
    return count / (time.perf_counter() - begin)
