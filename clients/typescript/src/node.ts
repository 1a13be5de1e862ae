/**
 * The client for Node, over gRPC: `import { connect } from "@bursar/client/node"`.
 *
 * @module
 */
import { type Interceptor } from "@connectrpc/connect";
import { Http2SessionManager, createGrpcTransport } from "@connectrpc/connect-node";
import { type Bursar, clientOn } from "./client.js";
import { type ClientOptions, VERSION, callOptions, serverUrl } from "./options.js";
import { type TlsOptions, tlsContext } from "./tls.js";

export * from "./index.js";
export { type StreamOptions, streamTransfers } from "./stream.js";
export type { TransferInit } from "./stream-queue.js";
export type { TlsOptions } from "./tls.js";

/** Largest reply that is read. The server keeps below it. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** Megabytes that replies of parallel calls may take before Node refuses further ones; its own default is 10. */
const SESSION_MEGABYTES = 1_024;

/** Options of {@link connect} in Node. What is absent comes from the environment. */
export interface NodeOptions extends ClientOptions, TlsOptions {
  /** `http://host:port`, or `https://host:port` for TLS. BURSAR_URL when absent, `http://127.0.0.1:50051` without it. */
  url?: string;
  /** The API key; BURSAR_API_KEY when absent. */
  apiKey?: string;
  /** Interceptors of Connect, inside of the client's own retries. */
  interceptors?: Interceptor[];
}

/**
 * Makes a client. It opens its one connection with the first call and again whenever it was lost, and does not keep the
 * process alive while no call is under way.
 *
 * ```ts
 * const bursar = connect(); // BURSAR_URL, BURSAR_API_KEY
 * ```
 *
 * @throws {@link BursarError} with the reason INVALID_CONFIG when an option, a variable or a file cannot be used.
 */
export function connect(options: NodeOptions = {}): Bursar {
  const env = (name: string): string | undefined => process.env[name] || undefined;
  const baseUrl = serverUrl(
    options.url ?? env("BURSAR_URL") ?? "http://127.0.0.1:50051",
    options.url === undefined ? "BURSAR_URL" : "url",
  );
  const keyName = options.apiKey === undefined ? "BURSAR_API_KEY" : "apiKey";
  const settings = {
    ...callOptions(options, options.apiKey ?? env("BURSAR_API_KEY"), keyName),
    headers: { "user-agent": `bursar-typescript/${VERSION}` },
  };
  const sessionManager = new Http2SessionManager(
    baseUrl,
    { pingIntervalMs: 30_000, pingTimeoutMs: 10_000 },
    { ...(baseUrl.startsWith("https:") ? tlsContext(options, env) : {}), maxSessionMemory: SESSION_MEGABYTES },
  );
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager,
    interceptors: options.interceptors ?? [],
    readMaxBytes: MAX_REPLY_BYTES,
  });
  return clientOn(transport, settings, () => sessionManager.abort());
}
