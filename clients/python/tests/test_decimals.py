import unittest
from decimal import Decimal, localcontext
from typing import Any

import bursar
from bursar.common.v1 import Money


class Decimals(unittest.TestCase):
    def test_text_is_plain_and_canonical(self) -> None:
        cases: dict[Decimal | int, str] = {
            Decimal("1.50"): "1.5",
            Decimal("-0.00"): "0",
            Decimal("1E+3"): "1000",
            Decimal("1E-18"): "0.000000000000000001",
            Decimal("100"): "100",
            Decimal("-12.340"): "-12.34",
            Decimal("1." + "0" * 40): "1",
            -7: "-7",
            10**38 - 1: "9" * 38,
        }
        for value, text in cases.items():
            self.assertEqual(bursar.decimal_text(value), text)
            self.assertEqual(bursar.parse_decimal(text), value)

    def test_nothing_is_rounded_whatever_the_threads_precision(self) -> None:
        text = "12345678901234567890.123456789012345678"
        with localcontext() as context:
            context.prec = 5
            self.assertEqual(bursar.money("EUR", Decimal(text)), Money(asset="EUR", amount=text))
            self.assertEqual(str(bursar.amount_of(Money(asset="EUR", amount=text))), text)

    def test_what_does_not_fit_is_refused(self) -> None:
        no_amounts: list[Any] = [
            Decimal("NaN"),
            Decimal("-Infinity"),
            Decimal("1E+38"),
            Decimal("1E+999999"),
            Decimal("1E-19"),
            Decimal("1E-999999"),
            Decimal("1" + "0" * 20 + "." + "1" * 18),
            1.5,
            True,
            "1.5",
        ]
        for value in no_amounts:
            with self.assertRaises(bursar.BursarError) as raised:
                bursar.money("EUR", value)
            self.assertIs(raised.exception.reason, bursar.Reason.INVALID_DECIMAL)
            self.assertTrue(raised.exception.definite)
            self.assertIn(str(value), raised.exception.message)

    def test_texts_that_are_no_decimals_are_refused(self) -> None:
        for text in ("", "abc", "1e5", "+1", " 1", "01", ".5", "1.", "1_000", "１"):
            with self.assertRaises(bursar.BursarError, msg=text):
                bursar.parse_decimal(text)
