import type { Readable } from "node:stream";
import { checkKey, checkPrefix, isKey } from "../key.ts";
import { markerName } from "../marker.ts";
import { PlaceError } from "../provider.ts";
import type { ByteRange, Capabilities, Ownership, Provider, StoredObject } from "../provider.ts";
import { whileOurs } from "../while-ours.ts";
import { checkMarker } from "./marker.ts";
import { deleteObject, listObjects, lookAt } from "./objects.ts";
import { removePartials } from "./partials.ts";
import { readObject } from "./read.ts";
import type { Store } from "./store.ts";
import { putBody } from "./upload.ts";

export interface S3Options {
  readonly store: Store;
  readonly ownership: Ownership;
  readonly capabilities: Capabilities;
}

/** Objects of a bucket. That one is missing is only said after a look at the marker. */
export class S3Provider implements Provider {
  readonly capabilities: Capabilities;
  readonly #store: Store;
  readonly #ownership: Ownership;

  constructor({ store, ownership, capabilities }: S3Options) {
    this.capabilities = capabilities;
    this.#store = store;
    this.#ownership = ownership;
  }

  async put(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    this.#check(key);
    const checked = whileOurs(body, async () => this.#checkMarker());
    await putBody(this.#store, key, checked);
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    this.#check(key);
    try {
      return await readObject(this.#store, key, range);
    } catch (error) {
      if (error instanceof PlaceError && error.trouble === "missing") await this.#checkMarker();
      throw error;
    }
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    this.#check(key);
    const found = await lookAt(this.#store, key);
    if (found !== undefined) return { key, size: found.size };
    await this.#checkMarker();
    return undefined;
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    await this.#checkMarker();
    for await (const { key, size } of listObjects(this.#store, prefix)) {
      if (isKey(key) && key !== markerName) yield { key, size };
    }
  }

  async delete(key: string): Promise<void> {
    this.#check(key);
    await this.#checkMarker();
    await deleteObject(this.#store, key);
  }

  async removePartial(prefix: string): Promise<number> {
    checkPrefix(prefix);
    await this.#checkMarker();
    return await removePartials(this.#store, prefix);
  }

  close(): Promise<void> {
    this.#store.client.destroy();
    return Promise.resolve();
  }

  #check(key: string): void {
    this.#store.signal.throwIfAborted();
    checkKey(key);
    if (key === markerName) throw new PlaceError("failed", `${markerName} is no object`);
  }

  async #checkMarker(): Promise<void> {
    await checkMarker(this.#store, this.#ownership);
  }
}
