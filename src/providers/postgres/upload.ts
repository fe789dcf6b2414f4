import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { isDatabaseError } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { type Ownership, PlaceError } from "../provider.ts";
import { chunkSize, inChunks, sha256Of } from "./chunks.ts";
import { checkMarker } from "./place.ts";
import * as queries from "./queries.ts";

export interface UploadOptions {
  /** Lends a connection; what the database says of it comes as PlaceError. */
  readonly use: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  readonly place: string;
  readonly ownership: Ownership;
}

/**
 * One attempt to write an object. Chunks are committed as they come, for a row that nobody sees before
 * the last statement: one transaction for all of them would keep the whole database from being vacuumed
 * for as long as the body takes.
 */
export class Upload {
  readonly #key: string;
  readonly #options: UploadOptions;
  readonly #id = randomUUID();
  #size = 0;

  constructor(key: string, options: UploadOptions) {
    this.#key = key;
    this.#options = options;
  }

  /** Fills a chunk while the one before is written. */
  async write(body: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#options.use(async (client) => this.#begin(client));
    let number = 0;
    let writing = Promise.resolve();
    for await (const bytes of inChunks(body)) {
      await writing;
      writing = this.#insert([this.#id, number, sha256Of(bytes), bytes]);
      // Whoever waits for the next one, or for the last, is told.
      writing.catch(() => undefined);
      this.#size += bytes.length;
      number += 1;
    }
    await writing;
  }

  /** Makes it visible in place of the object that was there; of several at once the last one stays. */
  async complete(): Promise<void> {
    let isDone = false;
    while (!isDone) isDone = await this.#options.use(async (client) => this.#tryReplace(client));
  }

  /** What cannot be removed now is removed before the next backup. */
  async abandon(): Promise<void> {
    await this.#options
      .use(async (client) => client.query(queries.abandonObject, [this.#id]))
      .catch(() => undefined);
  }

  async #begin(client: Client): Promise<void> {
    const { place, ownership } = this.#options;
    const { installation, marker } = ownership;
    const values = [this.#id, this.#key, chunkSize, installation, marker];
    const { rowCount } = await client.query(queries.beginObject, values);
    if (rowCount === 0) await checkMarker(client, ownership, place);
  }

  async #insert(values: readonly unknown[]): Promise<void> {
    await this.#options.use(async (client) => client.query(queries.insertChunk, [...values]));
  }

  /** False where somebody else was a moment earlier: theirs is to be replaced then. */
  async #tryReplace(client: Client): Promise<boolean> {
    try {
      await inTransaction(client, async () => this.#replace(client));
      return true;
    } catch (error) {
      if (isDatabaseError(error) && error.code === "23505") return false;
      throw error;
    }
  }

  async #replace(client: Client): Promise<void> {
    const { place, ownership } = this.#options;
    const { installation, marker } = ownership;
    await client.query(queries.waitForDisk);
    await client.query(queries.deleteObject, [this.#key]);
    const values = [this.#id, this.#size, installation, marker];
    const { rowCount } = await client.query(queries.completeObject, values);
    if (rowCount === 1) return;
    await checkMarker(client, ownership, place);
    throw new PlaceError("failed", `somebody removed "${this.#key}" while it was being written`);
  }
}
