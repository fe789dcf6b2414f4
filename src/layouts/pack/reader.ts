import type { Content, Entry, ManifestBody, ManifestHead } from "../../manifest/entry.ts";
import type { ManifestReader } from "../../manifest/reader.ts";
import { CorruptError } from "../errors.ts";
import type { CopyReader, Finding, OpenCopyOptions, VerifyOptions } from "../layout.ts";
import { ahead } from "./ahead.ts";
import { checkContent, FrameReader } from "./frame-reader.ts";
import { type FrameGroup, plansOf } from "./read-plan.ts";
import { verifyPacks } from "./verify.ts";

type Visit = Parameters<CopyReader["readMany"]>[1];

/** Frames that are read and decoded ahead. */
const framesAhead = 4;

/** Reads a copy in layout `pack`. */
export class PackReader implements CopyReader {
  readonly head: ManifestHead;
  readonly #options: OpenCopyOptions;
  readonly #manifest: ManifestReader;
  readonly #frames: FrameReader;

  constructor(options: OpenCopyOptions, manifest: ManifestReader) {
    this.head = manifest.head;
    this.#options = options;
    this.#manifest = manifest;
    this.#frames = new FrameReader(options.provider, this.head.recipients, options.identities);
  }

  async readBody(): Promise<ManifestBody> {
    return await this.#manifest.readBody();
  }

  entries(prefix?: string): AsyncIterable<Entry> {
    return this.#manifest.entries(prefix);
  }

  async find(path: string): Promise<Entry | undefined> {
    return await this.#manifest.find(path);
  }

  open(content: Content): AsyncIterable<Uint8Array> {
    return this.#frames.open(content);
  }

  /**
   * Of every 131,072 entries, each frame is read once. Entries without bytes are visited first, those
   * of more than one frame last.
   */
  async readMany(entries: AsyncIterable<Entry> | Iterable<Entry>, visit: Visit): Promise<void> {
    for await (const { groups, large, empty } of plansOf(entries)) {
      for (const entry of empty) await visit(entry, chunksOf());
      const tasks = groups.map((group) => async () => ({
        group,
        frame: (await this.#frames.read(group.segment))[0] ?? Buffer.alloc(0),
      }));
      for await (const { group, frame } of ahead(tasks, framesAhead)) {
        await visitGroup(group, frame, visit);
      }
      for (const entry of large) await visit(entry, this.#frames.open(entry.content));
    }
  }

  verify(options: VerifyOptions): AsyncIterable<Finding> {
    const { provider, manifestKey } = this.#options;
    return verifyPacks(
      { provider, manifestKey, manifest: this.#manifest, frames: this.#frames },
      options,
    );
  }
}

async function visitGroup({ entries }: FrameGroup, frame: Buffer, visit: Visit): Promise<void> {
  for (const entry of entries) {
    const skip = entry.content.segments[0]?.skip ?? 0;
    const bytes = frame.subarray(skip, skip + entry.content.size);
    try {
      checkContent(entry.content, bytes);
    } catch (cause) {
      throw new CorruptError(`${entry.path} is not stored as it was`, { cause });
    }
    await visit(entry, chunksOf(bytes));
  }
}

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
