/** How OpenTelemetry writes into a carrier. */
interface Setter {
  set(carrier: Headers, key: string, value: string): void;
}

/** The parts of `@opentelemetry/api` that are used here. */
interface Api {
  readonly context?: { active(): unknown };
  readonly propagation?: { inject(context: unknown, carrier: Headers, setter: Setter): void };
}

/** Where version 1 of `@opentelemetry/api` keeps what the application has registered, whichever copy of it that used. */
const API = Symbol.for("opentelemetry.js.api.1");

const setter: Setter = { set: (carrier, key, value) => carrier.set(key, value) };

/** Adds the trace of the current context, when the application uses OpenTelemetry. Nothing is imported for it. */
export function addTrace(headers: Headers): void {
  const api = (globalThis as { [API]?: Api })[API];
  if (api?.context && api.propagation) {
    api.propagation.inject(api.context.active(), headers, setter);
  }
}
