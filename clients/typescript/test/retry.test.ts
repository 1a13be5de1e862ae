import assert from "node:assert/strict";
import { test } from "node:test";
import { BursarError, Code } from "@bursar/client";
import { backoffMs, retryDelayMs } from "#dist/retry.js";

const error = (code: Code, retryAfterMs?: number): BursarError =>
  new BursarError("no", { code, reason: "", definite: true, retryAfterMs });

test("the back-off doubles from 100 ms to 2 s, and half of it is chance", () => {
  for (const [failures, longest] of [[1, 100], [2, 200], [3, 400], [4, 800], [5, 1600], [6, 2000], [50, 2000]] as const) {
    assert.equal(backoffMs(failures, 0), longest / 2);
    assert.equal(backoffMs(failures, 1), longest);
  }
  for (let at = 0; at < 100; at++) {
    const delay = backoffMs(3);
    assert.ok(delay >= 200 && delay <= 400);
  }
});

test("only UNAVAILABLE, and RESOURCE_EXHAUSTED with a delay, are tried again", () => {
  for (const code of Object.values(Code).filter((one): one is Code => typeof one === "number")) {
    assert.equal(retryDelayMs(error(code), 1) !== undefined, code === Code.Unavailable, Code[code]);
    const withDelay = code === Code.Unavailable || code === Code.ResourceExhausted;
    assert.equal(retryDelayMs(error(code, 50), 1) !== undefined, withDelay, Code[code]);
  }
});

test("the wait is never shorter than the server asks for", () => {
  assert.equal(retryDelayMs(error(Code.ResourceExhausted, 5000), 1), 5000);
  assert.ok((retryDelayMs(error(Code.Unavailable, 10), 6) ?? 0) >= 1000);
});
