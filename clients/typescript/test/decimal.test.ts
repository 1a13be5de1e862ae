import assert from "node:assert/strict";
import { test } from "node:test";
import { BigNumber, BursarError, Code, decimal, fromMoney, fromText, toMoney, toText } from "@bursar/client";

const refused = (run: () => unknown, text: RegExp): void => {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof BursarError);
    assert.equal(error.reason, "INVALID_DECIMAL");
    assert.equal(error.code, Code.InvalidArgument);
    assert.equal(error.definite, true);
    assert.match(error.message, text);
    return true;
  });
};

test("amounts keep every digit, in canonical form", () => {
  const digits = "99999999999999999999.999999999999999999";
  for (const [given, canonical] of [
    ["1.50", "1.5"],
    ["-0.00", "0"],
    ["1e3", "1000"],
    ["0.000000000000000001", "0.000000000000000001"],
    [digits, digits],
    ["9".repeat(38), "9".repeat(38)],
  ] as const) {
    const money = toMoney("EUR", decimal(given));
    assert.equal(money.amount, canonical);
    assert.equal(toText(fromMoney(money)), canonical);
  }
  assert.equal(toMoney("EUR", 10n ** 30n).amount, `1${"0".repeat(30)}`);
  assert.equal(toText(decimal("0.1").plus("0.2")), "0.3");
  assert.equal(toText(decimal("9007199254740993").plus("0.01")), "9007199254740993.01");
});

test("what Money cannot hold is refused, with the value and what would be right", () => {
  refused(() => toMoney("EUR", "9".repeat(39)), /"9{39}" has more than 38 significant digits/);
  refused(() => toMoney("EUR", decimal("1e100000")), /"1e\+100000" has more than 38 significant digits/);
  refused(() => decimal("1e9000000000"), /"1e9000000000" has more than 38 significant digits/);
  refused(() => toMoney("EUR", "0.1234567890123456789"), /18 decimal places/);
  refused(() => toMoney("EUR", new BigNumber(NaN)), /finite/);
  refused(() => toMoney("EUR", new BigNumber(Infinity)), /finite/);
  for (const text of ["", "abc", "1,5", "0x10", " 1", "1_000", "NaN", "Infinity"]) {
    refused(() => decimal(text), /is not a decimal/);
  }
  refused(() => fromText("1e5"), /plain decimal/);
});

test("a number is refused by type and when it comes all the same", () => {
  // @ts-expect-error a number rounds
  refused(() => toMoney("EUR", 12.5), /number rounds/);
  // @ts-expect-error a number rounds
  refused(() => decimal(12.5), /number rounds/);
});
