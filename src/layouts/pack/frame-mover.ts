import { hash } from "node:crypto";
import type { Content, PackHead, Segment } from "../../manifest/entry.ts";
import type { Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import { readRange } from "../read-object.ts";
import { appendFrame } from "./frame-queue.ts";
import { packKey, PackUpload, randomPackName, type StoredPack } from "./pack-upload.ts";
import type { RepackCatalogue, RepackedCopy } from "./repack.ts";

export interface FrameMoverOptions {
  readonly provider: Provider;
  readonly catalogue: Pick<RepackCatalogue, "adoptPack" | "completeAdoptedPack">;
  readonly candidates: readonly string[];
  readonly copies: readonly Pick<RepackedCopy, "id">[];
  readonly signal: AbortSignal;
}

/** A frame that something still needs. */
interface LiveFrame {
  readonly length: number;
  /** What lies whole in it. */
  readonly small: Map<string, Content>;
  moved?: { readonly pack: string; readonly offset: number };
}

/** Copies frames that are still used out of packs, as they are stored, and knows where they went. */
export class FrameMover {
  readonly #options: FrameMoverOptions;
  readonly #live: ReadonlyMap<string, Map<number, LiveFrame>>;
  readonly #large = new Map<string, Content>();
  readonly #packs: StoredPack[] = [];
  #upload: PackUpload | undefined;

  constructor(options: FrameMoverOptions) {
    this.#options = options;
    this.#live = new Map(options.candidates.map((name) => [name, new Map<number, LiveFrame>()]));
  }

  /** Whether all that is used of a pack is moved out of it. */
  empties(pack: string): boolean {
    return this.#live.has(pack);
  }

  /** Says that content is still used. */
  note(content: Content): void {
    const isSmall = content.segments.length === 1 && content.segments[0]?.frames.length === 1;
    for (const segment of content.segments) {
      const live = this.#live.get(segment.pack);
      if (live === undefined) continue;
      let at = segment.offset;
      for (const length of segment.frames) {
        let frame = live.get(at);
        if (frame === undefined) live.set(at, (frame = { length, small: new Map() }));
        if (isSmall) frame.small.set(content.sha256, content);
        at += length;
      }
      if (!isSmall) this.#large.set(content.sha256, content);
    }
  }

  /** Moves all that was noted; `heads` say what the packs should be. @throws CorruptError */
  async move(heads: readonly PackHead[]): Promise<readonly StoredPack[]> {
    try {
      for (const [name, live] of this.#live) {
        const head = heads.find((each) => each.name === name);
        if (head !== undefined && live.size > 0) await this.#empty(head, live);
      }
      await this.#close();
    } catch (error) {
      await this.#upload?.abort(error);
      throw error;
    }
    return this.#packs;
  }

  /** Content as it lies now; the same object where it was not moved. */
  relocate(content: Content): Content {
    if (!content.segments.some(({ pack }) => this.#live.has(pack))) return content;
    const segments = content.segments.flatMap((segment) => this.#relocateSegment(segment));
    return { ...content, segments };
  }

  #relocateSegment(segment: Segment): readonly Segment[] {
    const live = this.#live.get(segment.pack);
    if (live === undefined) return [segment];
    const segments: Segment[] = [];
    let at = segment.offset;
    for (const length of segment.frames) {
      const moved = live.get(at)?.moved;
      if (moved === undefined)
        throw new RangeError(`a frame of pack ${segment.pack} was not moved`);
      appendFrame(segments, moved.pack, moved.offset, length);
      at += length;
    }
    const [first, ...others] = segments;
    return first === undefined ? [] : [{ ...first, skip: segment.skip }, ...others];
  }

  async #empty(head: PackHead, live: ReadonlyMap<number, LiveFrame>): Promise<void> {
    const { provider, signal } = this.#options;
    const key = packKey(head.name);
    const bytes = await readRange(provider, key, { offset: 0, length: head.size });
    // Else bad bytes would get a sha256 that vouches for them.
    if (hash("sha256", bytes, "hex") !== head.sha256) {
      throw new CorruptError(`${key} has other bytes`, { hint: "Verify the backups that use it." });
    }
    for (const [offset, frame] of [...live].toSorted(([a], [b]) => a - b)) {
      signal.throwIfAborted();
      await this.#append(frame, bytes.subarray(offset, offset + frame.length));
    }
  }

  async #append(frame: LiveFrame, bytes: Uint8Array): Promise<void> {
    const upload = (this.#upload ??= await this.#open());
    frame.moved = { pack: upload.name, offset: await upload.append(bytes) };
    for (const content of frame.small.values()) {
      upload.indexSmall(content, content.segments[0]?.skip ?? 0);
    }
    if (upload.isFull) await this.#close();
  }

  async #open(): Promise<PackUpload> {
    const name = randomPackName();
    const { catalogue, copies, provider } = this.#options;
    await catalogue.adoptPack(
      copies.map(({ id }) => id),
      name,
    );
    return new PackUpload(provider, name);
  }

  async #close(): Promise<void> {
    const upload = this.#upload;
    if (upload === undefined) return;
    for (const content of this.#large.values()) this.#indexLarge(upload, content);
    const pack = await upload.close();
    this.#upload = undefined;
    await this.#options.catalogue.completeAdoptedPack(pack);
    this.#packs.push(pack);
  }

  /** Large content is found again by the pack that its last frame lies in, once all have a place. */
  #indexLarge(upload: PackUpload, content: Content): void {
    const isMoved = content.segments.every(({ pack, offset, frames }) => {
      const live = this.#live.get(pack);
      let at = offset;
      return frames.every((length) => {
        const frame = live?.get(at);
        at += length;
        return live === undefined || frame?.moved !== undefined;
      });
    });
    if (!isMoved) return;
    const relocated = this.relocate(content);
    if (relocated.segments.at(-1)?.pack === upload.name) upload.indexLarge(relocated);
  }
}
