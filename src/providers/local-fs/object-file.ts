import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { callbackify } from "node:util";
import type { ByteRange } from "../provider.ts";
import { PlaceError } from "../provider.ts";
import { attempt, placeError } from "./trouble.ts";

const blockSize = 1024 * 1024;

/**
 * Writes a body into a new file in large blocks, makes it durable and closes it. What the body throws
 * comes through as it is; trouble with the file is a PlaceError.
 */
export async function writeBody(
  handle: FileHandle,
  body: AsyncIterable<Uint8Array>,
  what: string,
): Promise<void> {
  try {
    for await (const block of inBlocks(body)) await attempt(what, () => writeAll(handle, block));
    await attempt(what, () => handle.sync());
  } finally {
    await attempt(what, () => handle.close());
  }
}

/** Small chunks gathered in a block that is used again; large ones as they are. */
async function* inBlocks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block: Buffer | undefined;
  let used = 0;
  for await (const chunk of body) {
    let rest = chunk;
    while (rest.length > 0 && (used > 0 || rest.length < blockSize)) {
      block ??= Buffer.allocUnsafeSlow(blockSize);
      const taken = rest.subarray(0, blockSize - used);
      block.set(taken, used);
      used += taken.length;
      rest = rest.subarray(taken.length);
      if (used < blockSize) break;
      yield block;
      used = 0;
    }
    if (rest.length > 0) yield rest;
  }
  if (block !== undefined && used > 0) yield block.subarray(0, used);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset);
    offset += bytesWritten;
  }
}

export interface ReadOptions {
  readonly range: ByteRange;
  readonly signal: AbortSignal;
  /** What failed, when it fails. */
  readonly what: string;
}

/** The bytes of a range of an open file, which is closed at the end. */
export class ObjectStream extends Readable {
  readonly #handle: FileHandle;
  readonly #options: ReadOptions;
  #position: number;
  #left: number;

  constructor(handle: FileHandle, options: ReadOptions) {
    super({ highWaterMark: 2 * blockSize });
    this.#handle = handle;
    this.#options = options;
    this.#position = options.range.offset;
    this.#left = options.range.length;
  }

  override _read(): void {
    this.#next().then(
      (block) => this.push(block),
      (error: unknown) => this.destroy(placeError(error, this.#options.what) as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const close = callbackify(() => attempt(this.#options.what, () => this.#handle.close()));
    close((failure) => callback(error ?? failure));
  }

  async #next(): Promise<Buffer | null> {
    this.#options.signal.throwIfAborted();
    if (this.#left === 0) return null;
    const block = Buffer.allocUnsafeSlow(Math.min(this.#left, blockSize));
    const { bytesRead } = await this.#handle.read(block, 0, block.length, this.#position);
    if (bytesRead === 0) {
      throw new PlaceError("failed", `${this.#options.what}: it became shorter meanwhile`);
    }
    this.#position += bytesRead;
    this.#left -= bytesRead;
    return block.subarray(0, bytesRead);
  }
}
