import { Code } from "@connectrpc/connect";
import type { BursarError } from "./error.js";

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** How long to wait after failure number `failures` (from 1) in a row: it doubles, up to 2 seconds, half of it by chance. */
export function backoffMs(failures: number, random: number = Math.random()): number {
  const longest = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return (longest / 2) * (1 + random);
}

/** How long to wait before trying again, never less than the server asks for; `undefined` when that is not safe. */
export function retryDelayMs(error: BursarError, failures: number): number | undefined {
  return error.retryable ? Math.max(backoffMs(failures), error.retryAfterMs ?? 0) : undefined;
}

/** Codes of refusals that come before the server looks at the id of a call: they say nothing of earlier attempts. */
const BEFORE_THE_ID = new Set([
  Code.Unavailable,
  Code.ResourceExhausted,
  Code.DeadlineExceeded,
  Code.Canceled,
  Code.Unauthenticated,
  Code.PermissionDenied,
]);

/** Whether an error leaves open what an earlier attempt with the same id did. */
export function leavesOpen(error: BursarError): boolean {
  return BEFORE_THE_ID.has(error.code);
}

/** Waits, and ends early without an error when the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
