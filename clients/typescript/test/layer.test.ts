import assert from "node:assert/strict";
import { test } from "node:test";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { create } from "@bufbuild/protobuf";
import { type Bursar, BursarError, Code, ledger } from "@bursar/client";
import { clientOf, serverError } from "./fake.js";

type Seen = { ids: string[]; headers: Headers[]; times: number[] };

/** A client whose CreateTransfer fails with each of the errors, and then works. */
function failing(errors: Error[], options?: Parameters<typeof clientOf>[1]): { bursar: Bursar; seen: Seen } {
  const seen: Seen = { ids: [], headers: [], times: [] };
  const bursar = clientOf((router) => {
    router.service(ledger.TransferService, {
      createTransfer: (request, { requestHeader }) => {
        seen.ids.push(request.transfer?.id ?? "");
        seen.headers.push(requestHeader);
        seen.times.push(Date.now());
        const error = errors.shift();
        if (error) {
          throw error;
        }
        return { transfer: { id: request.transfer?.id ?? "" } };
      },
      getTransfer: () => new Promise(() => undefined),
    });
  }, options);
  return { bursar, seen };
}

const failsWith = async (call: Promise<unknown>, parts: Partial<BursarError>): Promise<BursarError> => {
  const error = await call.then(() => assert.fail("did not fail"), (thrown: unknown) => thrown);
  assert.ok(error instanceof BursarError, String(error));
  for (const [name, value] of Object.entries(parts)) {
    assert.deepEqual(error[name as keyof BursarError], value, name);
  }
  return error;
};

test("UNAVAILABLE is tried again with the same id, and the caller's request stays as it was", async () => {
  const { bursar, seen } = failing([serverError(Code.Unavailable, "CONTENTION"), serverError(Code.Unavailable, "SHUTTING_DOWN")]);
  const request = create(ledger.CreateTransferRequestSchema, { transfer: { code: "x" } });
  const { transfer } = await bursar.ledger.transfers.createTransfer(request);
  assert.equal(seen.ids.length, 3);
  assert.match(transfer?.id ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(new Set(seen.ids), new Set([transfer?.id]));
  assert.equal(request.transfer?.id, "");
  assert.equal(seen.headers[0]?.get("authorization"), "Bearer bsr_key");
});

test("RESOURCE_EXHAUSTED is tried again after its delay, and without one not at all", async () => {
  const { bursar, seen } = failing([serverError(Code.ResourceExhausted, "RATE_LIMITED", { retryMs: 300 })]);
  await bursar.ledger.transfers.createTransfer({ transfer: {} });
  assert.ok((seen.times[1] ?? 0) - (seen.times[0] ?? 0) >= 299);
  const other = failing([serverError(Code.ResourceExhausted, "QUOTA_REACHED")]);
  await failsWith(other.bursar.ledger.transfers.createTransfer({ transfer: {} }), { reason: "QUOTA_REACHED", retryable: false });
  assert.equal(other.seen.ids.length, 1);
});

test("attempts end with the option, and before a delay that passes the deadline", async () => {
  const contention = (): Error[] => Array.from({ length: 9 }, () => serverError(Code.Unavailable, "CONTENTION"));
  for (const maxAttempts of [0, 1]) {
    const off = failing(contention(), { maxAttempts });
    await failsWith(off.bursar.ledger.transfers.createTransfer({ transfer: {} }), { reason: "CONTENTION", retryable: true });
    assert.equal(off.seen.ids.length, 1);
  }
  const { bursar, seen } = failing([serverError(Code.Unavailable, "POOL_EXHAUSTED", { retryMs: 60_000 })]);
  const began = Date.now();
  await failsWith(bursar.ledger.transfers.createTransfer({ transfer: {} }), { reason: "POOL_EXHAUSTED", retryAfterMs: 60_000 });
  assert.ok(Date.now() - began < 5_000 && seen.ids.length === 1);
});

test("an attempt that may have worked keeps later errors from being definite, unless the server had looked at the id", async () => {
  const lost = serverError(Code.Unavailable, "DATABASE_UNAVAILABLE", { definite: false });
  const open = failing([lost, serverError(Code.Unauthenticated, "KEY_REVOKED")]);
  await failsWith(open.bursar.ledger.transfers.createTransfer({ transfer: {} }), { reason: "KEY_REVOKED", definite: false });
  const closed = failing([lost, serverError(Code.FailedPrecondition, "LIMIT_EXCEEDED")]);
  await failsWith(closed.bursar.ledger.transfers.createTransfer({ transfer: {} }), { reason: "LIMIT_EXCEEDED", definite: true });
});

test("deadline and cancelling have their reasons", async () => {
  const { bursar } = failing([]);
  await failsWith(bursar.ledger.transfers.getTransfer({ id: "x" }, { timeoutMs: 50 }), {
    code: Code.DeadlineExceeded,
    reason: "DEADLINE_EXCEEDED",
    definite: true,
    retryable: false,
  });
  const after = (ms: number): AbortSignal => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), ms);
    return abort.signal;
  };
  const signal = after(50);
  await failsWith(bursar.ledger.transfers.getTransfer({ id: "x" }, { signal }), { code: Code.Canceled, reason: "CANCELLED" });
  const slow = failing([serverError(Code.Unavailable, "POOL_EXHAUSTED", { retryMs: 5_000 })]);
  const abort = after(50);
  await failsWith(slow.bursar.ledger.transfers.createTransfer({ transfer: { id: "t" } }, { signal: abort }), {
    reason: "CANCELLED",
    requestId: "t",
  });
});

test("the current trace goes along", async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const { bursar, seen } = failing([]);
  const span = trace.wrapSpanContext({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 });
  await context.with(trace.setSpan(context.active(), span), () => bursar.ledger.transfers.createTransfer({ transfer: {} }));
  assert.equal(seen.headers[0]?.get("traceparent"), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
});
