import {
  type DescMessage,
  type DescMethodStreaming,
  type MessageInitShape,
  create,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { type CallFacts, callError } from "./call-error.js";
import { BursarError } from "./error.js";
import { methodIds } from "./request-id.js";
import { leavesOpen, retryDelayMs, sleep } from "./retry.js";
import { addTrace } from "./telemetry.js";

/** What holds for every call of a client. */
export interface CallSettings {
  /** The API key; none is sent when it is absent. */
  apiKey: string | undefined;
  /** Deadline of a unary call, retries included. */
  timeoutMs: number;
  /** How often a unary call is tried. */
  maxAttempts: number;
  /** Headers of the transport's kind. */
  headers: Readonly<Record<string, string>>;
}

/** A transport that adds to another one what every call of Bursar needs: key, ids, deadline, retries, typed errors. */
export function layer(inner: Transport, settings: CallSettings): Transport {
  return {
    async unary(method, signal, timeoutMs, header, input, contextValues) {
      const ids = methodIds(method);
      const request = ids.fill(create(method.input, input));
      const headers = callHeaders(settings, header);
      const deadline = deadlineOf(timeoutMs ?? settings.timeoutMs);
      const facts = (): CallFacts => ({
        mutates: ids.mutates,
        requestId: ids.requestId(request),
        cancelled: signal?.aborted === true,
      });
      let open = false;
      for (let attempt = 1; ; attempt++) {
        try {
          const left = remaining(deadline);
          return await inner.unary(method, signal, left, headers, request as MessageInitShape<typeof method.input>, contextValues);
        } catch (thrown) {
          const error = settle(callError(thrown, facts()), open);
          const delay = attempt < settings.maxAttempts ? retryDelayMs(error, attempt) : undefined;
          if (delay === undefined || Date.now() + delay >= deadline) {
            throw error;
          }
          open ||= !error.definite;
          await sleep(delay, signal);
          if (signal?.aborted === true) {
            throw settle(callError(new ConnectError("the caller cancelled", Code.Canceled), facts()), open);
          }
        }
      }
    },

    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const ids = methodIds(method);
      let requestId: string | undefined;
      const convert = (thrown: unknown): BursarError =>
        callError(thrown, { mutates: ids.mutates, requestId, cancelled: signal?.aborted === true });
      const requests = filled(method, input, (request) => {
        const done = ids.fill(request);
        requestId = ids.requestId(done);
        return done;
      });
      try {
        const headers = callHeaders(settings, header);
        const response = await inner.stream(method, signal, timeoutMs, headers, requests, contextValues);
        return { ...response, message: converted(response.message, convert) };
      } catch (thrown) {
        throw convert(thrown);
      }
    },
  };
}

/** An attempt before may have changed something, which an error that comes before the server looks at the id leaves open. */
function settle(error: BursarError, open: boolean): BursarError {
  return open && error.definite && leavesOpen(error)
    ? new BursarError(error.message, { ...error, definite: false, cause: error.cause })
    : error;
}

function callHeaders(settings: CallSettings, header: HeadersInit | undefined): Headers {
  const headers = new Headers(header);
  for (const [name, value] of Object.entries(settings.headers)) {
    headers.set(name, value);
  }
  if (settings.apiKey !== undefined && !headers.has("authorization")) {
    headers.set("authorization", `Bearer ${settings.apiKey}`);
  }
  addTrace(headers);
  return headers;
}

/** As in Connect, zero or less means no deadline. */
function deadlineOf(timeoutMs: number): number {
  return timeoutMs > 0 ? Date.now() + timeoutMs : Infinity;
}

function remaining(deadline: number): number | undefined {
  return deadline === Infinity ? undefined : Math.max(1, Math.ceil(deadline - Date.now()));
}

async function* filled<I extends DescMessage, O extends DescMessage>(
  method: DescMethodStreaming<I, O>,
  input: AsyncIterable<MessageInitShape<I>>,
  fill: (request: ReturnType<typeof create<I>>) => ReturnType<typeof create<I>>,
): AsyncGenerator<MessageInitShape<I>> {
  for await (const request of input) {
    yield fill(create(method.input, request)) as MessageInitShape<I>;
  }
}

async function* converted<T>(
  messages: AsyncIterable<T>,
  convert: (thrown: unknown) => BursarError,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* messages;
  } catch (thrown) {
    throw convert(thrown);
  }
}
