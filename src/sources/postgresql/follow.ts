import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ProgramError } from "../../errors.ts";
import type { Sink } from "../../layouts/layout.ts";
import type { Content } from "../../manifest/entry.ts";

const chunkBytes = 1024 * 1024;
const pauseMs = 10;

export interface FollowerOptions {
  readonly folder: string;
  readonly sink: Sink;
  /** How many files are written at once; one more than that are read at once, and some small ones. */
  readonly jobs: number;
}

/**
 * Stores the data files of a dump in directory format while they are written, each from its start,
 * and removes it when it is complete. What it holds on disk is what the sink has not taken yet.
 */
export class Follower {
  readonly contents: Map<string, Content> = new Map();
  readonly #options: FollowerOptions;
  readonly #seen = new Set<string>();
  readonly #waiting: string[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #finished = new Set<string>();
  #hasWriterEnded = false;
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** The program says that a file will not grow any more. */
  finish(name: string): void {
    this.#finished.add(name);
  }

  /**
   * Follows until the writer has ended; `onFailure` is called when storing fails before. Resolves
   * when all that was written by then is stored.
   */
  async follow(writer: Promise<unknown>, onFailure: () => void): Promise<void> {
    void writer.then(() => (this.#hasWriterEnded = true));
    while (!this.#hasWriterEnded && this.#failure === undefined) {
      await this.#look();
      await Promise.race([writer, delay(pauseMs)]);
    }
    if (this.#failure === undefined) await this.#look();
    else onFailure();
    await writer;
    while (this.#running.size > 0) await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  /** Stores what is left beside the data files, such as the table of contents. */
  async storeRest(): Promise<void> {
    for (const name of await readdir(this.#options.folder)) {
      if (!this.contents.has(name)) await this.#store(name, { isKept: true });
    }
  }

  async #look(): Promise<void> {
    const names = await readdir(this.#options.folder).catch(() => []);
    for (const name of names.filter((each) => /^\d+\.dat$/.test(each) && !this.#seen.has(each))) {
      // A single writer has closed one file before it makes the next.
      if (this.#options.jobs === 1) for (const earlier of this.#seen) this.#finished.add(earlier);
      this.#seen.add(name);
      this.#waiting.push(name);
    }
    this.#start();
  }

  #start(): void {
    while (this.#running.size < this.#options.jobs + 3 && this.#failure === undefined) {
      const name = this.#waiting.shift();
      if (name === undefined) return;
      const work = this.#store(name, { isKept: false })
        .catch((cause: unknown) => {
          this.#failure ??= { cause };
        })
        .finally(() => {
          this.#running.delete(work);
          this.#start();
        });
      this.#running.add(work);
    }
  }

  async #store(name: string, { isKept }: { isKept: boolean }): Promise<void> {
    const path = join(this.#options.folder, name);
    const isFinished = (): boolean => isKept || this.#hasWriterEnded || this.#finished.has(name);
    const content = await this.#options.sink.store(grow(path, isFinished));
    this.contents.set(name, content);
    if (!isKept) await rm(path);
  }
}

/** The bytes of a file that only ever grows, until it is finished. */
async function* grow(path: string, isFinished: () => boolean): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    let offset = 0;
    // Most tables are small.
    let buffer = Buffer.allocUnsafeSlow(16 * 1024);
    for (;;) {
      const isLast = isFinished();
      const { length } = buffer;
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      offset += bytesRead;
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (isLast) break;
      // Large pieces cost less than many small ones.
      if (!isLast && bytesRead < length) await delay(pauseMs);
      // The sink has taken what was yielded: one buffer will do, and leaves no work for the collector.
      if (bytesRead === length && length < chunkBytes) {
        buffer = Buffer.allocUnsafeSlow(Math.min(length * 4, chunkBytes));
      }
    }
    const { size } = await file.stat();
    if (size !== offset) throw new ProgramError(`${path} changed while it was stored`);
  } finally {
    await file.close();
  }
}
