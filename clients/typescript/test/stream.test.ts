import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bursar, BursarError, Code, type TransferInit, ledger, streamTransfers } from "@bursar/client/node";
import { clientOf, serverError } from "./fake.js";

interface Server {
  /** Sizes of the messages of each connection. */
  messages: number[][];
  /** Ids of the transfers, as they came. */
  ids: string[];
}

/** A server that answers each message, and ends connection number n (from 0) with an error after `cuts[n]` messages. */
function server(cuts: number[], error = (): Error => serverError(Code.Unavailable, "CONNECTION_ENDING")): { bursar: Bursar; seen: Server } {
  const seen: Server = { messages: [], ids: [] };
  const posted = new Set<string>();
  const bursar = clientOf((router) => {
    router.service(ledger.TransferService, {
      async *streamTransfers(requests) {
        const cut = cuts[seen.messages.length] ?? Infinity;
        const sizes: number[] = [];
        seen.messages.push(sizes);
        for await (const { transfers } of requests) {
          if (sizes.length === cut) {
            throw error();
          }
          sizes.push(transfers.length);
          seen.ids.push(...transfers.map(({ id }) => id));
          yield {
            results: transfers.map(({ id }) => {
              const replayed = posted.has(id);
              posted.add(id);
              return { id, replayed };
            }),
          };
        }
        if (sizes.length <= cut && cut !== Infinity) {
          throw error();
        }
      },
    });
  });
  return { bursar, seen };
}

const many = (count: number, init: TransferInit = {}): TransferInit[] => Array.from({ length: count }, () => init);

async function idsOf(results: AsyncIterable<ledger.TransferResult>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of results) {
    ids.push(id);
  }
  return ids;
}

test("messages are of up to 500 transfers, and what is there is sent", async () => {
  const { bursar, seen } = server([]);
  const ids = await idsOf(streamTransfers(bursar, many(1200)));
  assert.deepEqual(seen.messages, [[500, 500, 200]]);
  assert.equal(new Set(ids).size, 1200);
});

test("after a cut it goes on from the first transfer without a result, with the same ids", async () => {
  const { bursar, seen } = server([1, 0, 1]);
  const ids = await idsOf(streamTransfers(bursar, many(1700)));
  assert.equal(seen.messages.length, 4);
  assert.equal(new Set(ids).size, 1700);
  assert.deepEqual([...new Set(seen.ids)], ids);
});

test("a source that waits for results is served", async () => {
  const { bursar } = server([]);
  let answered = (): void => undefined;
  async function* source(): AsyncGenerator<TransferInit> {
    for (let at = 0; at < 5; at++) {
      const answer = new Promise<void>((resolve) => (answered = resolve));
      yield {};
      await answer;
    }
  }
  let count = 0;
  for await (const _ of streamTransfers(bursar, source())) {
    count++;
    answered();
  }
  assert.equal(count, 5);
});

test("the source is read only as far as results come back", async () => {
  const { bursar } = server([]);
  let read = 0;
  function* source(): Generator<TransferInit> {
    for (; read < 5000; read++) {
      yield {};
    }
  }
  let count = 0;
  for await (const _ of streamTransfers(bursar, source(), { maxUnanswered: 700 })) {
    count++;
    // What is read: the unanswered, and the results that one reply has brought and that are not taken yet.
    assert.ok(read - count <= 700 + 500, `${read} read, ${count} taken`);
  }
  assert.equal(count, 5000);
});

test("the members of a group stay in one message", async () => {
  const { bursar, seen } = server([]);
  const transfers = [...many(400), ...many(150, { groupId: "g" }), ...many(600, { groupId: "h" })];
  await idsOf(streamTransfers(bursar, transfers));
  assert.deepEqual(seen.messages, [[400, 150, 600]]);
});

test("a group whose members come slowly waits until it is whole", async () => {
  const { bursar, seen } = server([]);
  async function* source(): AsyncGenerator<TransferInit> {
    for (const groupId of ["g", "g", "g", "", "h", "h"]) {
      yield { groupId };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const ids: string[] = [];
  for await (const result of streamTransfers(bursar, source())) {
    ids.push(result.id);
  }
  assert.deepEqual(seen.messages, [[4, 2]]);
  assert.equal(ids.length, 6);
});

test("large transfers go in smaller messages", async () => {
  const { bursar, seen } = server([]);
  const metadata = { text: "x".repeat(15_000) };
  await idsOf(streamTransfers(bursar, many(500, { metadata })));
  assert.ok((seen.messages[0] ?? []).every((size) => size * 15_000 < 3.2e6));
  assert.equal(seen.ids.length, 500);
});

test("it gives up after failures without progress, and at once for what another try cannot change", async () => {
  const gone = server(many(20).map(() => 0));
  const error = await idsOf(streamTransfers(gone.bursar, many(3), { maxFailures: 3 })).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof BursarError);
  assert.equal(error.reason, "CONNECTION_ENDING");
  assert.equal(error.requestId, gone.seen.ids[0] ?? error.requestId);
  assert.equal(gone.seen.messages.length, 3);
  const revoked = server([0], () => serverError(Code.Unauthenticated, "KEY_REVOKED"));
  const other = await idsOf(streamTransfers(revoked.bursar, many(3))).catch((thrown: unknown) => thrown);
  assert.ok(other instanceof BursarError && other.reason === "KEY_REVOKED");
  assert.equal(revoked.seen.messages.length, 1);
});

test("what the source throws comes after the results; leaving the loop cleans the source up", async () => {
  const { bursar } = server([]);
  let cleaned = false;
  function* broken(): Generator<TransferInit> {
    yield* many(3);
    throw new Error("source");
  }
  let count = 0;
  await assert.rejects(async () => {
    for await (const _ of streamTransfers(bursar, broken())) {
      count++;
    }
  }, /source/);
  assert.equal(count, 3);
  async function* endless(): AsyncGenerator<TransferInit> {
    try {
      for (;;) {
        yield {};
      }
    } finally {
      cleaned = true;
    }
  }
  for await (const _ of streamTransfers(bursar, endless(), { maxUnanswered: 50 })) {
    break;
  }
  assert.ok(cleaned);
});

test("cancelling and the deadline end it", async () => {
  const { bursar } = server([]);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  async function* waiting(): AsyncGenerator<TransferInit> {
    yield {};
    await new Promise(() => undefined);
  }
  const cancelled = await idsOf(streamTransfers(bursar, waiting(), { signal: abort.signal })).catch((thrown: unknown) => thrown);
  assert.ok(cancelled instanceof BursarError && cancelled.reason === "CANCELLED", String(cancelled));
  const late = await idsOf(streamTransfers(bursar, waiting(), { timeoutMs: 50 })).catch((thrown: unknown) => thrown);
  assert.ok(late instanceof BursarError && late.reason === "DEADLINE_EXCEEDED", String(late));
});
