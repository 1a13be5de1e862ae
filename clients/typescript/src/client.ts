import type { DescService } from "@bufbuild/protobuf";
import { type Client, type Transport, createClient } from "@connectrpc/connect";
import { cancellable } from "./cancel.js";
import { type CallSettings, layer } from "./layer.js";
import { services } from "./services.js";

/** The clients of a table of services. */
export type Clients<T> = {
  readonly [K in keyof T]: T[K] extends DescService ? Client<T[K]> : Clients<T[K]>;
};

/**
 * A client of one server, with every service of the API. Its methods take a request and, optionally, Connect's call
 * options: `timeoutMs`, `signal`, `headers`.
 *
 * ```ts
 * const { balance } = await bursar.ledger.accounts.getBalance({ accountId }, { timeoutMs: 500 });
 * ```
 *
 * Leaving the loop over a stream of replies cancels the call. All fail with a {@link BursarError}.
 */
export interface Bursar extends Clients<typeof services> {
  /** Ends the connection; calls under way fail. The next call would open another one. */
  close(): void;
}

/** A client on any transport of Connect. */
export function clientOn(transport: Transport, settings: CallSettings, close: () => void): Bursar {
  const layered = layer(transport, settings);
  const build = (table: object): object =>
    Object.fromEntries(
      Object.entries(table).map(([name, value]: [string, DescService | object]) => [
        name,
        isService(value) ? cancellable(value, createClient(value, layered)) : build(value),
      ]),
    );
  return { ...(build(services) as Clients<typeof services>), close };
}

function isService(value: DescService | object): value is DescService {
  return "kind" in value && value.kind === "service";
}
