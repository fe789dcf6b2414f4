import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  write,
} from "node:fs";
import { promisify } from "node:util";
import { bytePath, showPath } from "../../byte-path.ts";
import { ProgramError } from "../../errors.ts";
import type { Content, Entry } from "../../manifest/entry.ts";
import { codeOf } from "./code-of.ts";
import { dataIn, type DataRun } from "./hole-map.ts";
import type { OpenContent, TreeWriter } from "./tree-writer.ts";

const writeAsync = promisify(write);

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

export interface NodeWriterOptions {
  /** With one character a byte. */
  readonly folder: string;
  readonly setsOwners: boolean;
}

/** Makes the tree without GNU tar, as far as Node has calls for it; the rest is said. */
export class NodeWriter implements TreeWriter {
  readonly #options: NodeWriterOptions;
  /** Their metadata comes last: making what lies in them would change it. */
  readonly #folders: Entry[] = [];
  #extended = 0;
  #special = 0;

  constructor(options: NodeWriterOptions) {
    this.#options = options;
  }

  async make(entry: Entry): Promise<void> {
    const path = this.#at(entry.path);
    this.#try(entry, () => {
      if (entry.hardLink !== undefined) linkSync(this.#at(entry.hardLink), path);
      else if (entry.type === "directory") this.#makeFolder(entry, path);
      else if (entry.type === "symlink") this.#makeSymlink(entry, path);
      else if (entry.type === "file") this.#makeEmpty(entry, path);
      else this.#special += 1;
    });
  }

  async writeFile(entry: Entry, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#writeAll(entry, bytes, (chunk, position) => [
      { offset: position, length: chunk.length },
    ]);
  }

  async writeSparse(
    entry: Entry & { readonly content: Content },
    open: OpenContent,
  ): Promise<void> {
    await this.#writeAll(entry, open(), dataIn);
  }

  async finish(): Promise<readonly string[]> {
    for (const entry of this.#folders.toReversed()) {
      const path = this.#at(entry.path);
      this.#try(entry, () => {
        if (this.#options.setsOwners) lchownSync(path, entry.uid, entry.gid);
        chmodSync(path, entry.mode);
        utimesSync(path, timeOf(entry), timeOf(entry));
      });
    }
    const said = ["There is no GNU tar here: times are restored to the microsecond only"];
    if (this.#extended > 0) {
      said.push(`Extended attributes and ACLs of ${this.#extended} entries were not restored`);
    }
    if (this.#special > 0) said.push(`${this.#special} FIFOs and devices were not restored`);
    return said;
  }

  async abort(): Promise<void> {}

  async #writeAll(
    entry: Entry,
    bytes: AsyncIterable<Uint8Array>,
    runsIn: (chunk: Uint8Array, position: number) => readonly DataRun[],
  ): Promise<void> {
    const fd = this.#try(entry, () => create(this.#at(entry.path)));
    let position = 0;
    try {
      for await (const chunk of bytes) {
        for (const { offset, length } of runsIn(chunk, position)) {
          const start = offset - position;
          await this.#write(entry, fd, chunk.subarray(start, start + length), offset);
        }
        position += chunk.length;
      }
      this.#try(entry, () => {
        ftruncateSync(fd, position);
        this.#settle(entry, fd);
      });
    } finally {
      closeSync(fd);
    }
  }

  async #write(entry: Entry, fd: number, bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const left = bytes.length - done;
        done += (await writeAsync(fd, bytes, done, left, position + done)).bytesWritten;
      }
    } catch (error) {
      throw failure(entry, error);
    }
  }

  /** Owner before mode: changing the owner takes setuid away. */
  #settle(entry: Entry, fd: number): void {
    if (this.#options.setsOwners) fchownSync(fd, entry.uid, entry.gid);
    fchmodSync(fd, entry.mode);
    futimesSync(fd, timeOf(entry), timeOf(entry));
    this.#count(entry);
  }

  #makeFolder(entry: Entry, path: Buffer): void {
    if (entry.path !== ".") mkdirSync(path, { mode: 0o700 });
    this.#folders.push(entry);
    this.#count(entry);
  }

  #makeSymlink(entry: Entry, path: Buffer): void {
    symlinkSync(Buffer.from(entry.target ?? "", "latin1"), path);
    if (this.#options.setsOwners) lchownSync(path, entry.uid, entry.gid);
    lutimesSync(path, timeOf(entry), timeOf(entry));
    this.#count(entry);
  }

  #makeEmpty(entry: Entry, path: Buffer): void {
    const fd = create(path);
    try {
      this.#settle(entry, fd);
    } finally {
      closeSync(fd);
    }
  }

  #count({ xattrs, acl, defaultAcl }: Entry): void {
    if ((xattrs ?? acl ?? defaultAcl) !== undefined) this.#extended += 1;
  }

  #at(path: string): Buffer {
    return bytePath(this.#options.folder, path);
  }

  #try<T>(entry: Entry, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw failure(entry, error);
    }
  }
}

/** Never through a link, and never over anything. */
function create(path: Buffer): number {
  return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** A number below zero means "now" to Node, a date does not. */
function timeOf({ mtime }: Entry): number | Date {
  if (mtime < 0n) return new Date(Number(mtime / 1_000_000n));
  return Number(mtime / 1000n) / 1_000_000;
}

function failure({ path }: Entry, error: unknown): ProgramError {
  return new ProgramError(`${showPath(path)} could not be made (${codeOf(error)})`, {
    hint: "Nothing was left behind. Check the target's file system, and restore again.",
    cause: error,
  });
}
