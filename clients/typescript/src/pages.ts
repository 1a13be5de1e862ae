import type { CallOptions } from "@connectrpc/connect";

/** A method whose replies are pages. */
export type ListMethod<Request, Reply> = (request: Request, options?: CallOptions) => Promise<Reply>;

/** What a page has. */
export interface Page {
  /** Token of the next page; empty on the last. */
  nextPageToken: string;
}

/** The type of the items of a page. */
export type ItemOf<Reply> = {
  [K in Exclude<keyof Reply, `$${string}`>]: Reply[K] extends readonly (infer Item)[] ? Item : never;
}[Exclude<keyof Reply, `$${string}`>];

/**
 * The pages of a list, each fetched when it is asked for.
 *
 * ```ts
 * for await (const page of pages(bursar.ledger.accounts.getStatement, { accountId, from, to })) {
 *   console.log(page.closing);
 * }
 * ```
 */
export async function* pages<Request extends object, Reply extends Page>(
  method: ListMethod<Request, Reply>,
  request: Request,
  options?: CallOptions,
): AsyncGenerator<Reply, void, undefined> {
  let pageToken: string | undefined;
  do {
    const page = await method(pageToken === undefined ? request : { ...request, pageToken }, options);
    yield page;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/**
 * The items of a list, page by page: the next page is fetched when the items before it are used up.
 *
 * ```ts
 * for await (const account of items(bursar.ledger.accounts.listAccounts, { filter: { asset: "EUR" } })) {
 *   console.log(account.id);
 * }
 * ```
 */
export async function* items<Request extends object, Reply extends Page>(
  method: ListMethod<Request, Reply>,
  request: Request,
  options?: CallOptions,
): AsyncGenerator<ItemOf<Reply>, void, undefined> {
  for await (const page of pages(method, request, options)) {
    yield* itemsOf(page);
  }
}

/** The items of one page: every page has exactly one list. */
export function itemsOf<Reply extends Page>(page: Reply): ItemOf<Reply>[] {
  const list = Object.entries(page).find(([name, value]) => !name.startsWith("$") && Array.isArray(value));
  return (list?.[1] ?? []) as ItemOf<Reply>[];
}
