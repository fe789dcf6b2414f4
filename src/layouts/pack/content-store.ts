import { createHash, hash, type Hash } from "node:crypto";
import { createFrameEncoder, maxFrameSize } from "../../encryption/frame.ts";
import type { Content, Segment } from "../../manifest/entry.ts";
import type { PackCatalogue, SinkOptions } from "../layout.ts";
import { Frame, FrameQueue, StoredContent } from "./frame-queue.ts";
import type { KeptPacks } from "./kept-packs.ts";
import { KnownContents } from "./known-contents.ts";
import { decodePackIndex, type PackIndex } from "./pack-index.ts";
import type { StoredPack } from "./pack-upload.ts";

const emptySha256 = hash("sha256", "", "hex");
/** Buffers of 4 MiB kept for the next frame. */
const mostSpares = 4;
/** Contents in JavaScript's own map, before those of complete packs move into a smaller one. */
const mostRecent = 262_144;

/** Stores content once: what is there already is named, all else goes into frames. */
export class ContentStore {
  readonly #options: SinkOptions;
  readonly #catalogue: PackCatalogue;
  readonly #kept: KeptPacks;
  readonly #queue: FrameQueue;
  readonly #spares: Buffer[] = [];
  readonly #known = new KnownContents();
  readonly #indexes = new Map<string, PackIndex>();
  readonly #recent = new Map<string, StoredContent>();
  readonly #completed: PackIndex[] = [];
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  #shared: Frame | undefined;
  #storedBytes = 0;

  constructor(options: SinkOptions, kept: KeptPacks) {
    this.#options = options;
    this.#catalogue = options.catalogue;
    this.#kept = kept;
    this.#queue = new FrameQueue({
      provider: options.provider,
      encode: createFrameEncoder(options.head.recipients, options.compressionLevel),
      beginPack: (name) => this.#beginPack(name),
      completePack: (pack) => this.#completePack(pack),
      recycle: (buffer) => this.#recycle(buffer),
    });
  }

  /** Of the packs that were completed. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** A stream takes up to 4 MiB of memory while it is being read. */
  async store(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Content> {
    this.#options.signal.throwIfAborted();
    this.#queue.throwIfFailed();
    if (!this.#isLoaded) await (this.#loading ??= this.#load());
    if (!(bytes instanceof Uint8Array)) return await this.#storeStream(bytes);
    if (bytes.length <= maxFrameSize) {
      this.#options.onProgress?.(bytes.length);
      return await this.#storeSmall(bytes);
    }
    const known = await this.#find(hash("sha256", bytes, "hex"));
    if (known === undefined) return await this.#storeStream([bytes]);
    this.#options.onProgress?.(bytes.length);
    return known;
  }

  /** Resolves when the last bytes of content are written; undefined where they are already. */
  pending(content: Content): Promise<void> | undefined {
    const stored = content instanceof StoredContent ? content : this.#recent.get(content.sha256);
    return stored?.frame?.written;
  }

  async finish(): Promise<void> {
    if (this.#shared !== undefined) await this.#submitShared(this.#shared);
    await this.#queue.finish();
  }

  async abort(cause: unknown): Promise<void> {
    await this.#queue.abort(cause);
  }

  async #storeSmall(bytes: Uint8Array): Promise<Content> {
    if (bytes.length === 0) return { size: 0, sha256: emptySha256, segments: [] };
    const sha256 = hash("sha256", bytes, "hex");
    const known = this.#recent.get(sha256) ?? (await this.#findOlder(sha256));
    if (known !== undefined) return known;
    while (this.#shared !== undefined && this.#shared.used + bytes.length > maxFrameSize) {
      await this.#submitShared(this.#shared);
    }
    // Another call may have stored the same while this one waited for room.
    const meanwhile = this.#recent.get(sha256);
    if (meanwhile !== undefined) return meanwhile;
    const frame = (this.#shared ??= this.#newFrame());
    const content = new StoredContent(bytes.length, sha256);
    frame.buffer.set(bytes, frame.used);
    frame.small.push({ content, skip: frame.used });
    frame.used += bytes.length;
    content.frame = frame;
    this.#recent.set(sha256, content);
    return content;
  }

  async #storeStream(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Content> {
    const { signal, onProgress } = this.#options;
    const large: LargeContent = { hash: undefined, size: 0, segments: [] };
    let frame = this.#newFrame();
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      onProgress?.(chunk.length);
      for (let at = 0; at < chunk.length;) {
        // The last frame is kept until the end is seen: only then is the hash known.
        if (frame.used === maxFrameSize) {
          await this.#submitPart(frame, large);
          frame = this.#newFrame();
        }
        const piece = chunk.subarray(at, at + maxFrameSize - frame.used);
        frame.buffer.set(piece, frame.used);
        frame.used += piece.length;
        at += piece.length;
      }
    }
    if (large.hash !== undefined) return await this.#completeLarge(frame, large);
    const content = await this.#storeSmall(frame.buffer.subarray(0, frame.used));
    this.#recycle(frame.buffer);
    return content;
  }

  async #submitPart(frame: Frame, large: LargeContent): Promise<void> {
    large.hash ??= createHash("sha256");
    large.hash.update(frame.buffer.subarray(0, frame.used));
    large.size += frame.used;
    frame.part = large.segments;
    await this.#queue.submit(frame);
  }

  /**
   * Where the same bytes are kept already, those count, and the frames just written are dead: a pack
   * with nothing else in it goes with the next sweep.
   */
  async #completeLarge(frame: Frame, large: LargeContent): Promise<Content> {
    large.hash?.update(frame.buffer.subarray(0, frame.used));
    const sha256 = large.hash?.digest("hex") ?? "";
    const known = await this.#find(sha256);
    if (known !== undefined) return known;
    const content = new StoredContent(large.size + frame.used, sha256, large.segments);
    content.frame = frame;
    frame.part = large.segments;
    frame.completes = content;
    this.#recent.set(sha256, content);
    await this.#queue.submit(frame);
    return content;
  }

  async #find(sha256: string): Promise<Content | undefined> {
    return this.#recent.get(sha256) ?? (await this.#findOlder(sha256));
  }

  /** Content of a complete pack, once the catalogue holds that for us. */
  async #findOlder(sha256: string): Promise<Content | undefined> {
    const content = this.#known.find(sha256);
    if (content === undefined || this.#kept.holds(content)) return content;
    for (const { pack } of content.segments) {
      const index = this.#indexes.get(pack);
      if (index !== undefined) await this.#kept.askOnce(index);
    }
    return this.#kept.holds(content) ? content : undefined;
  }

  async #submitShared(frame: Frame): Promise<void> {
    this.#shared = undefined;
    await this.#queue.submit(frame);
  }

  #newFrame(): Frame {
    return new Frame(this.#spares.pop() ?? Buffer.allocUnsafeSlow(maxFrameSize));
  }

  #recycle(buffer: Buffer): void {
    if (this.#spares.length < mostSpares) this.#spares.push(buffer);
  }

  async #load(): Promise<void> {
    for await (const { name, contents } of this.#catalogue.getPacks(
      this.#options.head.recipients,
    )) {
      this.#remember(decodePackIndex(name, contents));
    }
    this.#isLoaded = true;
  }

  #remember(index: PackIndex): void {
    this.#indexes.set(index.name, index);
    this.#known.add(index);
  }

  async #beginPack(name: string): Promise<void> {
    await this.#catalogue.beginPack(name);
    this.#kept.begin(name);
  }

  async #completePack(pack: StoredPack): Promise<void> {
    await this.#catalogue.completePack(pack);
    this.#kept.complete(pack);
    this.#storedBytes += pack.size;
    this.#completed.push(decodePackIndex(pack.name, pack.contents));
    if (this.#recent.size > mostRecent) this.#shrink();
  }

  /** Moves what lies in complete packs out of the map of recent contents. */
  #shrink(): void {
    for (const index of this.#completed.splice(0)) this.#remember(index);
    for (const [sha256, content] of this.#recent) {
      if (content.frame === undefined && this.#known.find(sha256) !== undefined) {
        this.#recent.delete(sha256);
      }
    }
  }
}

/** A stream of more than one frame. */
interface LargeContent {
  hash: Hash | undefined;
  size: number;
  readonly segments: Segment[];
}
