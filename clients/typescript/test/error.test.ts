import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BursarError, ledger, resultError } from "@bursar/client";
import { callError } from "#dist/call-error.js";
import { BadRequestSchema, ErrorInfoSchema, ResourceInfoSchema } from "#dist/gen/google/rpc/error_details_pb.js";
import { packed } from "./fake.js";

const change = { mutates: true, requestId: "r", cancelled: false };
const read = { mutates: false, requestId: undefined, cancelled: false };

/** What a transport makes of an error's details. */
function received(code: Code, details: { typeUrl: string; value: Uint8Array }[]): ConnectError {
  const error = new ConnectError("text", code, { "grpc-status": String(code), "bursar-trace-id": "t" });
  error.details = details.map(({ typeUrl, value }) => ({ type: typeUrl.split("/")[1] ?? "", value }));
  return error;
}

test("the details become properties", () => {
  const error = callError(
    received(Code.InvalidArgument, [
      packed(ErrorInfoSchema, { reason: "INVALID_FIELD", metadata: { definite: "true", index: "3" } }),
      packed(BadRequestSchema, { fieldViolations: [{ field: "transfer.amount", description: "more than zero" }] }),
      packed(ResourceInfoSchema, { resourceType: "account", resourceName: "a" }),
    ]),
    change,
  );
  assert.equal(error.message, "text");
  assert.equal(error.reason, "INVALID_FIELD");
  assert.equal(error.definite, true);
  assert.equal(error.requestId, "r");
  assert.equal(error.traceId, "t");
  assert.equal(error.metadata["index"], "3");
  assert.deepEqual(error.fieldViolations, [{ field: "transfer.amount", description: "more than zero" }]);
  assert.deepEqual(error.resource, { type: "account", name: "a" });
});

test("an unknown reason stays as it came, and a detail that does not decode does no harm", () => {
  const info = packed(ErrorInfoSchema, { reason: "FROM_THE_FUTURE", metadata: { definite: "false" } });
  const broken = { typeUrl: "type.googleapis.com/google.rpc.BadRequest", value: new Uint8Array([255]) };
  const error = callError(received(Code.FailedPrecondition, [info, broken]), read);
  assert.equal(error.reason, "FROM_THE_FUTURE");
  assert.equal(error.definite, false);
  assert.deepEqual(error.fieldViolations, []);
});

test("what never came from a server is UNREACHABLE, by whatever code the transport has for it", () => {
  const reset = new ConnectError("http/2 stream closed with error code CANCEL (0x8)", Code.Canceled);
  const refused = new ConnectError("wrapped", Code.Internal, undefined, undefined, new Error("connect ECONNREFUSED"));
  const fetched = new TypeError("Failed to fetch");
  for (const thrown of [reset, refused, fetched, new ConnectError("missing trailer", Code.Unknown)]) {
    const error = callError(thrown, change);
    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.reason, "UNREACHABLE");
    assert.equal(error.definite, false);
    assert.equal(error.retryable, true);
    assert.equal(callError(thrown, read).definite, true);
  }
  assert.match(callError(refused, change).message, /connect ECONNREFUSED/);
});

test("what something in between answered keeps its code", () => {
  const proxy = new ConnectError("HTTP 404", Code.Unimplemented, { "content-type": "text/html" });
  const error = callError(proxy, change);
  assert.equal(error.code, Code.Unimplemented);
  assert.equal(error.reason, "");
  assert.equal(error.retryable, false);
});

test("a request that cannot be encoded is not sent again", () => {
  const error = callError(new ConnectError("serialize binary: cannot encode field x", Code.Internal), change);
  assert.equal(error.retryable, false);
  assert.equal(error.definite, true);
});

test("a result's error is typed too", () => {
  const details = [packed(ErrorInfoSchema, { reason: "LIMIT_EXCEEDED", metadata: { definite: "true", available: "0" } })];
  const refused = create(ledger.TransferResultSchema, { id: "t", error: { code: 9, message: "no", details } });
  const error = resultError(refused);
  assert.ok(error instanceof BursarError);
  assert.equal(error.code, Code.FailedPrecondition);
  assert.equal(error.reason, "LIMIT_EXCEEDED");
  assert.equal(error.requestId, "t");
  assert.equal(resultError(create(ledger.TransferResultSchema, { id: "t" })), undefined);
});
