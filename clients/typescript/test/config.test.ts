import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { inspect } from "node:util";
import { BursarError, Code, type NodeOptions, connect } from "@bursar/client/node";
import { connect as connectWeb } from "@bursar/client/web";

const KEY = "bsr_dev_secretsecret";

afterEach(() => {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("BURSAR_")) {
      delete process.env[name];
    }
  }
});

const refused = (run: () => unknown, text: RegExp): void => {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof BursarError);
    assert.equal(error.reason, "INVALID_CONFIG");
    assert.equal(error.code, Code.InvalidArgument);
    assert.equal(error.definite, true);
    assert.match(error.message, text);
    assert.ok(!inspect(error).includes(KEY));
    return true;
  });
};

test("a URL that cannot be used is refused by the name it was given under", () => {
  for (const url of ["not a url", "127.0.0.1:50051", "ftp://host", ""]) {
    refused(() => connect({ url }), /^url is not a URL/);
    refused(() => connectWeb({ url }), /^url is not a URL/);
  }
  refused(() => connect({ url: `http://user:${KEY}@host` }), /^url has more/);
  process.env["BURSAR_URL"] = "not a url";
  refused(() => connect(), /^BURSAR_URL is not a URL/);
});

test("a key with characters that no header holds is refused and not shown", () => {
  refused(() => connect({ apiKey: `${KEY}\n` }), /^apiKey has characters/);
  refused(() => connectWeb({ url: "http://h", apiKey: `ü${KEY}` }), /^apiKey has characters/);
  process.env["BURSAR_API_KEY"] = `${KEY} `;
  refused(() => connect(), /^BURSAR_API_KEY has characters/);
});

test("files for TLS are read and checked when the client is made", () => {
  const file = join(mkdtempSync(join(tmpdir(), "bursar-")), "file.pem");
  writeFileSync(file, "nothing");
  const tls = (options: NodeOptions): NodeOptions => ({ url: "https://localhost:1", ...options });
  refused(() => connect(tls({ caFile: "/nowhere/ca.pem" })), /^caFile names a file that cannot be read: \/nowhere/);
  refused(() => connect(tls({ caFile: file })), /^caFile names a file without a certificate/);
  refused(() => connect(tls({ clientCertFile: file })), /^clientCertFile is given alone/);
  refused(() => connect(tls({ clientCertFile: file, clientKeyFile: file })), /^clientCertFile names a file without/);
  process.env["BURSAR_CA_FILE"] = file;
  refused(() => connect(tls({})), /^BURSAR_CA_FILE names a file without/);
  assert.ok(connect({ url: "http://localhost:1" }));
});

test("attempts and deadlines must be numbers that make sense", () => {
  refused(() => connect({ maxAttempts: 1.5 }), /^maxAttempts/);
  refused(() => connect({ maxAttempts: -1 }), /^maxAttempts/);
  refused(() => connect({ timeoutMs: NaN }), /^timeoutMs/);
});

test("a client does not show its key", () => {
  const bursar = connect({ url: "http://127.0.0.1:1", apiKey: KEY });
  assert.ok(!inspect(bursar, { depth: Infinity, showHidden: true }).includes(KEY));
  assert.ok(!JSON.stringify(bursar).includes(KEY));
});
