import type { DescService } from "@bufbuild/protobuf";
import type { CallOptions, Client } from "@connectrpc/connect";

/** A signal of one's own that also follows the caller's. */
export function linked(signal: AbortSignal | undefined): { signal: AbortSignal; end(): void } {
  const own = new AbortController();
  const follow = (): void => own.abort(signal?.reason);
  if (signal?.aborted === true) {
    follow();
  }
  signal?.addEventListener("abort", follow);
  return {
    signal: own.signal,
    end: () => {
      signal?.removeEventListener("abort", follow);
      own.abort();
    },
  };
}

type Streaming = (request: unknown, options?: CallOptions) => AsyncIterable<unknown>;

/** The client of a service, whose streams of replies end when the loop over them is left; Connect lets them go on. */
export function cancellable<S extends DescService>(service: S, client: Client<S>): Client<S> {
  const methods = client as Record<string, unknown>;
  for (const { localName, methodKind } of service.methods) {
    if (methodKind === "server_streaming" || methodKind === "bidi_streaming") {
      const call = methods[localName] as Streaming;
      methods[localName] = ((request, options) => ({
        async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
          const own = linked(options?.signal);
          try {
            yield* call(request, { ...options, signal: own.signal });
          } finally {
            own.end();
          }
        },
      })) satisfies Streaming;
    }
  }
  return client;
}
