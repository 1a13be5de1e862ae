"""Exact amounts: Decimal on this side, decimal text in messages, never a float."""

from __future__ import annotations

import re
from decimal import Decimal

from bursar._errors import refused
from bursar._reasons import Reason
from bursar.common.v1.money_pb2 import Money

MAX_DIGITS = 38
MAX_PLACES = 18
_TEXT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def money(asset: str, amount: Decimal | int) -> Money:
    """An amount of an asset: `money("EUR", Decimal("12.50"))`.

    An amount that Bursar cannot carry is refused with `INVALID_DECIMAL`, and so is a float: it is not what it shows.
    """
    return Money(asset=asset, amount=decimal_text(amount))


def amount_of(money: Money) -> Decimal:
    """The amount of a Money, exactly."""
    return parse_decimal(money.amount)


def decimal_text(amount: Decimal | int) -> str:
    """The text that messages carry for an amount, quantity or price: without exponent or needless zeros."""
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, int)):
        raise refused(
            Reason.INVALID_DECIMAL,
            f"{amount!r} is a {type(amount).__name__}; pass a decimal.Decimal made from text, or an int",
        )
    value = Decimal(amount)
    if not value.is_finite():
        raise refused(Reason.INVALID_DECIMAL, f"{value} is not finite; pass a number")
    # Looked at before it is written out: the exponent may stand for a million zeros.
    if value and not -MAX_PLACES <= value.adjusted() < MAX_DIGITS:
        raise _too_long(value)
    # The formatting is exact, where normalize() would round to the thread's precision.
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    whole, _, places = text.lstrip("-").partition(".")
    if len(places) > MAX_PLACES or len((whole + places).lstrip("0")) > MAX_DIGITS:
        raise _too_long(value)
    return "0" if text == "-0" else text


def parse_decimal(text: str) -> Decimal:
    """The number that a decimal text of a message is, exactly: digits with at most one point, such as `-12.5`."""
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise refused(
            Reason.INVALID_DECIMAL,
            f"{text!r} is not a decimal; write digits with at most one point, such as 12.50,"
            " without exponent, plus sign or spaces",
        )
    return Decimal(text)


def _too_long(value: Decimal) -> Exception:
    return refused(
        Reason.INVALID_DECIMAL,
        f"{value} does not fit; at most {MAX_DIGITS} digits, of which at most {MAX_PLACES} decimal places",
    )
