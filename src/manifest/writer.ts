import { createHash, hash } from "node:crypto";
import { createFrameEncoder, type EncodeFrame } from "../encryption/frame.ts";
import { CorruptError } from "../layouts/errors.ts";
import type { Provider } from "../providers/provider.ts";
import { encodeEntry } from "./entry-line.ts";
import { comparePaths, type Entry, type ManifestBody, type ManifestHead } from "./entry.ts";
import { type DirectoryText, encodeTrailer, manifestHash } from "./form.ts";
import { findFrame } from "./origin.ts";

export interface ManifestWriterOptions {
  readonly recipients: readonly string[];
  /**
   * Called with the entries of each block, in any order of blocks; they are written once it resolves.
   * For layouts that know later than `add` where content lies.
   */
  readonly settle?: (entries: readonly Entry[]) => Promise<void>;
}

/** A manifest that is ready to be stored. */
export interface WrittenManifest {
  readonly head: ManifestHead;
  /** Of head, directory and trailer; see form.ts. */
  readonly sha256: string;
  readonly size: number;
  /** All of its bytes, in order. */
  readonly parts: readonly Uint8Array[];
}

interface StoredBlock {
  readonly first: string;
  readonly entries: number;
  readonly bytes: Uint8Array;
}

const mostEntries = 4096;
/** A block ends after about one path in 512, always the same ones: an insertion changes one block. */
const cutMask = 511;
/** Blocks that are being compressed at once, before `add` has to wait. */
const mostAtOnce = 8;

/** What is known of a backup only when it ends; one that is rewritten ended when it did. */
export function describeEnd(head: ManifestHead, body: ManifestBody): ManifestHead {
  return {
    ...head,
    ...(body.groups ? { groups: body.groups } : {}),
    missing: body.missing.length,
    endedAt: head.endedAt ?? new Date().toISOString(),
  };
}

/** Writes the entries of a manifest as they come; what it keeps in memory is compressed. */
export class ManifestWriter {
  readonly #settle: ManifestWriterOptions["settle"];
  readonly #recipients: readonly string[];
  readonly #encode: EncodeFrame;
  readonly #blocks: Promise<StoredBlock>[] = [];
  readonly #compressing = new Set<Promise<unknown>>();
  #pending: Entry[] = [];
  #last: string | undefined;
  #entries = 0;
  #files = 0;
  #bytes = 0;

  constructor(options: ManifestWriterOptions) {
    this.#settle = options.settle;
    this.#recipients = options.recipients;
    this.#encode = createFrameEncoder(options.recipients);
  }

  /** @throws RangeError where a path does not come after the one before */
  async add(entry: Entry): Promise<void> {
    if (this.#last !== undefined && comparePaths(this.#last, entry.path) >= 0) {
      throw new RangeError(
        `entry ${JSON.stringify(entry.path)} comes after ${JSON.stringify(this.#last)}`,
      );
    }
    this.#last = entry.path;
    this.#count(entry);
    this.#pending.push(entry);
    if (this.#pending.length >= mostEntries || isCut(entry.path)) this.#cut();
    if (this.#compressing.size > mostAtOnce) await Promise.race(this.#compressing);
  }

  /** Waits until every entry so far is encoded, and so has been given to `settle`. */
  async flush(): Promise<ManifestHead["totals"]> {
    if (this.#pending.length > 0) this.#cut();
    await Promise.all(this.#blocks);
    return { entries: this.#entries, files: this.#files, bytes: this.#bytes };
  }

  async finish(head: Omit<ManifestHead, "totals">, body: ManifestBody): Promise<WrittenManifest> {
    const totals = await this.flush();
    const blocks = await Promise.all(this.#blocks);
    const whole = describeEnd({ ...head, totals }, body);
    const headBytes = Buffer.from(`${JSON.stringify(whole)}\n`);
    const bodyBytes = await this.#encode(Buffer.from(JSON.stringify(body)));
    const text: DirectoryText = {
      blocks: blocks.map(({ first, entries, bytes }) => [
        first,
        entries,
        bytes.length,
        hash("sha256", bytes, "hex"),
      ]),
      body: [bodyBytes.length, hash("sha256", bodyBytes, "hex")],
    };
    const directory = await this.#encode(Buffer.from(JSON.stringify(text)));
    const frames = [...blocks.map(({ bytes }) => bytes), bodyBytes];
    const trailer = encodeTrailer({
      headLength: headBytes.length,
      directoryOffset: headBytes.length + lengthOf(frames),
      directoryLength: directory.length,
      blocksSha256: hashOf(frames),
    });
    const parts = [headBytes, ...frames, directory, trailer];
    const sha256 = manifestHash(headBytes, directory, trailer);
    return { head: whole, sha256, size: lengthOf(parts), parts };
  }

  #count(entry: Entry): void {
    this.#entries += 1;
    if (entry.type !== "file") return;
    this.#files += 1;
    // Further names of one file are no further bytes.
    if (entry.hardLink === undefined) this.#bytes += entry.content?.size ?? 0;
  }

  #cut(): void {
    const block = this.#store(this.#pending);
    // Whoever awaits the block sees a failure; until then it is no unhandled one.
    block.catch(() => {});
    this.#blocks.push(block);
    this.#pending = [];
  }

  async #store(entries: readonly Entry[]): Promise<StoredBlock> {
    await this.#settle?.(entries);
    const first = entries[0]?.path ?? "";
    // Most blocks of an incremental backup are those of its parent.
    const frame = findFrame(entries, this.#recipients);
    if (frame !== undefined) return { first, entries: entries.length, bytes: frame };
    const text = entries.map(encodeEntry).join("\n");
    const compressing = this.#encode(Buffer.from(text));
    this.#compressing.add(compressing);
    try {
      return { first, entries: entries.length, bytes: await compressing };
    } finally {
      this.#compressing.delete(compressing);
    }
  }
}

/**
 * Stores a manifest and reads it back.
 *
 * @param confirm asked once all is written, before it counts: where it throws, there is no manifest
 * @throws CorruptError where what is read differs
 */
export async function storeManifest(
  provider: Provider,
  key: string,
  manifest: WrittenManifest,
  confirm?: () => Promise<void>,
): Promise<void> {
  await provider.put(key, piecesOf(manifest.parts, confirm));
  const read = createHash("sha256");
  for await (const chunk of await provider.get(key)) read.update(chunk as Uint8Array);
  if (hashOf(manifest.parts) !== read.digest("hex")) {
    throw new CorruptError(`${key} is not what was written there`, {
      hint: "The provider does not keep what it is given; nothing there can be relied on.",
    });
  }
}

async function* piecesOf(
  parts: readonly Uint8Array[],
  confirm?: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part;
  await confirm?.();
}

function hashOf(parts: readonly Uint8Array[]): string {
  const all = createHash("sha256");
  for (const part of parts) all.update(part);
  return all.digest("hex");
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** FNV-1a of the path, which alone decides: the same path cuts in every manifest. */
function isCut(path: string): boolean {
  let value = 0x811c9dc5;
  for (let index = 0; index < path.length; index += 1) {
    value = Math.imul(value ^ path.charCodeAt(index), 0x01000193);
  }
  return ((value ^ (value >>> 15)) & cutMask) === 0;
}
