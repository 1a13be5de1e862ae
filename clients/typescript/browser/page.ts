import { type PageSetup, checks, refusedChecks } from "./checks.js";

/** What became of one check. */
export interface Outcome {
  name: string;
  passed: boolean;
  text: string;
}

declare global {
  var setup: PageSetup;
  var outcomes: Outcome[] | undefined;
}

/** Runs all checks, shows them in the page, and leaves them to the script that opened it. */
async function run(): Promise<void> {
  const table = document.getElementById("checks") as HTMLTableElement;
  const outcomes: Outcome[] = [];
  for (const [name, check] of globalThis.setup.allowed ? checks(globalThis.setup) : refusedChecks(globalThis.setup)) {
    const outcome = await check().then(
      (text) => ({ name, passed: true, text }),
      (error: unknown) => ({ name, passed: false, text: error instanceof Error ? error.message : String(error) }),
    );
    outcomes.push(outcome);
    const row = table.insertRow();
    row.className = outcome.passed ? "passed" : "failed";
    for (const cell of [outcome.passed ? "passed" : "FAILED", name, outcome.text]) {
      row.insertCell().textContent = cell;
    }
  }
  globalThis.outcomes = outcomes;
}

await run();
