import { type Json, isObject } from "./json.js";

/** The names of a scenario: its ids, what it saved, and the tenant. */
export type Names = Map<string, string>;

/** A value with every `${…}` in it replaced. */
export function replaced<T>(value: T, names: Names): T {
  return replace(value as Json, names) as T;
}

function replace(value: Json, names: Names): Json {
  if (typeof value === "string") {
    return value.replace(/\$\{([^}]+)\}/g, (_, inside: string) => lookUp(inside, names));
  }
  if (Array.isArray(value)) {
    return value.map((one) => replace(one, names));
  }
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [replace(key, names) as string, replace(one, names)]));
  }
  return value;
}

function lookUp(inside: string, names: Names): string {
  const known = names.get(inside);
  if (known !== undefined) {
    return known;
  }
  const repeated = /^(.)\*(\d+)$/su.exec(inside);
  if (repeated) {
    return (repeated[1] as string).repeat(Number(repeated[2]));
  }
  const time = /^now(?:([+-])(\d+))?$/.exec(inside);
  if (time) {
    const seconds = Number(time[2] ?? 0) * (time[1] === "-" ? -1 : 1);
    return new Date(Date.now() + seconds * 1000).toISOString();
  }
  throw new Error(`nothing is named ${inside}`);
}

/** What stands at a path such as `transfers.0.id`, as text. */
export function valueAt(value: Json, path: string): string {
  let at: Json | undefined = value;
  for (const key of path.split(".")) {
    at = Array.isArray(at) ? at[Number(key)] : isObject(at) ? at[key] : undefined;
  }
  return at === undefined ? "" : typeof at === "string" ? at : JSON.stringify(at);
}
