import { type Json, type JsonObject, isObject } from "./json.js";

/** Why a value does not match what is expected, or `undefined` when it does. */
export function mismatch(expected: Json, got: Json | undefined, path = ""): string | undefined {
  if (isObject(expected)) {
    const [key, ...others] = Object.keys(expected);
    if (key?.startsWith("$") === true && others.length === 0) {
      return rule(key, expected[key] as Json, got, path);
    }
  }
  if (got === undefined) {
    return isDefault(expected) ? undefined : differs(expected, got, path);
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) {
      return differs(expected, got, path);
    }
    return first(expected.map((one, at) => () => mismatch(one, got[at], `${path}[${at}]`)));
  }
  if (isObject(expected)) {
    if (!isObject(got)) {
      return differs(expected, got, path);
    }
    return first(Object.entries(expected).map(([key, one]) => () => mismatch(one, got[key], join(path, key))));
  }
  return expected === got ? undefined : differs(expected, got, path);
}

function rule(name: string, argument: Json, got: Json | undefined, path: string): string | undefined {
  const fails = (holds: boolean): string | undefined => (holds ? undefined : differs({ [name]: argument }, got, path));
  switch (name) {
    case "$matches":
      return fails(typeof got === "string" && new RegExp(String(argument)).test(got));
    case "$any":
      return fails(got !== undefined && !isDefault(got));
    case "$absent":
      return fails(got === undefined || isDefault(got));
    case "$count":
      return fails(count(got) === argument);
    case "$contains":
      return fails(
        Array.isArray(argument) &&
          Array.isArray(got) &&
          argument.every((wanted) => got.some((one) => mismatch(wanted, one) === undefined)),
      );
    case "$not":
      return fails(mismatch(argument, got) !== undefined);
    default:
      return `${path}: there is no rule ${name}`;
  }
}

function count(got: Json | undefined): number | undefined {
  if (got === undefined) {
    return 0;
  }
  return Array.isArray(got) ? got.length : isObject(got) ? Object.keys(got).length : undefined;
}

/** Whether JSON may leave a value out, because it is the proto's default. */
function isDefault(value: Json): boolean {
  if (typeof value === "string") {
    return value === "" || value === "0" || /^[A-Z0-9_]+_UNSPECIFIED$/.test(value);
  }
  return value === 0 || value === false || (typeof value === "object" && count(value as Json[] | JsonObject) === 0);
}

function first(checks: (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const why = check();
    if (why !== undefined) {
      return why;
    }
  }
  return undefined;
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function differs(expected: Json, got: Json | undefined, path: string): string {
  const shown = (value: Json | undefined): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 300));
  return `${path === "" ? "" : `${path}: `}expected ${shown(expected)}, got ${shown(got)}`;
}
