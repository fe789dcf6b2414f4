import { Readable } from "node:stream";
import type { PackCatalogue, Room, SinkOptions } from "../../src/layouts/layout.ts";
import type { StoredPack } from "../../src/layouts/pack/pack-upload.ts";
import type { Entry, ManifestBody } from "../../src/manifest/entry.ts";
import {
  type ByteRange,
  type Capabilities,
  PlaceError,
  type Provider,
  type StoredObject,
} from "../../src/providers/provider.ts";

/** A place in memory whose objects a test can look at and damage. */
export class MemoryProvider implements Provider {
  readonly capabilities: Capabilities = { keeps: "any", layouts: ["pack"] };
  readonly objects: Map<string, Buffer> = new Map<string, Buffer>();
  /** Every call, such as `get manifests/a.manifest 0+100`. */
  readonly calls: string[] = [];
  /** Called before each call; what it throws is thrown. */
  onCall: ((call: string) => void) | undefined;

  async put(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    this.#call(`put ${key}`);
    const chunks: Buffer[] = [];
    for await (const chunk of body) {
      chunks.push(Buffer.from(chunk));
      this.#call(`chunk ${key}`);
    }
    this.objects.set(key, Buffer.concat(chunks));
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    this.#call(`get ${key}${range === undefined ? "" : ` ${range.offset}+${range.length}`}`);
    const object = this.objects.get(key);
    const { offset, length } = range ?? { offset: 0, length: object?.length ?? 0 };
    if (object === undefined || offset + length > object.length) {
      throw new PlaceError("missing", `${key} is not there`);
    }
    const bytes = object.subarray(offset, offset + length);
    const pieces = Array.from({ length: Math.ceil(length / 65_536) }, (_, index) =>
      bytes.subarray(index * 65_536, (index + 1) * 65_536),
    );
    return Readable.from(pieces);
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    this.#call(`stat ${key}`);
    const object = this.objects.get(key);
    return object === undefined ? undefined : { key, size: object.length };
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for (const [key, { length }] of this.objects) {
      if (key.startsWith(prefix)) yield { key, size: length };
    }
  }

  async delete(key: string): Promise<void> {
    this.objects.delete(key);
  }

  async removePartial(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  /** Keys of packs, in the order in which they were written. */
  packs(): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith("packs/"));
  }

  #call(call: string): void {
    this.calls.push(call);
    this.onCall?.(call);
  }
}

/** What SQL keeps of packs, in memory; a pack can be taken away. */
export class MemoryCatalogue implements PackCatalogue {
  readonly packs: Map<string, StoredPack> = new Map<string, StoredPack>();
  readonly begun: string[] = [];
  readonly used: string[] = [];
  loads = 0;

  async *getPacks(): AsyncGenerator<{ name: string; contents: Buffer }> {
    this.loads += 1;
    for (const [name, { contents }] of this.packs) yield { name, contents };
  }

  async usePacks(names: readonly string[]): Promise<readonly string[]> {
    this.used.push(...names);
    return names.filter((name) => this.packs.has(name));
  }

  async beginPack(name: string): Promise<void> {
    this.begun.push(name);
  }

  /** The manifests that stay at the place. */
  stay: readonly string[] = [];

  async findRoom(): Promise<Room> {
    return { stay: this.stay };
  }

  async makeRoom(): Promise<Room> {
    return { stay: this.stay };
  }

  async confirm(): Promise<void> {}

  async completePack(pack: StoredPack): Promise<void> {
    this.packs.set(pack.name, pack);
  }
}

export const emptyBody: ManifestBody = { items: [], missing: [], notCollected: [], versions: {} };

export function headOf(name: string, recipients: readonly string[] = []): SinkOptions["head"] {
  return {
    format: "lastgood-manifest",
    version: 1,
    installation: "6a8f7a52-6f34-4a0f-a8c3-3c3b9f5d8b11",
    backup: {
      id: "1",
      name,
      type: "full",
      source: "home",
      sourceType: "files",
      system: "a.example",
      scope: "files",
      startedAt: "2026-11-20T12:00:00Z",
    },
    recipients,
  };
}

export function entryOf(path: string, more: Partial<Entry> = {}): Entry {
  return { path, type: "file", mode: 0o644, uid: 0, gid: 0, mtime: 1n, ...more };
}

/** Bytes that look random, the same ones for the same seed, and do not compress. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await collect(bytes));
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
