import { type Bursar, BursarError, Code, connect, fromMoney, items, ledger, newId, toMoney } from "@bursar/client/web";

/** What the page is given. */
export interface PageSetup {
  url: string;
  key: string;
  /** Whether the server lets pages of this origin call. */
  allowed: boolean;
}

/** A check returns what it saw, and throws when that is wrong. */
export type Check = [name: string, run: () => Promise<string>];

/** What a page on an origin that the server does not know sees. */
export function refusedChecks({ url, key }: PageSetup): Check[] {
  const bursar = connect({ url, apiKey: key, maxAttempts: 1 });
  return [
    [
      "an origin that is not allowed is refused",
      async () => {
        const error = await failure(bursar.admin.server.whoAmI({}));
        equal(error.reason, "UNREACHABLE");
        return error.message;
      },
    ],
  ];
}

/** What a page of the application does. The later checks need what the earlier ones have made. */
export function checks({ url, key }: PageSetup): Check[] {
  const bursar = connect({ url, apiKey: key });
  const [payer, payee, transferId] = [newId(), newId(), newId()];
  const transfer = {
    id: transferId,
    debitAccountId: payer,
    creditAccountId: payee,
    amount: toMoney("EUR", "1234567890123456789.01"),
  };
  return [
    ["WhoAmI", () => whoAmI(bursar)],
    ["accounts are created, request ids made by the client", () => createAccounts(bursar, payer, payee)],
    ["a transfer returns both balances, exact beyond a double", () => createTransfer(bursar, transfer)],
    [
      "sent again it is a replay",
      async () => {
        const { replayed } = await bursar.ledger.transfers.createTransfer({ transfer });
        equal(replayed, true);
        return "replayed";
      },
    ],
    ["a refusal has its typed error", () => refusal(bursar, payer, payee)],
    ["field violations can be read", () => fieldViolations(bursar)],
    ["pages are iterated", () => pages(bursar, payer, payee)],
    [
      "a wrong key is refused",
      async () => {
        const error = await failure(connect({ url, apiKey: "bsr_dev_wrong" }).admin.server.whoAmI({}));
        equal(error.code, Code.Unauthenticated);
        equal(error.reason, "KEY_INVALID");
        return error.message;
      },
    ],
    ["replies stream", () => verify(bursar)],
    [
      "a deadline that has passed",
      async () => {
        const error = await failure(bursar.ledger.transfers.listTransfers({}, { timeoutMs: 1 }));
        equal(error.reason, "DEADLINE_EXCEEDED");
        return error.message;
      },
    ],
  ];
}

async function whoAmI(bursar: Bursar): Promise<string> {
  const { tenantName, tenantId } = await bursar.admin.server.whoAmI({});
  truthy(tenantId, "a tenant");
  return tenantName;
}

async function createAccounts(bursar: Bursar, payer: string, payee: string): Promise<string> {
  const balanceRule = ledger.BalanceRule.DEBITS_MUST_NOT_EXCEED_CREDITS;
  await bursar.ledger.accounts.createAccount({ account: { id: payer, asset: "EUR", code: "browser" } });
  const { account } = await bursar.ledger.accounts.createAccount({ account: { id: payee, asset: "EUR", code: "browser", balanceRule } });
  equal(account?.id, payee);
  return `${payer}, ${payee}`;
}

async function createTransfer(bursar: Bursar, transfer: { amount: ReturnType<typeof toMoney> }): Promise<string> {
  const reply = await bursar.ledger.transfers.createTransfer({ transfer });
  const { debitBalance, creditBalance, amount } = reply.transfer ?? {};
  equal(debitBalance?.debitsPosted, "1234567890123456789.01");
  equal(creditBalance?.creditsPosted, "1234567890123456789.01");
  truthy(amount && fromMoney(amount).isEqualTo("1234567890123456789.01"), "the amount");
  return `${debitBalance?.debitsPosted} and ${creditBalance?.creditsPosted}`;
}

async function refusal(bursar: Bursar, payer: string, payee: string): Promise<string> {
  const amount = toMoney("EUR", "9999999999999999999.99");
  const error = await failure(
    bursar.ledger.transfers.createTransfer({ transfer: { debitAccountId: payee, creditAccountId: payer, amount } }),
  );
  equal(error.code, Code.FailedPrecondition);
  equal(error.reason, "LIMIT_EXCEEDED");
  equal(error.definite, true);
  equal(error.metadata["account_id"], payee);
  truthy(error.requestId, "the id that the client made");
  return `${error.reason}, available ${error.metadata["available"]}`;
}

async function fieldViolations(bursar: Bursar): Promise<string> {
  const error = await failure(
    bursar.ledger.transfers.createTransfer({ transfer: { debitAccountId: "nobody", amount: { asset: "EUR", amount: "0" } } }),
  );
  equal(error.reason, "INVALID_FIELD");
  const fields = error.fieldViolations.map(({ field }) => field);
  truthy(fields.includes("transfer.debit_account_id"), "the account among the violations");
  return fields.join(", ");
}

async function pages(bursar: Bursar, payer: string, payee: string): Promise<string> {
  for (let at = 0; at < 4; at++) {
    const amount = toMoney("EUR", "0.01");
    await bursar.ledger.transfers.createTransfer({ transfer: { debitAccountId: payer, creditAccountId: payee, amount } });
  }
  const seen: string[] = [];
  for await (const one of items(bursar.ledger.transfers.listTransfers, { filter: { accountId: payer }, pageSize: 2 })) {
    seen.push(one.id);
  }
  equal(new Set(seen).size, 5);
  return `${seen.length} transfers, 2 on a page`;
}

async function verify(bursar: Bursar): Promise<string> {
  const kinds: string[] = [];
  for await (const { result } of bursar.audit.verify({})) {
    kinds.push(result.case ?? "");
    if (result.case === "summary") {
      equal(result.value.findings, 0n);
    }
  }
  equal(kinds.at(-1), "summary");
  return kinds.join(", ");
}

async function failure(call: Promise<unknown>): Promise<BursarError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof BursarError) {
    return thrown;
  }
  throw new Error(thrown === undefined ? "it did not fail" : `not a BursarError: ${String(thrown)}`);
}

function equal(got: unknown, expected: unknown): void {
  if (got !== expected) {
    throw new Error(`expected ${String(expected)}, got ${String(got)}`);
  }
}

function truthy(got: unknown, what: string): void {
  if (!got) {
    throw new Error(`expected ${what}`);
  }
}
