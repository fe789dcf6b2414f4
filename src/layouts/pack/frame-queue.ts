import { availableParallelism } from "node:os";
import type { EncodeFrame } from "../../encryption/frame.ts";
import type { Content, Segment } from "../../manifest/entry.ts";
import type { Provider } from "../../providers/provider.ts";
import { PackUpload, randomPackName, type StoredPack } from "./pack-upload.ts";

/** Content while it is being stored: its segments come as its frames are written. */
export class StoredContent implements Content {
  readonly size: number;
  readonly sha256: string;
  readonly segments: Segment[];
  /** The frame that holds its last bytes, until that is written. */
  frame: Frame | undefined;

  constructor(size: number, sha256: string, segments: Segment[] = []) {
    this.size = size;
    this.sha256 = sha256;
    this.segments = segments;
  }
}

/** Up to 4 MiB on their way into a pack: either many small contents, or a part of a large one. */
export class Frame {
  readonly buffer: Buffer;
  used = 0;
  readonly small: { readonly content: StoredContent; readonly skip: number }[] = [];
  /** Collects where the parts of a large content lie. */
  part: Segment[] | undefined;
  /** Set with the last part of a large content that is to be found again. */
  completes: StoredContent | undefined;
  readonly #written = Promise.withResolvers<void>();

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.written.catch(() => {});
  }

  get written(): Promise<void> {
    return this.#written.promise;
  }

  settle(error?: { readonly cause: unknown }): void {
    for (const { content } of this.small) content.frame = undefined;
    if (this.completes !== undefined) this.completes.frame = undefined;
    if (error === undefined) this.#written.resolve();
    else this.#written.reject(error.cause);
  }
}

export interface FrameQueueOptions {
  readonly provider: Provider;
  readonly encode: EncodeFrame;
  readonly beginPack: (name: string) => Promise<void>;
  /** Called when a pack was read back, in the order of packs. */
  readonly completePack: (pack: StoredPack) => Promise<void>;
  /** Takes back the buffer of a frame that is encoded. */
  readonly recycle: (buffer: Buffer) => void;
}

/** Frames being compressed or waiting to be written: more than there are cores only take memory. */
const mostAtOnce = Math.min(3, availableParallelism());

/** Compresses frames side by side and writes them into packs in the order they came. */
export class FrameQueue {
  readonly #options: FrameQueueOptions;
  readonly #writing: Frame[] = [];
  #last: Promise<void> = Promise.resolve();
  #pack: PackUpload | undefined;
  /** The pack before, which is being read back while the next one is written. */
  #closing: Promise<void> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  /** Takes a frame; resolves when there is room for the next one. */
  async submit(frame: Frame): Promise<void> {
    this.#writing.push(frame);
    const encoding = this.#encode(frame);
    encoding.catch(() => {});
    this.#last = this.#last.then(() => this.#write(frame, encoding));
    while (this.#writing.length > mostAtOnce) await this.#writing[0]?.written;
    this.throwIfFailed();
  }

  /** Writes what is left and waits until every pack was read back. */
  async finish(): Promise<void> {
    await this.#last;
    this.throwIfFailed();
    await this.#closePack();
    await this.#closing;
  }

  /** Ends everything with this error; resolves when nothing is being written any more. */
  async abort(cause: unknown): Promise<void> {
    this.#failure ??= { cause };
    await this.#pack?.abort(cause);
    await this.#last;
    await this.#closing.catch(() => {});
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  async #encode(frame: Frame): Promise<Uint8Array> {
    const stored = await this.#options.encode(frame.buffer.subarray(0, frame.used));
    this.#options.recycle(frame.buffer);
    return stored;
  }

  /** Never rejects: what goes wrong ends all frames that follow, too. */
  async #write(frame: Frame, encoding: Promise<Uint8Array>): Promise<void> {
    try {
      this.throwIfFailed();
      await this.#append(frame, await encoding);
      frame.settle();
    } catch (cause) {
      this.#failure ??= { cause };
      frame.settle(this.#failure);
      await this.#pack?.abort(cause);
    } finally {
      this.#writing.shift();
    }
  }

  async #append(frame: Frame, stored: Uint8Array): Promise<void> {
    const pack = (this.#pack ??= await this.#openPack());
    const offset = await pack.append(stored);
    for (const { content, skip } of frame.small) {
      content.segments.push({ pack: pack.name, offset, frames: [stored.length], skip });
      pack.indexSmall(content, skip);
    }
    if (frame.part !== undefined) appendFrame(frame.part, pack.name, offset, stored.length);
    if (frame.completes !== undefined) pack.indexLarge(frame.completes);
    if (pack.isFull) await this.#closePack();
  }

  async #openPack(): Promise<PackUpload> {
    const name = randomPackName();
    await this.#options.beginPack(name);
    this.throwIfFailed();
    return new PackUpload(this.#options.provider, name);
  }

  async #closePack(): Promise<void> {
    const pack = this.#pack;
    if (pack === undefined) return;
    // One is read back at a time: more would compete for the same disk.
    await this.#closing;
    this.#pack = undefined;
    this.#closing = this.#complete(pack);
    this.#closing.catch((cause: unknown) => (this.#failure ??= { cause }));
  }

  async #complete(pack: PackUpload): Promise<void> {
    await this.#options.completePack(await pack.close());
  }
}

/** Adds a frame to the last segment where it follows it, else begins the next one. */
export function appendFrame(
  segments: Segment[],
  pack: string,
  offset: number,
  length: number,
): void {
  const last = segments.at(-1);
  const end = last === undefined ? -1 : last.frames.reduce((sum, each) => sum + each, last.offset);
  if (last?.pack === pack && end === offset) {
    segments[segments.length - 1] = { ...last, frames: [...last.frames, length] };
  } else {
    segments.push({ pack, offset, frames: [length], skip: 0 });
  }
}
