import { createHash, hash } from "node:crypto";
import {
  comparePaths,
  type Content,
  type Entry,
  type ManifestBody,
  type ManifestHead,
} from "../../manifest/entry.ts";
import { describeEnd } from "../../manifest/writer.ts";
import {
  endOfTar,
  fileHeader,
  metadataText,
  padding,
  storeInfo,
  type StoreInfo,
} from "../../ovf-store/write.ts";
import type { SealedCopy, Sink, SinkOptions } from "../layout.ts";
import { CorruptError } from "../errors.ts";
import { readSlots, chooseSlot } from "./choose-slot.ts";
import { announce, describeStore, type PlacedEntry } from "./side-file.ts";
import { sideKey, type Slot, spoolKey, storePrefix, tarKey } from "./slots.ts";
import { type Gathered, Spool } from "./spool.ts";

/** Keeps a copy as an OVF store, in the slot of that copy which gives way. */
export class OvfStoreSink implements Sink {
  readonly #options: SinkOptions;
  readonly #spool: Spool;
  readonly #gathered = new Map<string, Gathered>();
  readonly #entries: Entry[] = [];

  private constructor(options: SinkOptions) {
    this.#options = options;
    this.#spool = new Spool(options.provider, spoolKey(options.head.backup.name));
  }

  static async open(options: SinkOptions): Promise<OvfStoreSink> {
    options.signal.throwIfAborted();
    // Nobody else writes there: of a source one backup at a time is made at such a place.
    await options.provider.removePartial(storePrefix(options.head.backup.source));
    return new OvfStoreSink(options);
  }

  async store(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Content> {
    this.#options.signal.throwIfAborted();
    const known = bytes instanceof Uint8Array ? hash("sha256", bytes, "hex") : "";
    const gathered = this.#gathered.get(known) ?? (await this.#spool.store(this.#watched(bytes)));
    const { sha256, size } = gathered;
    if (!this.#gathered.has(sha256)) this.#gathered.set(sha256, gathered);
    return { size, sha256, segments: [] };
  }

  /** Each store stands alone. */
  keeps(): boolean {
    return false;
  }

  async add(entry: Entry): Promise<void> {
    this.#options.signal.throwIfAborted();
    const last = this.#entries.at(-1)?.path;
    if (last !== undefined && comparePaths(last, entry.path) >= 0) {
      throw new RangeError(`entry ${JSON.stringify(entry.path)} comes after ${last}`);
    }
    if (entry.type !== "file" || !/^[^/\0]+\.ovf$/i.test(entry.path)) {
      throw new RangeError(`${JSON.stringify(entry.path)} is no document of an OVF store`);
    }
    const content = this.#gathered.get(entry.content?.sha256 ?? "");
    if (content === undefined) throw new RangeError(`${entry.path} was not stored`);
    const { size, sha256 } = content;
    this.#entries.push({ ...entry, content: { size, sha256, segments: [] } });
  }

  async finish(body: ManifestBody): Promise<SealedCopy> {
    const { provider, catalogue, head, signal } = this.#options;
    const { source, name } = head.backup;
    await this.#spool.close();
    const slot = chooseSlot(await readSlots(provider, source), await catalogue.findRoom(), head);
    const info = storeInfo(new Date(), provider.storageDomain);
    const tar = new StoredTar();
    await provider.put(tarKey(source, slot), this.#tar(tar, { slot, info, body }));
    await compare(this.#options, tarKey(source, slot), tar);
    const totals = this.#totals();
    const whole = describeEnd({ ...head, layout: "ovf-store", packs: [], totals }, body);
    const key = sideKey(source, slot);
    const { entries, size: Size, sha256 } = tar;
    const text = Buffer.from(describeStore(whole, key, { ...info, Size, sha256, body, entries }));
    const side = { size: text.length, sha256: hash("sha256", text, "hex") };
    await provider.put(key, this.#ifStillOurs(text, key));
    signal.throwIfAborted();
    await compare(this.#options, key, side);
    await provider.delete(spoolKey(name));
    return {
      manifestKey: key,
      manifestSha256: side.sha256,
      manifestSize: side.size,
      storedBytes: tar.size + side.size,
      totals,
      packs: [],
    };
  }

  /** What was written is removed by the sweep. */
  async abort(): Promise<void> {
    await this.#spool.abort(new DOMException("the backup was given up", "AbortError"));
  }

  async *#watched(bytes: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
      this.#options.signal.throwIfAborted();
      yield chunk;
      this.#options.onProgress?.(chunk.length);
    }
  }

  /** All of the tar; at its end the slot is made free, so that nothing goes before all is written. */
  async *#tar(tar: StoredTar, { slot, info, body }: Contents): AsyncGenerator<Uint8Array> {
    const mtime = BigInt(Date.now()) * 1_000_000n;
    yield* tar.file({ path: "info.json", mtime }, Buffer.from(JSON.stringify(info)));
    const pieces = this.#entries.map((entry) => ({ entry, ...this.#pieceOf(entry) }));
    for await (const [{ entry, size }, bytes] of this.#spool.read(pieces)) {
      yield tar.begin(entry, size);
      for await (const chunk of bytes) yield tar.take(chunk);
      yield tar.take(padding(size));
    }
    yield* tar.file({ path: "metadata.json", mtime }, Buffer.from(metadataText(statusesOf(body))));
    yield tar.end();
    await this.#takeSlot(slot, info);
  }

  async #takeSlot(slot: Slot, info: StoreInfo): Promise<void> {
    const { provider, head } = this.#options;
    const key = sideKey(head.backup.source, slot);
    const text = announce({ ...head, layout: "ovf-store" }, key, info);
    await provider.put(key, this.#ifStillOurs(Buffer.from(text), key));
    await this.#makeRoom(key);
  }

  /**
   * Asks as late as can be: a process that was asleep for longer than its lease lasts may not write over
   * what another one has put there meanwhile.
   */
  async *#ifStillOurs(bytes: Uint8Array, key: string): AsyncGenerator<Uint8Array> {
    yield bytes;
    await this.#makeRoom(key);
  }

  async #makeRoom(key: string): Promise<void> {
    const { stay } = await this.#options.catalogue.makeRoom();
    if (stay.includes(key)) throw new CorruptError(`${key} has become another backup's meanwhile`);
  }

  #pieceOf({ path, content }: Entry): Gathered {
    const gathered = this.#gathered.get(content?.sha256 ?? "");
    if (gathered === undefined) throw new RangeError(`${path} was not stored`);
    return gathered;
  }

  #totals(): ManifestHead["totals"] {
    const files = this.#entries.length;
    const bytes = this.#entries.reduce((sum, { content }) => sum + (content?.size ?? 0), 0);
    return { entries: files, files, bytes };
  }
}

/** What a tar holds beside its documents, and where it goes. */
interface Contents {
  readonly slot: Slot;
  readonly info: StoreInfo;
  readonly body: ManifestBody;
}

/** A tar on its way: its size, its hash and where its documents begin. */
class StoredTar {
  readonly entries: PlacedEntry[] = [];
  readonly #hash = createHash("sha256");
  size = 0;
  sha256 = "";

  take(bytes: Uint8Array): Uint8Array {
    this.#hash.update(bytes);
    this.size += bytes.length;
    return bytes;
  }

  begin(entry: Entry, size: number): Uint8Array {
    const header = this.take(fileHeader(entry, size));
    this.entries.push({ entry, offset: this.size });
    return header;
  }

  *file(entry: Pick<Entry, "path" | "mtime">, bytes: Uint8Array): Generator<Uint8Array> {
    yield this.take(fileHeader(entry, bytes.length));
    yield this.take(bytes);
    yield this.take(padding(bytes.length));
  }

  end(): Uint8Array {
    const bytes = this.take(endOfTar);
    this.sha256 = this.#hash.digest("hex");
    return bytes;
  }
}

/** States of machines that were not down. */
function statusesOf({ items }: ManifestBody): Readonly<Record<string, number>> {
  const statuses: Record<string, number> = {};
  for (const { details } of items) {
    const { id, status } = details ?? {};
    if (typeof id === "string" && typeof status === "number") statuses[id] = status;
  }
  return statuses;
}

/** Reads back what was stored. @throws CorruptError where it differs */
async function compare(
  { provider, signal }: SinkOptions,
  key: string,
  { size, sha256 }: { readonly size: number; readonly sha256: string },
): Promise<void> {
  const read = createHash("sha256");
  let length = 0;
  for await (const chunk of await provider.get(key)) {
    signal.throwIfAborted();
    read.update(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
  }
  if (length === size && read.digest("hex") === sha256) return;
  throw new CorruptError(`${key} is not what was written there`, {
    hint: "The provider does not keep what it is given; nothing there can be relied on.",
  });
}
