import { Readable } from "node:stream";
import type { Client } from "pg";
import type { ByteRange } from "../provider.ts";
import {
  chunksOf,
  copyLength,
  type Range,
  readChunks,
  sliceSize,
  type StoredRow,
} from "./chunks.ts";
import type { Connections } from "./connections.ts";
import { copyOut } from "./copy-out.ts";
import { attempt } from "./trouble.ts";

/** How many chunks one statement asks for. */
const batchSize = 8;

export interface ReadOptions {
  readonly connections: Connections;
  /** Lent, in a transaction whose snapshot has the object; given back at the end. */
  readonly client: Client;
  readonly object: StoredRow;
  readonly range: ByteRange;
  readonly signal: AbortSignal;
  /** What failed, when it fails. */
  readonly what: string;
}

/**
 * The bytes of a range of an object, as they are in a snapshot: whoever replaces or deletes it meanwhile
 * changes nothing of what comes. While a batch is being taken the next one is on its way.
 */
export class ObjectStream extends Readable {
  readonly #reader: Batches;
  #coming: Promise<readonly Buffer[]>;
  #ready: Buffer[] = [];

  constructor(options: ReadOptions) {
    super({ highWaterMark: options.object.chunkSize });
    this.#reader = new Batches(options);
    this.#coming = this.#order();
  }

  override _read(): void {
    this.#next().then(
      (bytes) => this.push(bytes),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#reader.giveUp();
    callback(error);
  }

  async #next(): Promise<Buffer | null> {
    if (this.#ready.length === 0) {
      this.#ready = [...(await this.#coming)];
      if (this.#ready.length > 0) this.#coming = this.#order();
    }
    return this.#ready.shift() ?? null;
  }

  #order(): Promise<readonly Buffer[]> {
    const coming = this.#reader.next();
    // What is wrong is told to whoever takes it.
    coming.catch(() => undefined);
    return coming;
  }
}

/** Reads chunks, a few at a time, and gives its connection back after the last. */
class Batches {
  readonly #options: ReadOptions;
  readonly #wanted: Range;
  #from: number;
  #isOver = false;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#wanted = chunksOf(options.object, options.range);
    this.#from = this.#wanted.first;
  }

  /** None at the end. */
  async next(): Promise<readonly Buffer[]> {
    const { signal, what } = this.#options;
    signal.throwIfAborted();
    const part = { first: this.#from, last: Math.min(this.#from + batchSize - 1, this.#last) };
    this.#from = part.last + 1;
    try {
      return await attempt(what, signal, async () => this.#read(part));
    } catch (error) {
      this.giveUp();
      throw error;
    }
  }

  /** Ends the connection, where it was not given back; safe to repeat. */
  giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.connections.discard(this.#options.client);
  }

  async #read(part: Range): Promise<readonly Buffer[]> {
    const { client, object, what } = this.#options;
    const isEmpty = part.first > part.last;
    const data = isEmpty
      ? undefined
      : await copyOut(client, statementFor(client, object, part), copyLength(object, part));
    if (part.last === this.#last) await this.#end();
    if (data === undefined) return [];
    return readChunks(data, object, part, what)
      .map((bytes, index) => this.#cut(bytes, part.first + index))
      .filter(({ length }) => length > 0);
  }

  /** Before the last chunk is taken: the snapshot is held no longer than it is needed. */
  async #end(): Promise<void> {
    if (this.#isOver) return;
    const { client, connections } = this.#options;
    await client.query("commit");
    if (this.#isOver) return;
    this.#isOver = true;
    connections.giveBack(client);
  }

  #cut(bytes: Buffer, number: number): Buffer {
    const { object, range } = this.#options;
    const start = number * object.chunkSize;
    const { offset, length } = range;
    return bytes.subarray(Math.max(0, offset - start), Math.max(0, offset + length - start));
  }

  get #last(): number {
    return this.#wanted.last;
  }
}

/** COPY takes no parameters; these are a uuid and numbers. */
function statementFor(client: Client, { id }: StoredRow, { first, last }: Range): string {
  return `copy (select c.number, c.sha256, substr(c.bytes, s.start, ${sliceSize})
                  from lastgood_store.chunk c,
                       generate_series(1, length(c.bytes), ${sliceSize}) as s(start)
                 where c.object_id = ${client.escapeLiteral(id)} and c.number between ${first} and ${last}
                 order by c.number, s.start)
          to stdout (format binary)`;
}
