/**
 * The client for browsers, over gRPC-Web: `import { connect } from "@bursar/client/web"`.
 *
 * @module
 */
import { type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { type Bursar, clientOn } from "./client.js";
import { type ClientOptions, VERSION, callOptions, serverUrl } from "./options.js";

export * from "./index.js";

/** Options of {@link connect} in a browser. */
export interface WebOptions extends ClientOptions {
  /** Address of the server, such as `https://bursar.example.com`. The page's origin must be in its BURSAR_CORS_ORIGINS. */
  url: string;
  /** The API key. Whoever can open the page can read it: give it a role that they may have. */
  apiKey?: string;
  /** Interceptors of Connect, inside of the client's own retries. */
  interceptors?: Interceptor[];
}

/**
 * Makes a client for a page. Nothing is sent until the first call.
 *
 * @throws {@link BursarError} with the reason INVALID_CONFIG when an option cannot be used.
 */
export function connect(options: WebOptions): Bursar {
  const baseUrl = serverUrl(options.url, "url");
  const settings = { ...callOptions(options, options.apiKey, "apiKey"), headers: { "x-user-agent": `bursar-typescript/${VERSION}` } };
  const transport = createGrpcWebTransport({ baseUrl, interceptors: options.interceptors ?? [] });
  // The browser owns the connection.
  return clientOn(transport, settings, () => undefined);
}
