import { createHash, hash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";
import { bytePath, showPath } from "../../byte-path.ts";
import { CorruptError } from "../../layouts/errors.ts";
import type { Content, Entry } from "../../manifest/entry.ts";
import { Turns } from "../../turns.ts";

const readAsync = promisify(read);
const chunkSize = 1024 * 1024;

/**
 * Reads every restored file again and compares it with the manifest: whatever wrote it, these are the
 * bytes. They come from the kernel's memory where it still has them.
 *
 * @throws CorruptError for the first one that differs
 */
export async function readBack(
  folder: string,
  entries: AsyncIterable<Entry>,
  signal: AbortSignal,
): Promise<void> {
  const turns = new Turns();
  for await (const { path, type, content, hardLink } of entries) {
    if (type !== "file" || content === undefined || hardLink !== undefined) continue;
    const sha256 = await hashFile(bytePath(folder, path), content);
    if (sha256 !== content.sha256) {
      throw new CorruptError(`${showPath(path)} was not restored as it is in the backup`, {
        hint: "Nothing was left behind. Check the target's disk and memory, and restore again.",
      });
    }
    if (!turns.isOver) continue;
    signal.throwIfAborted();
    await turns.pass();
  }
}

/** Undefined where it is not even a file of that size. */
export async function hashFile(path: Buffer, { size }: Content): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const fd = openSync(path, flags);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size !== size) return undefined;
    return size <= chunkSize ? hashSmall(fd, size) : await hashLarge(fd);
  } finally {
    closeSync(fd);
  }
}

const buffer = Buffer.allocUnsafeSlow(chunkSize);

function hashSmall(fd: number, size: number): string {
  const length = readSync(fd, buffer, 0, size, 0);
  return hash("sha256", buffer.subarray(0, length), "hex");
}

async function hashLarge(fd: number): Promise<string> {
  const sum = createHash("sha256");
  const chunk = Buffer.allocUnsafeSlow(chunkSize);
  for (let position = 0; ;) {
    const { bytesRead } = await readAsync(fd, chunk, 0, chunkSize, position);
    if (bytesRead === 0) return sum.digest("hex");
    sum.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}
