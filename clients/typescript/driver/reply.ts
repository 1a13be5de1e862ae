import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";
import { type BursarError, Code, registry } from "@bursar/client/node";
import type { Json, JsonObject } from "./json.js";

/** A message as the scenarios have it. */
export function messageJson<D extends DescMessage>(schema: D, message: MessageShape<D>): Json {
  return toJson(schema, message, { useProtoFieldName: true, registry }) as Json;
}

/** An error as the scenarios have it. */
export function errorJson(error: BursarError): JsonObject {
  return {
    code: codeName(error.code),
    reason: error.reason,
    message: error.message,
    definite: error.definite,
    retryable: error.retryable,
    retry_after_ms: String(error.retryAfterMs ?? 0),
    fields: error.fieldViolations.map(({ field, description }) => ({ field, description })),
    metadata: { ...error.metadata },
    ...(error.resource && { resource: { ...error.resource } }),
    ...(error.requestId !== undefined && { request_id: error.requestId }),
  };
}

/** gRPC's name of a code; Connect writes one of them with a single l. */
function codeName(code: Code): string {
  return code === Code.Canceled ? "CANCELLED" : Code[code].replace(/(?<!^)([A-Z])/g, "_$1").toUpperCase();
}
