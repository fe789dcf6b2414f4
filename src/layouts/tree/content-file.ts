import { createHash, hash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  readSync,
  type Stats,
  write,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { showPath } from "../../byte-path.ts";
import { codeOf, placeError } from "../../providers/local-fs/trouble.ts";
import { PlaceError } from "../../providers/provider.ts";
import type { Content } from "../../manifest/entry.ts";
import { CorruptError } from "../errors.ts";
import { bytesOf, tryHere } from "./folders.ts";

/** Files up to this are read at once, without waiting. */
const smallSize = 256 * 1024;
const chunkSize = 1024 * 1024;

const readAsync = promisify(read);
const writeAsync = promisify(write);

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** For writing once: mode 0400 counts for whoever opens it afterwards. */
function create(path: string): number {
  return openSync(bytesOf(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o400);
}

export function writeContent(path: string, bytes: Uint8Array): void {
  const fd = create(path);
  try {
    for (let offset = 0; offset < bytes.length;) offset += writeSync(fd, bytes, offset);
  } finally {
    closeSync(fd);
  }
}

/** Writes a stream into a new file; runs of zeros become holes. */
export async function writeStream(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  onChunk: (bytes: number) => void,
): Promise<Content> {
  const what = "content could not be written";
  const sum = createHash("sha256");
  const fd = tryHere(what, () => create(path));
  let size = 0;
  try {
    for await (const chunk of bytes) {
      sum.update(chunk);
      if (!isZero(chunk)) await writeAll(fd, chunk, size);
      size += chunk.length;
      onChunk(chunk.length);
    }
    tryHere(what, () => ftruncateSync(fd, size));
  } finally {
    closeSync(fd);
  }
  return { size, sha256: sum.digest("hex"), segments: [] };
}

async function writeAll(fd: number, chunk: Uint8Array, position: number): Promise<void> {
  try {
    for (let offset = 0; offset < chunk.length;) {
      const { bytesWritten } = await writeAsync(
        fd,
        chunk,
        offset,
        chunk.length - offset,
        position + offset,
      );
      offset += bytesWritten;
    }
  } catch (error) {
    throw placeError(error, "content could not be written");
  }
}

function openContent(path: string): number {
  try {
    return openSync(bytesOf(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ELOOP") throw new CorruptError(`${showPath(path)} is no plain file`);
    if (code !== "ENOENT" && code !== "ENOTDIR") {
      throw placeError(error, `${showPath(path)} cannot be read`);
    }
    throw new PlaceError("missing", `${showPath(path)} is not there`, { cause: error });
  }
}

const zeros = Buffer.alloc(chunkSize);

function isZero(chunk: Uint8Array): boolean {
  return (
    chunk.length >= 4096 &&
    chunk.length <= zeros.length &&
    zeros.compare(chunk, 0, chunk.length, 0, chunk.length) === 0
  );
}

/** An open file of the pool or of a tree, which must be what the manifest says. */
export class ContentFile {
  readonly #path: string;
  readonly #fd: number;
  readonly stat: Stats;

  /** @throws PlaceError; CorruptError where it is no plain file */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openContent(path);
    this.stat = fstatSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Its bytes in chunks, and at the end the comparison. @throws CorruptError */
  async *read(content: Content): AsyncGenerator<Uint8Array> {
    this.#checkSize(content);
    if (content.size <= smallSize) {
      yield this.#readSmall(content);
      return;
    }
    const sum = createHash("sha256");
    for (let offset = 0; offset < content.size;) {
      const chunk = await this.#readChunk(offset);
      if (chunk.length === 0) break;
      sum.update(chunk);
      yield chunk;
      offset += chunk.length;
    }
    this.#checkSum(sum.digest("hex"), content);
  }

  /** @throws CorruptError */
  async check(content: Content): Promise<void> {
    const chunks = this.read(content);
    let next = await chunks.next();
    while (next.done !== true) next = await chunks.next();
  }

  #readSmall(content: Content): Buffer {
    const buffer = Buffer.allocUnsafe(content.size);
    const length = tryHere(`${showPath(this.#path)} cannot be read`, () =>
      readSync(this.#fd, buffer, 0, content.size, 0),
    );
    const bytes = buffer.subarray(0, length);
    this.#checkSum(hash("sha256", bytes, "hex"), content);
    return bytes;
  }

  async #readChunk(offset: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(chunkSize);
    try {
      const { bytesRead } = await readAsync(this.#fd, buffer, 0, chunkSize, offset);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw placeError(error, `${showPath(this.#path)} cannot be read`);
    }
  }

  #checkSize({ size }: Content): void {
    if (!this.stat.isFile()) throw new CorruptError(`${showPath(this.#path)} is no plain file`);
    if (this.stat.size === size) return;
    const reason = `has ${this.stat.size} bytes instead of ${size}`;
    throw new CorruptError(`${showPath(this.#path)} ${reason}`);
  }

  #checkSum(sha256: string, content: Content): void {
    if (sha256 === content.sha256) return;
    throw new CorruptError(`${showPath(this.#path)} has other bytes than were stored`);
  }
}
