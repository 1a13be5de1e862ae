import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bench } from "./bench.js";
import { ClientPool } from "./clients.js";
import type { Json, Scenario, Setup } from "./json.js";
import { run } from "./scenario.js";

const [first, second] = process.argv.slice(2);
if (first === undefined || second === undefined) {
  console.error("usage: driver <folder of scenarios> <setup.json> | driver --bench <setup.json>");
  process.exit(2);
}
// The set-up alone says where to and as whom.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("BURSAR_")) {
    delete process.env[name];
  }
}
const setup = JSON.parse(readFileSync(second, "utf8")) as Setup;
if (first === "--bench") {
  print(await bench(setup));
} else {
  await scenarios(first, setup);
}
process.exit(0);

async function scenarios(folder: string, setup: Setup): Promise<void> {
  const pool = new ClientPool(setup);
  const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  let last = Promise.resolve();
  // One control after the other, because an answer does not say what it answers.
  const control = (what: Json): Promise<void> => {
    const asked = last.then(async () => {
      print({ control: what });
      const { value, done } = await answers.next();
      const answer = done === true ? { failed: "the harness is gone" } : (JSON.parse(value) as Record<string, Json>);
      if (answer["done"] !== true) {
        throw new Error(`control: ${String(answer["failed"])}`);
      }
    });
    last = asked.catch(() => undefined);
    return asked;
  };
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith(".json")) {
      for (const scenario of JSON.parse(readFileSync(join(folder, file), "utf8")) as Scenario[]) {
        print(await run(scenario, pool, setup.tenant ?? "", control));
      }
    }
  }
  pool.close();
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
