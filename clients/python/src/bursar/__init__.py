"""Client of Bursar, a gRPC service that keeps an organisation's money.

`Client` is for threads, `bursar.aio.Client` for asyncio. Messages and enums are in `bursar.<domain>.v1`, such as
`bursar.ledger.v1.NewTransfer`; services hang on the client: `client.ledger.transfers.create_transfer(…)`.
"""

from bursar import aio
from bursar._cancel import Cancel
from bursar._client import Client
from bursar._config import VERSION
from bursar._decimals import amount_of, decimal_text, money, parse_decimal
from bursar._errors import BursarError, FieldViolation, Resource
from bursar._ids import new_id
from bursar._pages import Pages
from bursar._reasons import Reason

__version__ = VERSION
"""The version of this package."""

__all__ = [
    "BursarError",
    "Cancel",
    "Client",
    "FieldViolation",
    "Pages",
    "Reason",
    "Resource",
    "__version__",
    "aio",
    "amount_of",
    "decimal_text",
    "money",
    "new_id",
    "parse_decimal",
]
