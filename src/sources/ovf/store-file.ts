import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { showPath } from "../../byte-path.ts";
import { ProgramError } from "../../errors.ts";
import { CorruptError } from "../../layouts/errors.ts";
import { readOvfStore } from "../../ovf-store/read.ts";
import type { RunContext } from "../source.ts";
import { BadDocument } from "./bad-document.ts";
import type { SourceFacts, Visit } from "./found.ts";

const chunkSize = 1024 * 1024;

/** Reads the documents of an OVF_STORE, a tar in a file or on a disk. */
export async function readStoreFile(
  path: string,
  { signal }: RunContext,
  visit: Visit,
): Promise<SourceFacts> {
  const before = await stat(path, { bigint: true });
  const chunks = createReadStream(path, { highWaterMark: chunkSize, signal });
  try {
    const { statuses } = await readOvfStore(chunks, async ({ id, name, size, mtime, bytes }) => {
      const found = { id, name: showPath(name), group: undefined };
      await (bytes === undefined
        ? visit({ ...found, reason: BadDocument.tooLarge(size).message })
        : visit({ ...found, bytes, mtime }));
    });
    const after = await stat(path, { bigint: true });
    if (after.ino === before.ino && after.mtimeNs === before.mtimeNs) {
      return { statuses, versions: {} };
    }
    throw new CorruptError("it changed while it was read");
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CorruptError)) throw error;
    throw new ProgramError(`${basename(path)} is no whole OVF_STORE: ${error.message}`, {
      hint: "Is it being written? Back it up again, or name another copy of it.",
      cause: error,
    });
  } finally {
    chunks.destroy();
  }
}
