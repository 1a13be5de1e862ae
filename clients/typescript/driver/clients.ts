import type { DescService } from "@bufbuild/protobuf";
import { type Bursar, type NodeOptions, connect, services } from "@bursar/client/node";
import type { Setup, Step } from "./json.js";

/** The clients of a run, one for each place, key and setting. */
export class ClientPool {
  readonly #setup: Setup;
  readonly #clients = new Map<string, Bursar>();

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  /** The client that a step asks for. */
  get({ as = "admin", at = "plain", retries = true }: Step): Bursar {
    const name = `${as} ${at} ${retries}`;
    let client = this.#clients.get(name);
    if (client === undefined) {
      const apiKey = as === "none" ? undefined : this.#setup.keys[as];
      if (as !== "none" && apiKey === undefined) {
        throw new Error(`the set-up has no key ${as}`);
      }
      client = connect({
        ...this.#place(at),
        ...(apiKey === undefined ? {} : { apiKey }),
        ...(retries ? {} : { maxAttempts: 1 }),
      });
      this.#clients.set(name, client);
    }
    return client;
  }

  /** Ends all connections. */
  close(): void {
    for (const client of this.#clients.values()) {
      client.close();
    }
  }

  #place(at: string): NodeOptions {
    const { urls, ca_file: caFile, client_cert_file: clientCertFile, client_key_file: clientKeyFile } = this.#setup;
    const others: Record<string, string | undefined> = {
      tls_untrusted: urls["tls"],
      mtls_no_cert: urls["mtls"],
      plain_to_tls: urls["tls"]?.replace("https:", "http:"),
      tls_to_plain: urls["plain"]?.replace("http:", "https:"),
      not_a_url: "not a url",
    };
    const url = urls[at] ?? others[at];
    if (url === undefined) {
      throw new Error(`the set-up has no URL ${at}`);
    }
    return {
      url,
      ...(caFile !== undefined && at !== "tls_untrusted" && { caFile }),
      ...(at === "mtls" && clientCertFile !== undefined && { clientCertFile }),
      ...(at === "mtls" && clientKeyFile !== undefined && { clientKeyFile }),
    };
  }
}

/** The part of a client that is for a service of the protos. */
export function serviceOf(bursar: Bursar, typeName: string): unknown {
  return find(services, bursar, typeName);
}

function find(table: object, clients: object, typeName: string): unknown {
  for (const [name, value] of Object.entries(table) as [string, DescService | object][]) {
    const client = (clients as Record<string, object>)[name] as object;
    const found = "kind" in value ? value.typeName === typeName && client : find(value, client, typeName);
    if (found) {
      return found;
    }
  }
  return undefined;
}
