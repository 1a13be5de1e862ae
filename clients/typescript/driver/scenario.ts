import { BursarError, newId } from "@bursar/client/node";
import type { ClientPool } from "./clients.js";
import { mismatch } from "./expect.js";
import type { Json, JsonObject, Scenario, Step } from "./json.js";
import { errorJson } from "./reply.js";
import { type Control, carryOut } from "./steps.js";
import { type Names, replaced, valueAt } from "./values.js";

/** The line that tells what became of a scenario. */
export interface Outcome {
  scenario: string;
  passed: boolean;
  ms: number;
  step?: number;
  why?: string;
}

/** Either what a call returned or what it was refused with. */
type Answer = { reply: JsonObject } | { error: JsonObject };

/** Runs one scenario. Its steps are counted from 1. */
export async function run(scenario: Scenario, pool: ClientPool, tenant: string, control: Control): Promise<Outcome> {
  const began = Date.now();
  const names: Names = new Map([["tenant", tenant]]);
  for (const id of scenario.ids ?? []) {
    names.set(id, newId());
  }
  const outcome = (rest: Partial<Outcome>): Outcome => ({
    scenario: scenario.name,
    passed: rest.why === undefined,
    ms: Date.now() - began,
    ...rest,
  });
  for (const [at, step] of scenario.steps.entries()) {
    try {
      const why = await runStep(step, names, pool, control);
      if (why !== undefined) {
        return outcome({ step: at + 1, why });
      }
    } catch (thrown) {
      return outcome({ step: at + 1, why: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  }
  return outcome({});
}

async function runStep(raw: Step, names: Names, pool: ClientPool, control: Control): Promise<string | undefined> {
  // What a parallel step repeats has ids of its own, so its names are replaced each time.
  const { each, ...rest } = raw;
  const step = replaced(rest as Step, names);
  if (step.control !== undefined) {
    await control(step.control);
    return undefined;
  }
  const answer =
    step.parallel === undefined
      ? await answerOf(step, pool, control)
      : { reply: await parallel(step, each ?? {}, names, pool, control) };
  const why = check(step, answer);
  if (why === undefined && "reply" in answer) {
    for (const [name, path] of Object.entries(step.save ?? {})) {
      names.set(name, valueAt(answer.reply, path));
    }
  }
  return why;
}

async function answerOf(step: Step, pool: ClientPool, control: Control): Promise<Answer> {
  try {
    return { reply: await carryOut(step, pool, control) };
  } catch (thrown) {
    if (thrown instanceof BursarError) {
      return { error: errorJson(thrown) };
    }
    throw thrown;
  }
}

function check(step: Step, answer: Answer): string | undefined {
  if (step.error !== undefined) {
    return "error" in answer ? mismatch(step.error, answer.error) : `expected an error, got ${text(answer.reply)}`;
  }
  if ("error" in answer) {
    return `expected a reply, got the error ${text(answer.error)}`;
  }
  return step.expect === undefined ? undefined : mismatch(step.expect, answer.reply);
}

async function parallel(step: Step, each: Step, names: Names, pool: ClientPool, control: Control): Promise<JsonObject> {
  const errors: Record<string, number> = {};
  let ok = 0;
  const one = async (): Promise<void> => {
    const own: Names = new Map(names);
    for (const id of step.each_ids ?? []) {
      own.set(id, newId());
    }
    const each_ = replaced(each, own);
    const answer = await answerOf(each_, pool, control);
    if ("error" in answer) {
      const reason = String(answer.error["reason"] || answer.error["code"]);
      errors[reason] = (errors[reason] ?? 0) + 1;
    } else {
      ok++;
    }
    const why = each_.expect === undefined && each_.error === undefined ? undefined : check(each_, answer);
    if (why !== undefined) {
      throw new Error(why);
    }
  };
  await Promise.all(Array.from({ length: step.parallel ?? 0 }, one));
  return {
    count: String(step.parallel),
    ok: String(ok),
    errors: Object.fromEntries(Object.entries(errors).map(([reason, count]) => [reason, String(count)])),
  };
}

function text(value: Json): string {
  return JSON.stringify(value).slice(0, 500);
}
