import { BigNumber } from "bignumber.js";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { BursarError } from "./error.js";
import { type Money, MoneySchema } from "./gen/bursar/common/v1/money_pb.js";

/**
 * An exact decimal. Sums, differences and products of BigNumber are exact; `dividedBy` and `sqrt` are not.
 */
export type Decimal = BigNumber;

const MAX_DIGITS = 38;
const MAX_PLACES = 18;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const PLAIN = /^-?\d+(?:\.\d+)?$/;

/**
 * Reads a decimal, such as `"12.50"`, with or without an exponent.
 *
 * @throws {@link BursarError} with the reason INVALID_DECIMAL when it is not one. A `number` is refused: it may have
 * lost digits already.
 */
export function decimal(value: string | bigint): Decimal {
  if (typeof value === "bigint") {
    return new BigNumber(value.toString());
  }
  if (typeof value !== "string") {
    throw refused(value, `is a ${typeof value}; give a string, a bigint or a BigNumber, because a number rounds`);
  }
  if (!DECIMAL.test(value)) {
    throw refused(value, "is not a decimal; write digits with at most one point, such as 12.50");
  }
  const read = new BigNumber(value);
  if (!read.isFinite()) {
    throw refused(value, `has more than ${MAX_DIGITS} significant digits`);
  }
  return read;
}

/**
 * Makes Money of an exact amount.
 *
 * ```ts
 * toMoney("EUR", "12.50");
 * toMoney("EUR", decimal("0.1").plus("0.2"));
 * ```
 *
 * @throws {@link BursarError} with the reason INVALID_DECIMAL when Money cannot hold the amount as it is: it has at most
 * 38 significant digits and 18 decimal places, and is never rounded.
 */
export function toMoney(asset: string, amount: Decimal | string | bigint): Money {
  return create(MoneySchema, { asset, amount: toText(amount) });
}

/**
 * The amount of Money.
 *
 * @throws {@link BursarError} with the reason INVALID_DECIMAL when its text is not a plain decimal.
 */
export function fromMoney(money: Money): Decimal {
  return fromText(money.amount);
}

/**
 * The text that the API has for a decimal, such as `Balance.creditsPosted`: plain, without trailing zeros.
 *
 * @throws {@link BursarError} with the reason INVALID_DECIMAL, as {@link toMoney} does.
 */
export function toText(amount: Decimal | string | bigint): string {
  const value = BigNumber.isBigNumber(amount) ? amount : decimal(amount);
  if (!value.isFinite()) {
    throw refused(amount, "is not finite; give a number of digits");
  }
  if (value.isZero()) {
    return "0";
  }
  if ((value.decimalPlaces() ?? 0) > MAX_PLACES) {
    throw refused(amount, `has more than ${MAX_PLACES} decimal places; round it first`);
  }
  if (value.precision(true) > MAX_DIGITS) {
    throw refused(amount, `has more than ${MAX_DIGITS} significant digits`);
  }
  return value.toFixed();
}

/**
 * The decimal of a text that the API sent, such as `Balance.creditsPosted`.
 *
 * @throws {@link BursarError} with the reason INVALID_DECIMAL when the text is not a plain decimal.
 */
export function fromText(text: string): Decimal {
  if (!PLAIN.test(text)) {
    throw refused(text, "is not a plain decimal such as 12.50");
  }
  return new BigNumber(text);
}

function refused(value: unknown, why: string): BursarError {
  return new BursarError(`${JSON.stringify(String(value).slice(0, 100))} ${why}`, {
    code: Code.InvalidArgument,
    reason: "INVALID_DECIMAL",
    definite: true,
  });
}
