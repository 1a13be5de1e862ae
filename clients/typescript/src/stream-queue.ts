import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { type NewTransfer, NewTransferSchema } from "./gen/bursar/ledger/v1/transfer_pb.js";
import { withId } from "./request-id.js";

/** Transfers of one message, at most; more only where a group asks for it. */
const MESSAGE_TRANSFERS = 500;
/** Transfers of one message that the server takes. */
const SERVER_TRANSFERS = 8_190;
/** Bytes of one message, so that it stays below the 4 MiB that the server takes. */
const MESSAGE_BYTES = 3 * 1024 * 1024;

/** A transfer to be made: a message, or what `create` takes. */
export type TransferInit = MessageInitShape<typeof NewTransferSchema>;

interface Entry {
  readonly transfer: NewTransfer;
  readonly bytes: number;
}

/** Transfers read from a source and not answered yet, in order, with an id each that stays. */
export class StreamQueue {
  readonly #source: AsyncIterator<TransferInit> | Iterator<TransferInit>;
  readonly #most: number;
  #entries: Entry[] = [];
  #sent = 0;
  #ended = false;
  #stopped = false;
  #reading = false;
  #failure: { error: unknown } | undefined;
  #wake = (): void => undefined;

  constructor(source: AsyncIterable<TransferInit> | Iterable<TransferInit>, most: number) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#most = most;
    void this.#read();
  }

  /** Whether the source has ended and everything is answered. */
  get finished(): boolean {
    return this.#ended && this.#entries.length === 0;
  }

  /** What the source threw. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  /** Id of the first transfer that has no result. */
  get firstId(): string | undefined {
    return this.#entries[0]?.transfer.id;
  }

  /** Takes note of the next `count` results. */
  answered(count: number): void {
    this.#entries.splice(0, count);
    this.#sent = Math.max(0, this.#sent - count);
    this.#wake();
  }

  /** Begins again from the first transfer without a result. */
  rewind(): void {
    this.#sent = 0;
  }

  /** Reads no more from the source, and lets it clean up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    if (this.#ended) {
      return;
    }
    const cleaned = Promise.resolve(this.#source.return?.());
    if (this.#reading) {
      // A source that waits for its next transfer cleans up only when that has come, perhaps never.
      cleaned.catch(() => undefined);
    } else {
      await cleaned;
    }
  }

  /** What to send next: all there is, up to a message full; `undefined` when there will be nothing more. */
  async next(signal: AbortSignal): Promise<NewTransfer[] | undefined> {
    for (;;) {
      // A source that has more at hand gets the chance to give it, which costs one turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted || this.#stopped) {
        return undefined;
      }
      const count = this.#messageSize();
      if (count > 0) {
        const from = this.#sent;
        this.#sent += count;
        return this.#entries.slice(from, this.#sent).map(({ transfer }) => transfer);
      }
      if (this.#ended) {
        return undefined;
      }
      await this.#change(signal);
    }
  }

  async #read(): Promise<void> {
    try {
      while (!this.#stopped) {
        if (this.#entries.length >= this.#most) {
          await this.#change();
          continue;
        }
        this.#reading = true;
        const { done, value } = await this.#source.next();
        this.#reading = false;
        if (done === true) {
          break;
        }
        const transfer = withId(create(NewTransferSchema, value), "id");
        this.#entries.push({ transfer, bytes: sizeOf(transfer) });
        this.#wake();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#ended = true;
    this.#wake();
  }

  /**
   * How many transfers the next message has. The members of a group stay in one message: the server asks for that. So the
   * last group waits until the next transfer, or the source's end, shows that it is whole.
   */
  #messageSize(): number {
    const entries = this.#entries;
    const from = this.#sent;
    let to = from;
    let bytes = 0;
    while (to < entries.length) {
      const end = this.#unitEnd(to);
      // With the window full of one group nothing more can come: the server has the last word on it.
      const stuck = to === 0 && entries.length >= this.#most;
      const growing = entries[to]?.transfer.groupId !== "" && end === entries.length && end - to < SERVER_TRANSFERS;
      if (growing && !this.#ended && !stuck) {
        break;
      }
      bytes += entries.slice(to, end).reduce((sum, entry) => sum + entry.bytes, 0);
      if (to > from && (end - from > MESSAGE_TRANSFERS || bytes > MESSAGE_BYTES)) {
        break;
      }
      to = end;
    }
    return to - from;
  }

  /** Where what begins at `at` ends: one transfer, or the members of a group that are there, as many as the server takes. */
  #unitEnd(at: number): number {
    const group = this.#entries[at]?.transfer.groupId ?? "";
    let end = at + 1;
    while (group !== "" && end - at < SERVER_TRANSFERS && this.#entries[end]?.transfer.groupId === group) {
      end++;
    }
    return end;
  }

  /** Waits until something was read, answered, ended or aborted. */
  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#wake;
      const end = (): void => {
        signal?.removeEventListener("abort", end);
        resolve();
      };
      this.#wake = () => {
        this.#wake = (): void => undefined;
        before();
        end();
      };
      signal?.addEventListener("abort", end);
    });
  }
}

/** About how many bytes a transfer takes. Only metadata can be long, so only then it is worth encoding it twice. */
function sizeOf(transfer: NewTransfer): number {
  return transfer.metadata ? toBinary(NewTransferSchema, transfer).byteLength : 600;
}
