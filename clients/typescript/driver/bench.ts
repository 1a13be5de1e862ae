import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { connect, ledger, newId, toMoney } from "@bursar/client/node";
import type { Setup } from "./json.js";

const CALLS = 10_000;
const AT_ONCE = 64;
const ROUNDS = 10;
const PAIRS = 16;

type Create = (request: Parameters<Client<typeof ledger.TransferService>["createTransfer"]>[0]) => Promise<unknown>;

/** Measures CreateTransfer through the client and through the generated stub alone, by turns, on accounts of its own. */
export async function bench(setup: Setup): Promise<object> {
  const url = setup.urls["plain"] ?? "";
  const apiKey = setup.keys["admin"] ?? "";
  const bursar = connect({ url, apiKey });
  const stub = createClient(ledger.TransferService, createGrpcTransport({ baseUrl: url }));
  const headers = { authorization: `Bearer ${apiKey}` };
  const accounts: string[] = [];
  for (let at = 0; at < 2 * PAIRS; at++) {
    const { account } = await bursar.ledger.accounts.createAccount({ account: { asset: "EUR", code: "bench" } });
    accounts.push(account?.id ?? "");
  }
  const ways: { create: Create; rates: number[] }[] = [
    { create: (request) => bursar.ledger.transfers.createTransfer(request), rates: [] },
    { create: (request) => stub.createTransfer(request, { headers }), rates: [] },
  ];
  // The first round of each warms up and does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { create, rates } of round % 2 === 0 ? ways : ways.toReversed()) {
      const rate = await measure(create, accounts);
      if (round > 0) {
        rates.push(rate);
      }
    }
  }
  bursar.close();
  const [client, raw] = ways.map(({ rates }) => median(rates)) as [number, number];
  return {
    language: "typescript",
    client_per_second: Math.round(client),
    stub_per_second: Math.round(raw),
    overhead: Math.round((1 - client / raw) * 1000) / 1000,
  };
}

async function measure(create: Create, accounts: string[]): Promise<number> {
  const began = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < CALLS / ROUNDS) {
      const pair = (next++ % PAIRS) * 2;
      await create({
        transfer: {
          id: newId(),
          debitAccountId: accounts[pair] ?? "",
          creditAccountId: accounts[pair + 1] ?? "",
          amount: toMoney("EUR", "1.25"),
        },
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return (CALLS / ROUNDS / (performance.now() - began)) * 1000;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle - 1)] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
