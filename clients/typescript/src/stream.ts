import { Code, ConnectError } from "@connectrpc/connect";
import { callError } from "./call-error.js";
import { linked } from "./cancel.js";
import type { Bursar } from "./client.js";
import { BursarError } from "./error.js";
import type { TransferResult } from "./gen/bursar/ledger/v1/transfer_service_pb.js";
import { retryDelayMs, sleep } from "./retry.js";
import { StreamQueue, type TransferInit } from "./stream-queue.js";

/** Options of {@link streamTransfers}. */
export interface StreamOptions {
  /** Cancels the stream. */
  signal?: AbortSignal;
  /** Deadline of the whole stream, connections included; none when absent. */
  timeoutMs?: number;
  /** How many transfers may be without a result before the source is not read any further; 10,000 when absent. */
  maxUnanswered?: number;
  /** After how many failures in a row, without a result between them, the stream gives up; 12 when absent. */
  maxFailures?: number;
}

/**
 * Makes any number of transfers on one stream and yields their results, in order, as they come.
 *
 * The source is read only as far as results come back. After a cut the stream goes on over a new connection from the
 * first transfer without a result; ids are filled in once, so nothing is posted twice and what had been posted comes back
 * `replayed`. A refused transfer has its error in its result ({@link resultError}) and ends nothing.
 *
 * ```ts
 * for await (const result of streamTransfers(bursar, transfers)) {
 *   const error = resultError(result);
 *   console.log(result.id, error?.reason ?? "posted");
 * }
 * ```
 *
 * What the source throws is thrown after the results of what was read before.
 */
export async function* streamTransfers(
  bursar: Bursar,
  source: AsyncIterable<TransferInit> | Iterable<TransferInit>,
  options: StreamOptions = {},
): AsyncGenerator<TransferResult, void, undefined> {
  const { signal, timeoutMs, maxUnanswered = 10_000, maxFailures = 12 } = options;
  const deadline = timeoutMs === undefined ? Infinity : Date.now() + timeoutMs;
  const queue = new StreamQueue(source, maxUnanswered);
  let failures = 0;
  try {
    for (;;) {
      let failure: unknown;
      try {
        for await (const results of connection(bursar, queue, signal, deadline)) {
          failures = 0;
          yield* results;
        }
        if (queue.finished) {
          break;
        }
        failure = new ConnectError("the stream ended before all results had come", Code.Unavailable);
      } catch (thrown) {
        failure = thrown;
      }
      const error = withRequestId(callError(failure, facts(queue, signal)), queue.firstId);
      failures++;
      const delay = failures < maxFailures ? retryDelayMs(error, failures) : undefined;
      if (error.code !== Code.Unavailable || delay === undefined || Date.now() + delay >= deadline) {
        throw error;
      }
      await sleep(delay, signal);
    }
  } finally {
    await queue.stop();
  }
  if (queue.failure) {
    throw queue.failure.error;
  }
}

/** One stream: sends what has no result yet, and yields the results of each message. */
async function* connection(
  bursar: Bursar,
  queue: StreamQueue,
  signal: AbortSignal | undefined,
  deadline: number,
): AsyncGenerator<TransferResult[]> {
  const own = linked(signal);
  const timeout = deadline === Infinity ? {} : { timeoutMs: Math.max(1, Math.ceil(deadline - Date.now())) };
  queue.rewind();
  try {
    const replies = bursar.ledger.transfers.streamTransfers(messages(queue, own.signal), {
      ...timeout,
      signal: own.signal,
    });
    for await (const { results } of replies) {
      queue.answered(results.length);
      yield results;
    }
  } finally {
    own.end();
  }
}

async function* messages(queue: StreamQueue, signal: AbortSignal): AsyncGenerator<{ transfers: TransferInit[] }> {
  for (;;) {
    const transfers = await queue.next(signal);
    if (transfers === undefined) {
      return;
    }
    yield { transfers };
  }
}

function facts(queue: StreamQueue, signal: AbortSignal | undefined): Parameters<typeof callError>[1] {
  return { mutates: true, requestId: queue.firstId, cancelled: signal?.aborted === true };
}

/** The layer below names the transfer that was sent last; GetOperation is asked for the first without a result. */
function withRequestId(error: BursarError, requestId: string | undefined): BursarError {
  return new BursarError(error.message, { ...error, requestId, cause: error.cause });
}
