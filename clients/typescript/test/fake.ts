import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { create, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import { type Code, ConnectError, type ConnectRouter, createRouterTransport } from "@connectrpc/connect";
import type { Bursar } from "#dist/client.js";
import { clientOn } from "#dist/client.js";
import { ErrorInfoSchema, RetryInfoSchema } from "#dist/gen/google/rpc/error_details_pb.js";

/** A client of a server within this process. */
export function clientOf(routes: (router: ConnectRouter) => void, options: { timeoutMs?: number; maxAttempts?: number } = {}): Bursar {
  const transport = createRouterTransport(routes);
  return clientOn(transport, { apiKey: "bsr_key", timeoutMs: 10_000, maxAttempts: 8, headers: {}, ...options }, () => undefined);
}

/** An error as a server sends it. */
export function serverError(
  code: Code,
  reason: string,
  { definite = true, retryMs, metadata = {}, more = [] }: {
    definite?: boolean;
    retryMs?: number;
    metadata?: Record<string, string>;
    more?: { desc: DescMessage; value: Message }[];
  } = {},
): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { reason, domain: "bursar.dev", metadata: { definite: String(definite), ...metadata } } };
  const retry =
    retryMs === undefined
      ? []
      : [{ desc: RetryInfoSchema, value: { retryDelay: { seconds: BigInt(Math.floor(retryMs / 1000)), nanos: (retryMs % 1000) * 1e6 } } }];
  return new ConnectError(`because of ${reason}`, code, { "grpc-status": String(code) }, [info, ...retry, ...more]);
}

/** A message packed as a detail of google.rpc.Status. */
export function packed<D extends DescMessage>(schema: D, init: Parameters<typeof create<D>>[1]): Any {
  return anyPack(schema, create(schema, init) as MessageShape<D>);
}
