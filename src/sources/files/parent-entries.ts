import type { BigIntStats } from "node:fs";
import type { CopyReader } from "../../layouts/layout.ts";
import { comparePaths, type Entry, type EntryType } from "../../manifest/entry.ts";

/** The entries of the parent beside those of a walk: both are in order, so one of them is in memory. */
export class ParentEntries {
  readonly #entries: AsyncIterator<Entry>;
  #next: Entry | undefined;
  #isOver = false;

  constructor(parent: Pick<CopyReader, "entries">) {
    this.#entries = parent.entries()[Symbol.asyncIterator]();
  }

  /** The entry of that path; paths must come in order. */
  async take(path: string): Promise<Entry | undefined> {
    for (;;) {
      if (this.#next === undefined) await this.#advance();
      if (this.#next === undefined) return undefined;
      const order = comparePaths(this.#next.path, path);
      if (order > 0) return undefined;
      const entry = this.#next;
      this.#next = undefined;
      if (order === 0) return entry;
    }
  }

  async #advance(): Promise<void> {
    if (this.#isOver) return;
    const { value, done } = await this.#entries.next();
    if (done === true) this.#isOver = true;
    else this.#next = value;
  }

  async close(): Promise<void> {
    await this.#entries.return?.();
  }
}

/** Whether an entry is what it was, by all that the file system tells without reading. */
export function isUnchanged(stat: BigIntStats, old: Entry): boolean {
  return (
    old.ctime === stat.ctimeNs &&
    old.inode === stat.ino &&
    old.mtime === stat.mtimeNs &&
    old.mode === Number(stat.mode & 0o7777n) &&
    old.type === typeOf(stat) &&
    (old.content === undefined || BigInt(old.content.size) === stat.size)
  );
}

export function typeOf(stat: BigIntStats): EntryType {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isFIFO()) return "fifo";
  if (stat.isCharacterDevice()) return "character";
  return stat.isBlockDevice() ? "block" : "socket";
}
