import { createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import { open, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Io } from "../io.ts";
import { privateFolder } from "../report/state-folder.ts";

/** What is kept of one run. A dump that goes to stdout must not fill the disk a second time. */
const longest = { stdout: 1_000_000, stderr: 4_000_000 } as const;
/** What is kept of all runs in the default folder. */
const mostFiles = 100;
const mostBytes = 100_000_000;

export interface RunLogOptions {
  /** Where to write, and to append if it exists; else a new file in the state folder's `logs`. */
  readonly path?: string | undefined;
  readonly name: string;
}

/** The log file of one run: both streams as they came, each up to a limit. For its owner alone. */
export class RunLog {
  readonly path: string;
  readonly #stream: WriteStream;
  readonly #left: Record<"stdout" | "stderr", number> = { ...longest };
  #isAtLineStart = true;
  #error: Error | undefined;

  private constructor(path: string, stream: WriteStream) {
    this.path = path;
    this.#stream = stream;
    stream.on("error", (error) => {
      this.#error ??= error;
    });
  }

  /** Rejects where no file can be made. */
  static async create(env: Io["env"], options: RunLogOptions): Promise<RunLog> {
    const path =
      options.path === undefined ? await newPath(env, options.name) : resolve(options.path);
    const handle = await open(path, "a", 0o600);
    return new RunLog(path, createWriteStream(path, { fd: handle }));
  }

  /** A remark of ours, on a line of its own. */
  note(text: string): void {
    this.#stream.write(`${this.#isAtLineStart ? "" : "\n"}# ${text}\n`);
    this.#isAtLineStart = true;
  }

  add(name: "stdout" | "stderr", chunk: Buffer): void {
    const left = this.#left[name];
    if (left <= 0) return;
    const kept = chunk.subarray(0, left);
    this.#stream.write(kept);
    this.#isAtLineStart = kept.at(-1) === 0x0a;
    this.#left[name] = left - chunk.length;
    if (left < chunk.length) this.note(`what else the command wrote to ${name} is not kept`);
  }

  /** Waits until all is written; the first error on the way, if there was one. */
  async close(): Promise<Error | undefined> {
    const closed = once(this.#stream, "close").catch(() => undefined);
    if (!this.#stream.closed) {
      this.#stream.end();
      await closed;
    }
    return this.#error;
  }
}

async function newPath(env: Io["env"], name: string): Promise<string> {
  const folder = await privateFolder(env, "logs");
  await removeOldest(folder);
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, "");
  return join(folder, `${stamp}-${name.replaceAll(/[^\w.-]/g, "_").slice(0, 80)}.log`);
}

/** Names begin with the time, so the oldest come first. */
async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".log")).toSorted();
  let bytes = 0;
  for (const [place, name] of names.toReversed().entries()) {
    const path = join(folder, name);
    bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
    if (place >= mostFiles - 1 || bytes > mostBytes) await rm(path, { force: true });
  }
}
