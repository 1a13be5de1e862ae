import { type DescMessage, type Message, ScalarType, getOption } from "@bufbuild/protobuf";
import type { DescField, DescMethod } from "@bufbuild/protobuf";
import { rule } from "./gen/bursar/options/v1/options_pb.js";
import { newId } from "./uuid.js";

type Fields = Record<string, unknown>;

/** What the descriptor of a method says about its ids. */
export interface MethodIds {
  /** Whether the method changes something. */
  readonly mutates: boolean;
  /** A copy of the request with an id wherever the caller left one out; the request itself when nothing is missing. */
  fill<M extends Message>(request: M): M;
  /** What GetOperation takes for this request. */
  requestId(request: Message): string | undefined;
}

const known = new WeakMap<DescMethod, MethodIds>();

/** Reads the ids of a method from its descriptor. */
export function methodIds(method: DescMethod): MethodIds {
  let ids = known.get(method);
  if (ids === undefined) {
    ids = read(method);
    known.set(method, ids);
  }
  return ids;
}

/**
 * A call that changes something has its id in `request_id`. Transfers are their own request ids: there it is `id`, of the
 * request or of the transfers and legs inside.
 */
function read(method: DescMethod): MethodIds {
  const { mutates, action } = getOption(method, rule);
  const none: MethodIds = { mutates, fill: (request) => request, requestId: () => undefined };
  if (!mutates) {
    return none;
  }
  const requestId = idField(method.input, "request_id");
  if (requestId) {
    return ownId(requestId.localName);
  }
  const id = idField(method.input, "id");
  if (!action.startsWith("transfer.")) {
    return id ? { ...none, requestId: (request) => text((request as unknown as Fields)[id.localName]) } : none;
  }
  const inner = method.input.fields.find((field) => field.message && idField(field.message, "id"));
  return id ? ownId(id.localName) : inner ? innerIds(inner) : none;
}

function ownId(name: string): MethodIds {
  return {
    mutates: true,
    fill: (request) => withId(request, name),
    requestId: (request) => text((request as unknown as Fields)[name]),
  };
}

function innerIds(field: DescField): MethodIds {
  const name = field.localName;
  const inner = (request: Message): Message[] => {
    const value = (request as unknown as Fields)[name] as Message | Message[] | undefined;
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  };
  return {
    mutates: true,
    fill: (request) => {
      const messages = inner(request);
      const filled = messages.map((message) => withId(message, "id"));
      if (filled.every((message, at) => message === messages[at])) {
        return request;
      }
      return copy(request, name, field.fieldKind === "list" ? filled : filled[0]);
    },
    requestId: (request) => text((inner(request)[0] as unknown as Fields | undefined)?.["id"]),
  };
}

/** A copy of a message that has an id, or the message itself when it has one. */
export function withId<M extends Message>(message: M, name: string): M {
  return (message as unknown as Fields)[name] === "" ? copy(message, name, newId()) : message;
}

function copy<M extends Message>(message: M, name: string, value: unknown): M {
  const made = Object.assign(Object.create(Object.getPrototypeOf(message)) as M, message);
  (made as unknown as Fields)[name] = value;
  return made;
}

function idField(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find(
    (field) => field.name === name && field.fieldKind === "scalar" && field.scalar === ScalarType.STRING,
  );
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
