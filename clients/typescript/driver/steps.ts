import { type DescField, type DescMethod, type DescService, type Message, fromJson } from "@bufbuild/protobuf";
import {
  type TransferInit,
  decimal,
  fromMoney,
  items,
  ledger,
  registry,
  streamTransfers,
  toMoney,
  toText,
} from "@bursar/client/node";
import { type ClientPool, serviceOf } from "./clients.js";
import type { Json, JsonObject, Step } from "./json.js";
import { messageJson } from "./reply.js";

type Options = { timeoutMs?: number; signal?: AbortSignal };
type Unary = (request: Message, options: Options) => Promise<Message>;
type Streaming = (request: Message, options: Options) => AsyncIterable<Message>;

/** Asks the harness to do something. */
export type Control = (what: Json) => Promise<void>;

/** Carries out one step that is no `control` and no `parallel`, and returns its reply. */
export async function carryOut(step: Step, pool: ClientPool, control: Control): Promise<JsonObject> {
  const { options, end } = callOptions(step);
  try {
    if (step.call !== undefined) {
      return await call(step, step.call, pool, options);
    }
    if (step.pages !== undefined) {
      return await pages(step, step.pages, pool, options);
    }
    if (step.stream !== undefined) {
      return await stream(step, step.stream, pool, options, control);
    }
    if (step.decimal !== undefined) {
      const money = toMoney("EUR", decimal(step.decimal));
      return { canonical: toText(fromMoney(money)) };
    }
    throw new Error("the step has none of the known keys");
  } finally {
    end();
  }
}

function callOptions(step: Step): { options: Options; end(): void } {
  const options: Options = step.deadline_ms === undefined ? {} : { timeoutMs: step.deadline_ms };
  if (step.cancel_after_ms === undefined) {
    return { options, end: () => undefined };
  }
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), step.cancel_after_ms);
  return { options: { ...options, signal: abort.signal }, end: () => clearTimeout(timer) };
}

async function call(step: Step, name: string, pool: ClientPool, options: Options): Promise<JsonObject> {
  const method = methodOf(name);
  const request = requestOf(method, step);
  const client = serviceOf(pool.get(step), method.parent.typeName) as Record<string, unknown>;
  if (method.methodKind === "server_streaming") {
    const replies: Json[] = [];
    for await (const reply of (client[method.localName] as Streaming)(request, options)) {
      replies.push(messageJson(method.output, reply));
    }
    return { replies };
  }
  return messageJson(method.output, await (client[method.localName] as Unary)(request, options)) as JsonObject;
}

async function pages(step: Step, name: string, pool: ClientPool, options: Options): Promise<JsonObject> {
  const method = methodOf(name);
  const client = serviceOf(pool.get(step), method.parent.typeName) as Record<string, unknown>;
  let pagesRead = 0;
  const list = async (request: Message): Promise<Message & { nextPageToken: string }> => {
    pagesRead++;
    return (await (client[method.localName] as Unary)(request, options)) as Message & { nextPageToken: string };
  };
  const field = method.output.fields.find((one): one is DescField & { fieldKind: "list"; listKind: "message" } => {
    return one.fieldKind === "list" && one.listKind === "message";
  });
  if (field === undefined) {
    throw new Error(`${name} lists no messages`);
  }
  const found: Json[] = [];
  if (step.at_most !== 0) {
    for await (const item of items(list, requestOf(method, step))) {
      found.push(messageJson(field.message, item as unknown as Message));
      if (found.length === step.at_most) {
        break;
      }
    }
  }
  return { items: found, count: String(found.length), pages_read: String(pagesRead) };
}

async function stream(
  step: Step,
  { transfers = [], count, of, pause_after: pauseAfter, control: what }: NonNullable<Step["stream"]>,
  pool: ClientPool,
  options: Options,
  control: Control,
): Promise<JsonObject> {
  const total = count ?? transfers.length;
  const results: ledger.TransferResult[] = [];
  let reached = (): void => undefined;
  const pause = new Promise<void>((resolve) => {
    reached = resolve;
  });
  async function* source(): AsyncGenerator<TransferInit> {
    for (let at = 0; at < total; at++) {
      if (at === pauseAfter) {
        await pause;
        if (what !== undefined) {
          await control(what);
        }
      }
      yield fromJson(ledger.NewTransferSchema, count === undefined ? (transfers[at] as JsonObject) : (of ?? {}), { registry });
    }
  }
  for await (const result of streamTransfers(pool.get(step), source(), options)) {
    results.push(result);
    if (results.length === pauseAfter) {
      reached();
    }
  }
  return {
    results: results.map((result) => messageJson(ledger.TransferResultSchema, result)),
    count: String(results.length),
    ok: String(results.filter(({ error }) => error === undefined).length),
    distinct: String(new Set(results.map(({ id }) => id)).size),
  };
}

function methodOf(name: string): DescMethod {
  const [serviceName, methodName] = name.split("/") as [string, string];
  const service: DescService | undefined = registry.getService(serviceName);
  const method = service?.methods.find((one) => one.name === methodName);
  if (method === undefined) {
    throw new Error(`there is no method ${name}`);
  }
  return method;
}

function requestOf(method: DescMethod, step: Step): Message {
  return fromJson(method.input, step.request ?? {}, { registry });
}

