import { Code } from "@connectrpc/connect";
import { BursarError } from "./error.js";

/** What clients of every kind take. */
export interface ClientOptions {
  /** Deadline of a unary call in milliseconds, retries included; 10,000 when absent. A call's own `timeoutMs` goes first. */
  timeoutMs?: number;
  /** How often a unary call is tried in all when that is safe; 12 when absent, 0 or 1 for no retries. */
  maxAttempts?: number;
}

/** The version of this package. */
export const VERSION = "0.1.0";

/** Checks the options that all clients have. */
export function callOptions(options: ClientOptions, apiKey: string | undefined, keyName: string): {
  apiKey: string | undefined;
  timeoutMs: number;
  maxAttempts: number;
} {
  const { timeoutMs = 10_000, maxAttempts = 12 } = options;
  if (!Number.isFinite(timeoutMs)) {
    throw invalidConfig("timeoutMs", "is not a number of milliseconds");
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 0) {
    throw invalidConfig("maxAttempts", "is not a whole number, 0 or more");
  }
  // Such a key would make the header invalid, and the error of the platform would show it.
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw invalidConfig(keyName, "has characters that no API key has; paste it again, without spaces or line ends");
  }
  return { apiKey, timeoutMs, maxAttempts };
}

/** The URL of a server, without a slash at its end. */
export function serverUrl(url: string, name: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !["http:", "https:"].includes(parsed.protocol)) {
    throw invalidConfig(name, "is not a URL such as http://127.0.0.1:50051 or https://bursar.example.com");
  }
  if (parsed.username !== "" || parsed.search !== "" || parsed.hash !== "") {
    throw invalidConfig(name, "has more than scheme, host, port and path; give the key as the API key");
  }
  return parsed.href.replace(/\/$/, "");
}

/** The error for an option or a variable that cannot be used. The value is not shown: it may be a secret. */
export function invalidConfig(name: string, why: string, cause?: unknown): BursarError {
  return new BursarError(`${name} ${why}`, {
    code: Code.InvalidArgument,
    reason: "INVALID_CONFIG",
    definite: true,
    cause,
  });
}
