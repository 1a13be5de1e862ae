import { Code, ConnectError } from "@connectrpc/connect";
import { BursarError, type Detail, type Reason, partsOfDetails } from "./error.js";

/** What is known about a call when it fails. */
export interface CallFacts {
  /** Whether the call changes something. */
  mutates: boolean;
  /** What GetOperation takes. */
  requestId: string | undefined;
  /** Whether the caller cancelled. */
  cancelled: boolean;
}

/** Faults of a message, found on this side: trying again, or another connection, changes nothing about them. */
const OWN_FAULT = /^(serialize|parse|message size|cannot) /;

/** The typed error of whatever a transport threw. */
export function callError(thrown: unknown, facts: CallFacts): BursarError {
  if (thrown instanceof BursarError) {
    return thrown;
  }
  const error = ConnectError.from(thrown);
  const requestId = facts.mutates ? facts.requestId : undefined;
  const details = error.details.filter((detail): detail is Detail => "value" in detail && "type" in detail);
  const parts = partsOfDetails(details, !facts.mutates);
  const traceId = error.metadata.get("bursar-trace-id") ?? undefined;
  if (parts.reason !== "") {
    return new BursarError(error.rawMessage, { ...parts, code: error.code, requestId, traceId });
  }
  const { code, reason } = withoutReason(error, facts.cancelled);
  const definite = !facts.mutates || OWN_FAULT.test(error.rawMessage);
  const message =
    reason === "UNREACHABLE"
      ? `no answer from the server (${rootMessage(error)}); is it running, and is its URL right, with http or https?`
      : error.rawMessage;
  return new BursarError(message, { ...parts, code, reason, definite, requestId, traceId, cause: error });
}

/** Code and reason of an error that no server of ours gave a reason for. */
function withoutReason(error: ConnectError, cancelled: boolean): { code: Code; reason: Reason } {
  if (cancelled) {
    return { code: Code.Canceled, reason: "CANCELLED" };
  }
  if (error.code === Code.DeadlineExceeded) {
    return { code: error.code, reason: "DEADLINE_EXCEEDED" };
  }
  // Headers or trailers mean that a peer answered. Otherwise the connection failed, for which transports have many
  // codes: Internal, Aborted, Unknown, and Canceled for a stream that the other side reset.
  const answered = [...error.metadata.keys()].length > 0;
  if (error.code === Code.Unavailable || (!answered && !OWN_FAULT.test(error.rawMessage))) {
    return { code: Code.Unavailable, reason: "UNREACHABLE" };
  }
  return { code: error.code, reason: "" };
}

/** Node wraps what happened, such as `connect ECONNREFUSED 127.0.0.1:1`, in errors that say less. */
function rootMessage(error: ConnectError): string {
  let root: unknown = error;
  let message = error.rawMessage;
  while (root instanceof Error && root.cause instanceof Error) {
    root = root.cause;
    message = (root as Error).message || message;
  }
  // Several addresses of one name fail as one error without a text.
  if (root instanceof AggregateError && root.errors[0] instanceof Error) {
    message = root.errors[0].message;
  }
  // OpenSSL says where in its source it happened, and in between what.
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}
