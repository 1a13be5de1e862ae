/** A value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** An object of JSON. */
export type JsonObject = { [key: string]: Json };

/** Whether a value is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One step of a scenario; see the scenarios' README. */
export interface Step {
  call?: string;
  pages?: string;
  stream?: { transfers?: JsonObject[]; count?: number; of?: JsonObject; pause_after?: number; control?: Json };
  decimal?: string;
  control?: Json;
  parallel?: number;
  each?: Step;
  each_ids?: string[];
  as?: string;
  at?: string;
  deadline_ms?: number;
  cancel_after_ms?: number;
  retries?: boolean;
  request?: JsonObject;
  at_most?: number;
  expect?: Json;
  error?: Json;
  save?: Record<string, string>;
}

/** One scenario. */
export interface Scenario {
  name: string;
  ids?: string[];
  steps: Step[];
}

/** What the harness gives. */
export interface Setup {
  urls: Record<string, string>;
  keys: Record<string, string>;
  tenant?: string;
  ca_file?: string;
  client_cert_file?: string;
  client_key_file?: string;
}
