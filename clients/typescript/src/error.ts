import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { type Any, AnySchema, anyIs, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { ErrorReason } from "./gen/bursar/errors/v1/errors_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";
import type { Status } from "./gen/google/rpc/status_pb.js";

/** The reasons that this version of the client knows. */
export type KnownReason =
  | Exclude<keyof typeof ErrorReason, "UNSPECIFIED">
  | "UNREACHABLE"
  | "INVALID_DECIMAL"
  | "INVALID_CONFIG";

/**
 * Why a call failed: a name of `errors.ErrorReason`, one of the client's own (UNREACHABLE, INVALID_DECIMAL,
 * INVALID_CONFIG; DEADLINE_EXCEEDED and CANCELLED come from either side), or a newer server's text as it came. Empty when
 * something between client and server answered without a reason.
 */
// The `& {}` keeps the known names in an editor's suggestions.
export type Reason = KnownReason | (string & {});

/** One field of a request that is wrong. */
export interface FieldViolation {
  /** Path of the field, such as `transfer.amount`. */
  readonly field: string;
  /** What would be right. */
  readonly description: string;
}

/** What an error is about. */
export interface ErrorResource {
  /** Kind of the resource, such as `account`. */
  readonly type: string;
  /** Its id. */
  readonly name: string;
}

/** What an error is made of. */
export interface ErrorParts {
  /** See {@link BursarError.code}. */
  code: Code;
  /** See {@link BursarError.reason}. */
  reason: Reason;
  /** See {@link BursarError.definite}. */
  definite: boolean;
  /** See {@link BursarError.retryAfterMs}. */
  retryAfterMs?: number | undefined;
  /** See {@link BursarError.fieldViolations}. */
  fieldViolations?: readonly FieldViolation[];
  /** See {@link BursarError.resource}. */
  resource?: ErrorResource | undefined;
  /** See {@link BursarError.metadata}. */
  metadata?: Readonly<Record<string, string>>;
  /** See {@link BursarError.requestId}. */
  requestId?: string | undefined;
  /** See {@link BursarError.traceId}. */
  traceId?: string | undefined;
  /** The error below, when it did not come from a server. */
  cause?: unknown;
}

/** The one error of this package: what a call, a decimal or the configuration was refused with. */
export class BursarError extends Error {
  override readonly name = "BursarError";
  /** The gRPC code. */
  readonly code: Code;
  /** Why, for programs. */
  readonly reason: Reason;
  /** Whether the change certainly did not happen. When it is false, call again with the same id or ask GetOperation. */
  readonly definite: boolean;
  /** Whether the same request with the same ids may succeed later. */
  readonly retryable: boolean;
  /** How long the server asks to wait before that. */
  readonly retryAfterMs: number | undefined;
  /** The fields that are wrong, with INVALID_FIELD. */
  readonly fieldViolations: readonly FieldViolation[];
  /** What the error is about, with reasons such as RESOURCE_NOT_FOUND. */
  readonly resource: ErrorResource | undefined;
  /** What belongs to the reason, such as `account_id` with LIMIT_EXCEEDED; see `errors.ErrorReason`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What GetOperation takes, when the call changes something. */
  readonly requestId: string | undefined;
  /** The trace that the server's log has the call under. */
  readonly traceId: string | undefined;

  /** Makes an error of its parts. */
  constructor(message: string, parts: ErrorParts) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.reason = parts.reason;
    this.definite = parts.definite;
    this.retryAfterMs = parts.retryAfterMs;
    this.retryable =
      parts.code === Code.Unavailable ||
      (parts.code === Code.ResourceExhausted && parts.retryAfterMs !== undefined);
    this.fieldViolations = parts.fieldViolations ?? [];
    this.resource = parts.resource;
    this.metadata = parts.metadata ?? {};
    this.requestId = parts.requestId;
    this.traceId = parts.traceId;
  }
}

/** One detail of an error: its type, and its encoded message. */
export interface Detail {
  type: string;
  value: Uint8Array;
}

/**
 * The error of one result of a batch or a stream, such as `TransferResult.error` (its type is google.rpc.Status), or
 * `undefined` when there is none.
 */
export function resultError(result: { readonly id: string; readonly error?: Status | undefined }): BursarError | undefined {
  const status = result.error;
  if (status === undefined) {
    return undefined;
  }
  const details = status.details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value }));
  return new BursarError(status.message, {
    code: status.code,
    ...partsOfDetails(details, true),
    requestId: result.id === "" ? undefined : result.id,
  });
}

/** What google.rpc's details say. `definite` is what holds when they do not say it. */
export function partsOfDetails(details: readonly Detail[], definite: boolean): Omit<ErrorParts, "code"> {
  const anys = details.map(({ type, value }) => create(AnySchema, { typeUrl: `type.googleapis.com/${type}`, value }));
  const info = find(anys, ErrorInfoSchema);
  const delay = find(anys, RetryInfoSchema)?.retryDelay;
  const resource = find(anys, ResourceInfoSchema);
  return {
    reason: info?.reason ?? "",
    definite: info?.metadata["definite"] === undefined ? definite : info.metadata["definite"] === "true",
    retryAfterMs: delay === undefined ? undefined : Number(delay.seconds) * 1000 + Math.ceil(delay.nanos / 1e6),
    fieldViolations: (find(anys, BadRequestSchema)?.fieldViolations ?? []).map(({ field, description }) => ({
      field,
      description,
    })),
    resource: resource && { type: resource.resourceType, name: resource.resourceName },
    metadata: info?.metadata ?? {},
  };
}

/** The first detail of a type. One that does not decode is as good as absent: the code and the message still count. */
function find<D extends DescMessage>(anys: readonly Any[], schema: D): MessageShape<D> | undefined {
  try {
    const any = anys.find((one) => anyIs(one, schema));
    return any && anyUnpack(any, schema);
  } catch {
    return undefined;
  }
}
