import { type Server, createServer } from "node:http";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import type { PageSetup } from "./checks.js";
import type { Outcome } from "./page.js";

/** Where the page stands unless the set-up says so: what the server must have in BURSAR_CORS_ORIGINS. */
const PAGE = "http://127.0.0.1:51500";
const MIME: Record<string, string> = { html: "text/html; charset=utf-8", js: "text/javascript" };

const [file, screenshot] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: browser.sh <setup.json> [<screenshot.png>]");
  process.exit(2);
}
const setup = JSON.parse(readFileSync(file, "utf8")) as { urls: Record<string, string>; keys: Record<string, string> };
const page = { url: setup.urls["web"] ?? "", key: setup.keys["admin"] ?? "" };

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  // Chromium's sandbox does not start as root.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
let outcomes: Outcome[] = [];
try {
  outcomes = [
    ...(await open(browser, setup.urls["page"] ?? PAGE, { ...page, allowed: true }, screenshot)),
    // Any other origin: a port that the system chooses.
    ...(await open(browser, "http://127.0.0.1:0", { ...page, allowed: false })),
  ];
} finally {
  await browser.close();
}
for (const { name, passed, text } of outcomes) {
  console.log(`${passed ? "passed" : "FAILED"}: ${name} (${text})`);
}
process.exit(outcomes.length > 0 && outcomes.every(({ passed }) => passed) ? 0 : 1);

/** Serves the page on an origin, opens it, and returns what it found out. */
async function open(browser: Browser, origin: string, pageSetup: PageSetup, screenshot?: string): Promise<Outcome[]> {
  const server = serve();
  const { hostname, port } = new URL(origin);
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(Number(port), hostname, resolve));
  const address = server.address() as { port: number };
  const tab = await browser.newPage();
  try {
    tab.on("pageerror", (error) => console.error(`page: ${error.message}`));
    await tab.addInitScript((value) => Object.assign(globalThis, { setup: value }), pageSetup);
    await tab.goto(`http://${hostname}:${address.port}/index.html`);
    await tab.waitForFunction(() => globalThis.outcomes !== undefined, undefined, { timeout: 60_000 });
    if (screenshot !== undefined) {
      await tab.screenshot({ path: screenshot, fullPage: true });
    }
    return await tab.evaluate(() => globalThis.outcomes ?? []);
  } finally {
    await tab.close();
    server.close();
  }
}

/** A server of the page's two files. */
function serve(): Server {
  const files: Record<string, string> = {
    "/index.html": fileURLToPath(new URL("../../browser/index.html", import.meta.url)),
    "/page.js": fileURLToPath(new URL("../page/page.js", import.meta.url)),
  };
  return createServer((request, response) => {
    const path = files[request.url ?? ""];
    if (path === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": MIME[path.split(".").at(-1) ?? ""] ?? "text/plain" });
    response.end(readFileSync(path));
  });
}
