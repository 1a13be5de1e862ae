import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescMethod, type DescService, create, getOption } from "@bufbuild/protobuf";
import { files, items, ledger, newId, options, pages, services } from "@bursar/client";
import { itemsOf } from "#dist/pages.js";
import { methodIds } from "#dist/request-id.js";
import { clientOf } from "./fake.js";

const allServices: DescService[] = files.flatMap((file) => file.services);
const allMethods: DescMethod[] = allServices.flatMap((service) => service.methods);

test("the client has every service of the protos once", () => {
  const found: string[] = [];
  const walk = (table: object): void => {
    for (const value of Object.values(table) as (DescService | object)[]) {
      if ("kind" in value) {
        found.push(value.typeName);
      } else {
        walk(value);
      }
    }
  };
  walk(services);
  assert.deepEqual(found.sort(), allServices.map(({ typeName }) => typeName).sort());
});

test("every method that changes something gets its id where the protos have it", () => {
  // Where a request has no `request_id`. GetOperation asks about an id of another call, and fills none.
  const elsewhere: Record<string, string> = {
    CreateTransfer: "transfer.id",
    BatchCreateTransfers: "transfers.id",
    StreamTransfers: "transfers.id",
    PostTransfer: "id",
    VoidTransfer: "id",
    PostTransfers: "legs.id",
    VoidTransfers: "legs.id",
    ReverseTransfer: "id",
    GetOperation: "none",
    StreamRecord: "none",
  };
  for (const method of allMethods) {
    const { mutates } = getOption(method, options.rule);
    const ids = methodIds(method);
    assert.equal(ids.mutates, mutates);
    const inner = method.input.fields.find(({ message, name }) => message && ["transfer", "transfers", "legs"].includes(name));
    const init = inner ? { [inner.localName]: inner.fieldKind === "list" ? [{}, {}] : {} } : {};
    const request = create(method.input, init);
    const filled = ids.fill(request) as unknown as Record<string, unknown>;
    const hasRequestId = method.input.fields.some(({ name }) => name === "request_id");
    const where = !mutates ? "none" : hasRequestId ? "requestId" : elsewhere[method.name];
    assert.ok(where !== undefined, `where does ${method.name} have its id?`);
    if (where === "none") {
      assert.equal(filled, request, method.name);
      continue;
    }
    const [first, second] = where.split(".") as [string, string | undefined];
    const values = second === undefined ? [filled[first]] : ([filled[first]].flat() as Record<string, unknown>[]).map((one) => one[second]);
    for (const value of values) {
      assert.match(String(value), /^[0-9a-f-]{36}$/, method.name);
    }
    assert.equal(new Set(values).size, values.length);
    assert.equal(ids.requestId(filled as never), values[0]);
    assert.equal(ids.fill(filled as never), filled, "an id that is there stays");
  }
});

test("new ids are of version 7 and sort by time", async () => {
  const before = newId();
  await new Promise((resolve) => setTimeout(resolve, 2));
  const after = newId();
  assert.match(after, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(before < after);
  assert.ok(Math.abs(Number(`0x${after.replaceAll("-", "").slice(0, 12)}`) - Date.now()) < 1000);
});

test("every page of the API has one list", () => {
  for (const { name, input, output } of allMethods) {
    if (input.fields.some((field) => field.name === "page_token")) {
      assert.equal(output.fields.filter(({ fieldKind }) => fieldKind === "list").length, 1, name);
      assert.ok(output.fields.some((field) => field.name === "next_page_token"), name);
    }
  }
});

test("pages are fetched when their items are needed", async () => {
  const asked: string[] = [];
  const bursar = clientOf((router) => {
    router.service(ledger.AccountService, {
      listAccounts: ({ pageToken, filter }) => {
        asked.push(`${filter?.asset} ${pageToken}`);
        const page = Number(pageToken || "1");
        return { accounts: [{ id: `${page}a` }, { id: `${page}b` }], nextPageToken: page < 3 ? String(page + 1) : "" };
      },
    });
  });
  const request = { filter: { asset: "EUR" } };
  const ids: string[] = [];
  for await (const account of items(bursar.ledger.accounts.listAccounts, request)) {
    ids.push(account.id);
    if (ids.length === 3) {
      break;
    }
  }
  assert.deepEqual(ids, ["1a", "1b", "2a"]);
  assert.deepEqual(asked, ["EUR ", "EUR 2"]);
  const tokens: string[] = [];
  for await (const page of pages(bursar.ledger.accounts.listAccounts, request)) {
    tokens.push(page.nextPageToken);
    assert.equal(itemsOf(page).length, 2);
  }
  assert.deepEqual(tokens, ["2", "3", ""]);
});

test("leaving the loop over a stream of replies cancels the call", async () => {
  let cancelled = false;
  const { AuditService } = (await import("@bursar/client")).audit;
  const bursar = clientOf((router) => {
    router.service(AuditService, {
      async *verify(_, { signal }) {
        signal.addEventListener("abort", () => (cancelled = true));
        for (let row = 0n; ; row++) {
          yield { result: { case: "progress", value: { rowsRead: row } } };
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      },
    });
  });
  for await (const { result } of bursar.audit.verify({})) {
    assert.equal(result.case, "progress");
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(cancelled);
});
