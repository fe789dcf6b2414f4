import type { Readable } from "node:stream";
import type { Client } from "pg";
import { identityHint } from "../../postgresql/identity.ts";
import { inTransaction } from "../../transaction.ts";
import { abortable } from "../abortable.ts";
import { checkKey, checkPrefix } from "../key.ts";
import { markerName } from "../marker.ts";
import { PlaceError } from "../provider.ts";
import type { ByteRange, Capabilities, Ownership, Provider, StoredObject } from "../provider.ts";
import type { StoredRow } from "./chunks.ts";
import type { Connections } from "./connections.ts";
import { ObjectStream } from "./object-stream.ts";
import { checkMarker, checkMarkerRow, type MarkerRow } from "./place.ts";
import * as queries from "./queries.ts";
import { attempt } from "./trouble.ts";
import { Upload } from "./upload.ts";

const pageSize = 1000;

export interface DatabaseOptions {
  readonly connections: Connections;
  /** As people know it. */
  readonly place: string;
  /** As {@link Provider.database}; undefined where the login may not know the server. */
  readonly database: string | undefined;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  readonly capabilities: Capabilities;
}

/** A bigint comes as text. */
type FoundRow = MarkerRow &
  (
    | { readonly id: string; readonly size: string; readonly chunkSize: number }
    | { readonly id: null }
  );

/** Objects as rows, their bytes in chunks. Every statement looks whether the marker is ours still. */
export class DatabaseProvider implements Provider {
  readonly capabilities: Capabilities;
  readonly database?: string;
  readonly #connections: Connections;
  readonly #place: string;
  readonly #ownership: Ownership;
  readonly #signal: AbortSignal;

  constructor(options: DatabaseOptions) {
    this.capabilities = options.capabilities;
    if (options.database !== undefined) this.database = options.database;
    this.#connections = options.connections;
    this.#place = options.place;
    this.#ownership = options.ownership;
    this.#signal = options.signal;
  }

  async put(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    this.#check(key);
    const what = `"${key}" could not be written to ${this.#place}`;
    this.#refuseUnknown(what);
    const upload = new Upload(key, {
      use: async (work) => this.#use(what, work),
      place: this.#place,
      ownership: this.#ownership,
    });
    try {
      await upload.write(abortable(body, this.#signal));
      await upload.complete();
    } catch (error) {
      // Whoever is away would keep us waiting for nothing.
      if (!this.#signal.aborted && !isAway(error)) await upload.abandon();
      throw error;
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    this.#check(key);
    const what = `"${key}" could not be read from ${this.#place}`;
    const [connections, signal] = [this.#connections, this.#signal];
    const client = await attempt(what, signal, async () => connections.borrow());
    try {
      const object = await attempt(what, signal, async () => {
        await client.query(queries.openSnapshot);
        return await this.#find(client, key);
      });
      if (object === undefined) throw missing(`there is no "${key}" in ${this.#place}`);
      const { offset, length } = range ?? { offset: 0, length: object.size };
      if (offset + length > object.size) throw missing(`"${key}" has only ${object.size} bytes`);
      const part = { offset, length };
      return new ObjectStream({ connections, client, object, range: part, signal, what });
    } catch (error) {
      connections.discard(client);
      throw error;
    }
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    this.#check(key);
    const what = `"${key}" could not be looked for in ${this.#place}`;
    const found = await this.#use(what, async (client) => this.#find(client, key));
    return found === undefined ? undefined : { key, size: found.size };
  }

  /** By pages, each after the last key of the one before: what comes and goes shifts nothing. */
  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    const what = `${this.#place} could not be listed`;
    let after = "";
    for (;;) {
      const page = await this.#use(what, async (client) => {
        if (after === "") await checkMarker(client, this.#ownership, this.#place);
        const { rows } = await client.query<{ key: string; size: string }>(queries.listObjects, [
          prefix,
          after,
          pageSize,
        ]);
        return rows;
      });
      for (const { key, size } of page) yield { key, size: Number(size) };
      if (page.length < pageSize) return;
      after = page.at(-1)?.key ?? "";
    }
  }

  async delete(key: string): Promise<void> {
    this.#check(key);
    await this.#use(`"${key}" could not be deleted from ${this.#place}`, async (client) =>
      inTransaction(client, async () => {
        await client.query(queries.waitForDisk);
        await checkMarker(client, this.#ownership, this.#place);
        await client.query(queries.deleteObject, [key]);
      }),
    );
  }

  async removePartial(prefix: string): Promise<number> {
    checkPrefix(prefix);
    return await this.#use(`${this.#place} could not be cleaned`, async (client) => {
      await checkMarker(client, this.#ownership, this.#place);
      const { rowCount } = await client.query(queries.deletePartial, [prefix]);
      return rowCount ?? 0;
    });
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  #check(key: string): void {
    this.#signal.throwIfAborted();
    checkKey(key);
    if (key === markerName) throw new PlaceError("failed", `${markerName} is no object`);
  }

  /** A copy in the database that it was made to save would look like one that is elsewhere. */
  #refuseUnknown(what: string): void {
    if (this.database !== undefined) return;
    throw new PlaceError("failed", `${what}: nobody can tell whether it is what is backed up`, {
      hint: identityHint,
    });
  }

  async #use<T>(what: string, work: (client: Client) => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    return await attempt(what, this.#signal, async () => this.#connections.use(work));
  }

  async #find(client: Client, key: string): Promise<StoredRow | undefined> {
    const { rows } = await client.query<FoundRow>(queries.findObject, [key]);
    const [row] = rows;
    checkMarkerRow(row, this.#ownership, this.#place);
    if (row === undefined || row.id === null) return undefined;
    return { id: row.id, size: Number(row.size), chunkSize: row.chunkSize };
  }
}

function isAway(error: unknown): boolean {
  return error instanceof PlaceError && error.trouble === "unreachable";
}

function missing(message: string): PlaceError {
  return new PlaceError("missing", message);
}
