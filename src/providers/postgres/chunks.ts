import { createHash } from "node:crypto";
import { CorruptError } from "../../layouts/errors.ts";
import type { ByteRange } from "../provider.ts";

/** Large enough to be quick, small enough to be read for a few bytes of it. */
export const chunkSize: number = 256 * 1024;

/** A whole object, as its row tells. */
export interface StoredRow {
  readonly id: string;
  readonly size: number;
  readonly chunkSize: number;
}

export function sha256Of(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/**
 * Chunks of full size, the last one may be smaller; none for a body without bytes. There are two
 * buffers in turn: one can be written while the next is filled.
 */
export async function* inChunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let [chunk, other] = [Buffer.allocUnsafeSlow(chunkSize), Buffer.allocUnsafeSlow(chunkSize)];
  let used = 0;
  for await (const bytes of body) {
    for (let rest = bytes; rest.length > 0;) {
      const taken = rest.subarray(0, chunkSize - used);
      chunk.set(taken, used);
      used += taken.length;
      rest = rest.subarray(taken.length);
      if (used < chunkSize) break;
      yield chunk;
      [chunk, other, used] = [other, chunk, 0];
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}

/** Which chunks of an object hold a range, the last one included. */
export function chunksOf({ chunkSize: each }: StoredRow, { offset, length }: ByteRange): Range {
  if (length === 0) return { first: 0, last: -1 };
  return { first: Math.floor(offset / each), last: Math.floor((offset + length - 1) / each) };
}

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Chunks come in slices: what `pg` puts together from pieces of the network costs memory by the row. */
export const sliceSize: number = 16 * 1024;

const headLength = 19;
/** Of a row: how many columns, and the length of each before it. */
const rowLength = 2 + 4 + 4 + 4 + 32 + 4;
const endLength = 2;

/** What COPY in binary has for so many chunks at most. */
export function copyLength({ chunkSize: each }: StoredRow, { first, last }: Range): number {
  const ofChunk = each + Math.ceil(each / sliceSize) * rowLength;
  return headLength + (last - first + 1) * ofChunk + endLength;
}

/**
 * The bytes of these chunks from what COPY gives for `number`, `sha256` and each slice, in order. They
 * are put together where they lie.
 *
 * @param what names the object for people
 * @throws CorruptError where one is missing, or is not as it was written
 */
export function readChunks(
  data: Buffer,
  object: StoredRow,
  { first, last }: Range,
  what: string,
): readonly Buffer[] {
  const rows = new Rows(data);
  const chunks: Buffer[] = [];
  for (let number = first; number <= last; number += 1) {
    const length = Math.min(object.chunkSize, object.size - number * object.chunkSize);
    const bytes = rows.takeChunk(number, length);
    const isWhole = bytes !== undefined && (number < last || rows.isAtEnd);
    if (!isWhole) {
      throw new CorruptError(`${what}: chunk ${number} is missing, or not as it was written`);
    }
    chunks.push(bytes);
  }
  return chunks;
}

class Rows {
  readonly #data: Buffer;
  #offset = headLength;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get isAtEnd(): boolean {
    const { length } = this.#data;
    return length === this.#offset + endLength && this.#data.readInt16BE(this.#offset) === -1;
  }

  /** Undefined where the next rows are not this chunk, of this length. */
  takeChunk(number: number, length: number): Buffer | undefined {
    const start = this.#offset + rowLength;
    const sha256 = this.#data.subarray(start - 4 - 32, start - 4);
    let end = start;
    while (end < start + length) {
      const size = Math.min(sliceSize, start + length - end);
      if (!this.#isRow(number, size)) return undefined;
      const from = this.#offset + rowLength;
      this.#data.copyWithin(end, from, from + size);
      this.#offset = from + size;
      end += size;
    }
    const bytes = this.#data.subarray(start, end);
    return sha256Of(bytes).equals(sha256) ? bytes : undefined;
  }

  #isRow(number: number, size: number): boolean {
    const [data, offset] = [this.#data, this.#offset];
    if (data.length < offset + rowLength + size) return false;
    return data.readInt32BE(offset + 6) === number && data.readInt32BE(offset + 46) === size;
  }
}
