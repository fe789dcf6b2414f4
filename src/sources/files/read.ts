import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  read,
  readSync,
} from "node:fs";
import { promisify } from "node:util";
import type { Sink } from "../../layouts/layout.ts";
import type { Content } from "../../manifest/entry.ts";
import { codeOf } from "./code-of.ts";

/** Files up to this are read at once, without waiting: that is many times faster. */
export const smallFileSize: number = 256 * 1024;

const chunkSize = 1024 * 1024;
const attempts = 3;

/** Why a file is not in the backup. */
export class UnreadableFile extends Error {
  readonly hasVanished: boolean;

  constructor(reason: string, hasVanished = false) {
    super(reason);
    this.hasVanished = hasVanished;
  }
}

/** What was read, and what the file was meanwhile. */
export interface ReadFile<T> {
  readonly content: T;
  readonly stat: BigIntStats;
}

/**
 * Reads a small file into `buffer` from `offset` on, where there is room for the largest of them and
 * one byte more.
 *
 * @throws UnreadableFile also where it was never at rest
 */
export function readSmallFile(
  path: Buffer,
  expected: BigIntStats,
  { buffer, offset }: { readonly buffer: Buffer; readonly offset: number },
): ReadFile<Buffer> {
  return withFile(path, (fd) => {
    let before = expected;
    for (let attempt = 0; attempt < attempts && before.size <= smallFileSize; attempt += 1) {
      const size = Number(before.size);
      // One byte more than expected: a read that leaves it free has seen the end.
      const length = readSync(fd, buffer, offset, size + 1, 0);
      const after = fstatSync(fd, { bigint: true });
      if (length === size && isSameFile(before, after)) {
        return { content: buffer.subarray(offset, offset + size), stat: after };
      }
      before = after;
    }
    throw new UnreadableFile("it changed while it was read");
  });
}

/**
 * Stores a file of any size.
 *
 * @throws UnreadableFile also where it was never at rest
 */
export async function storeLargeFile(
  path: Buffer,
  sink: Pick<Sink, "store">,
): Promise<ReadFile<Content>> {
  const fd = withErrors(() => openSync(path, flags));
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const before = regular(fstatSync(fd, { bigint: true }));
      const reading = new Reading(fd);
      const content = await sink.store(reading.chunks());
      if (reading.failure !== undefined) throw reading.failure;
      const after = fstatSync(fd, { bigint: true });
      if (BigInt(content.size) === before.size && isSameFile(before, after)) {
        return { content, stat: after };
      }
    }
  } finally {
    closeSync(fd);
  }
  throw new UnreadableFile("it changed while it was read");
}

const readAsync = promisify(read);

/** One pass through a file. Trouble ends it early: it is the file's, and no sink should fail of it. */
class Reading {
  readonly #fd: number;
  failure: UnreadableFile | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; ;) {
      const chunk = await this.#read(offset);
      if (chunk.length === 0) return;
      yield chunk;
      offset += chunk.length;
    }
  }

  async #read(offset: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(chunkSize);
    try {
      const { bytesRead } = await readAsync(this.#fd, buffer, 0, chunkSize, offset);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      this.failure = unreadable(error);
      return buffer.subarray(0, 0);
    }
  }
}

/** No link is followed and nothing is waited for, should the name be something else by now. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function withFile<T>(path: Buffer, work: (fd: number) => T): T {
  return withErrors(() => {
    const fd = openSync(path, flags);
    try {
      return work(fd);
    } finally {
      closeSync(fd);
    }
  });
}

function withErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UnreadableFile ? error : unreadable(error);
  }
}

function unreadable(error: unknown): UnreadableFile {
  const code = codeOf(error);
  return new UnreadableFile(`it could not be read (${code})`, code === "ENOENT");
}

function regular(stat: BigIntStats): BigIntStats {
  if (!stat.isFile()) throw new UnreadableFile("it changed while it was read");
  return stat;
}

function isSameFile(before: BigIntStats, after: BigIntStats): boolean {
  return (
    before.ino === after.ino &&
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs &&
    before.mode === after.mode
  );
}
