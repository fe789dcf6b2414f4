import { Readable } from "node:stream";
import { abortable } from "../abortable.ts";
import { checkKey, checkPrefix } from "../key.ts";
import { isSameOwner } from "../marker.ts";
import { PlaceError } from "../provider.ts";
import type { ByteRange, Capabilities, Ownership, Provider, StoredObject } from "../provider.ts";

interface Store {
  readonly ownership: Ownership;
  readonly objects: Map<string, Buffer>;
}

/** Lives as long as the process; every provider opened with the same name sees the same objects. */
const stores = new Map<string, Store>();

const chunkSize = 64 * 1024;

/** Marks a store as ours. @throws PlaceError where it is another's */
export async function initialiseMemory(name: string, ownership: Ownership): Promise<void> {
  if (!stores.has(name)) stores.set(name, { ownership, objects: new Map() });
  await Promise.resolve(objectsOf(name, ownership));
}

/** Forgets everything, as an unmounted disk does. */
export function forgetMemory(name: string): void {
  stores.delete(name);
}

/** Whose store it is; undefined where there is none. */
export function ownerOfMemory(name: string): Ownership | undefined {
  return stores.get(name)?.ownership;
}

/** Makes the store of one owner that of another. @throws PlaceError where it belongs to neither */
export function takeOverMemory(name: string, from: Ownership, to: Ownership): void {
  const found = ownerOfMemory(name);
  if (found !== undefined && isSameOwner(found, to)) return;
  stores.set(name, { ownership: to, objects: objectsOf(name, from) });
}

function objectsOf(name: string, ownership: Ownership): Map<string, Buffer> {
  const store = stores.get(name);
  if (store === undefined) {
    throw new PlaceError("unreachable", `there is no "${name}" in the memory of this process`, {
      hint: "What lies in memory ends with its process; the setting path keeps it in a folder.",
    });
  }
  if (isSameOwner(store.ownership, ownership)) return store.objects;
  throw new PlaceError("foreign", `"${name}" belongs to another provider`, {
    hint: "Choose another name.",
  });
}

export interface MemoryOptions {
  readonly name: string;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  readonly capabilities: Capabilities;
}

/** Objects in the memory of this process. */
export class MemoryProvider implements Provider {
  readonly capabilities: Capabilities;
  readonly #objects: Map<string, Buffer>;
  readonly #checkMarker: () => void;
  readonly #signal: AbortSignal;

  constructor({ name, ownership, signal, capabilities }: MemoryOptions) {
    this.capabilities = capabilities;
    this.#objects = objectsOf(name, ownership);
    this.#checkMarker = () => void objectsOf(name, ownership);
    this.#signal = signal;
  }

  async put(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    this.#check(key);
    const chunks: Buffer[] = [];
    for await (const chunk of abortable(body, this.#signal)) chunks.push(Buffer.from(chunk));
    this.#signal.throwIfAborted();
    this.#checkMarker();
    this.#objects.set(key, Buffer.concat(chunks));
  }

  // oxlint-disable-next-line typescript/require-await -- what is thrown has to reject
  async get(key: string, range?: ByteRange): Promise<Readable> {
    this.#check(key);
    const object = this.#objects.get(key);
    if (object === undefined) throw new PlaceError("missing", `there is no "${key}" in memory`);
    const { offset, length } = range ?? { offset: 0, length: object.length };
    if (offset + length > object.length) {
      throw new PlaceError("missing", `"${key}" has only ${object.length} bytes`);
    }
    const bytes = object.subarray(offset, offset + length);
    return Readable.from(inChunks(bytes, this.#signal), { objectMode: false });
  }

  // oxlint-disable-next-line typescript/require-await -- what is thrown has to reject
  async stat(key: string): Promise<StoredObject | undefined> {
    this.#check(key);
    const object = this.#objects.get(key);
    return object === undefined ? undefined : { key, size: object.length };
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    this.#checkMarker();
    for (const [key, object] of this.#objects) {
      this.#signal.throwIfAborted();
      if (key.startsWith(prefix)) yield await Promise.resolve({ key, size: object.length });
    }
  }

  // oxlint-disable-next-line typescript/require-await -- what is thrown has to reject
  async delete(key: string): Promise<void> {
    this.#check(key);
    this.#checkMarker();
    this.#objects.delete(key);
  }

  /** Nothing is kept of what was not written to its end. */
  // oxlint-disable-next-line typescript/require-await -- what is thrown has to reject
  async removePartial(prefix: string): Promise<number> {
    checkPrefix(prefix);
    return 0;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #check(key: string): void {
    this.#signal.throwIfAborted();
    checkKey(key);
  }
}

/** Copies, so that nobody who changes what was read changes what is kept. */
function* inChunks(bytes: Buffer, signal: AbortSignal): Generator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += chunkSize) {
    signal.throwIfAborted();
    yield Buffer.from(bytes.subarray(offset, offset + chunkSize));
  }
}
