/**
 * What is the same in Node and in browsers; `connect` is in `@bursar/client/node` and `@bursar/client/web`, which have all
 * of this too.
 *
 * @module
 */
export { Code } from "@connectrpc/connect";
export { BigNumber } from "bignumber.js";
export type { Bursar, Clients } from "./client.js";
export { type Decimal, decimal, fromMoney, fromText, toMoney, toText } from "./decimal.js";
export {
  BursarError,
  type ErrorParts,
  type ErrorResource,
  type FieldViolation,
  type KnownReason,
  type Reason,
  resultError,
} from "./error.js";
export * from "./gen/bursar/index.js";
export type { Status } from "./gen/google/rpc/status_pb.js";
export type { ClientOptions } from "./options.js";
export { type ItemOf, type ListMethod, type Page, items, pages } from "./pages.js";
export { services } from "./services.js";
export { newId } from "./uuid.js";
