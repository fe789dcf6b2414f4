import { closeSync, constants, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Io } from "../io.ts";
import { tryRun } from "../server/run.ts";

export interface Pipe {
  readonly reader: Readable;
  /** Where a command writes; to be closed here once it has it, so that the reader sees its end. */
  readonly writer: number;
}

/**
 * Two pipes, as a shell makes them: those of `spawn` are sockets, and scripts that write to /dev/stderr
 * or /dev/stdout fail there. Undefined where none can be made.
 */
export async function makePipes(env: Io["env"]): Promise<readonly [Pipe, Pipe] | undefined> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(env["TMPDIR"] || tmpdir(), "lastgood-exec-"));
    const [first, second] = [join(folder, "stdout"), join(folder, "stderr")];
    const made = await tryRun("mkfifo", ["-m", "600", first, second], { env });
    return made.status === 0 ? [openPipe(first), openPipe(second)] : undefined;
  } catch {
    return undefined;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function openPipe(path: string): Pipe {
  // Else this would wait for a writer, and that one for a reader.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  return { reader: new Socket({ fd, readable: true, writable: false }), writer };
}

/** For pipes whose command has its ends now, or never will. */
export function closeWriters(pipes: readonly Pipe[]): void {
  for (const { writer } of pipes) closeSync(writer);
}
