import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { maxDocumentSize } from "../../ovf-store/read.ts";
import { codeOf } from "../files/code-of.ts";
import { BadDocument } from "./bad-document.ts";

export interface ReadDocument {
  readonly bytes: Uint8Array;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
}

/** It was listed, and is not there any more. */
export class DocumentVanished extends Error {}

/** No link is followed and nothing is waited for. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const attempts = 3;

/**
 * Reads a document that is at rest.
 *
 * @throws BadDocument, DocumentVanished
 */
export async function readDocument(path: Buffer): Promise<ReadDocument> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags);
    return await readAtRest(file);
  } catch (error) {
    if (error instanceof BadDocument) throw error;
    const code = codeOf(error);
    if (code === "ENOENT") throw new DocumentVanished("it is not there any more");
    if (code === "ELOOP") throw new BadDocument("it is a symbolic link, which is not followed");
    throw new BadDocument(`it could not be read (${code})`);
  } finally {
    await file?.close();
  }
}

async function readAtRest(file: FileHandle): Promise<ReadDocument> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = await file.stat({ bigint: true });
    if (!before.isFile()) throw new BadDocument("it is no file");
    const size = Number(before.size);
    if (size > maxDocumentSize) throw BadDocument.tooLarge(size);
    const bytes = await readWhole(file, size);
    const after = await file.stat({ bigint: true });
    if (bytes.length === size && isSame(before, after)) return { bytes, mtime: after.mtimeNs };
  }
  throw new BadDocument("it changed while it was read");
}

/** One byte more than expected, where there is one: then it has grown. */
async function readWhole(file: FileHandle, size: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return (
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs
  );
}
