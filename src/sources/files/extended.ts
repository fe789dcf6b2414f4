import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExtendedMetadata } from "../../manifest/entry.ts";
import { ProgramError } from "../../errors.ts";
import { lastLines } from "../../server/run.ts";
import { TarHeaders } from "./tar-headers.ts";
import { type RunningTar, startTar, type Tar, type TarEnd, type TarRun } from "./tar.ts";
import type { Found } from "./walk.ts";

const create = [
  "--create",
  "--format=posix",
  // We know the times already; without these records most entries need no extended header.
  "--pax-option=delete=atime,delete=ctime,delete=mtime",
  "--xattrs",
  "--xattrs-include=*",
  "--acls",
  "--numeric-owner",
  "--hard-dereference",
  "--no-recursion",
  "--null",
  "--no-unquote",
  "--verbatim-files-from",
  "--files-from=-",
];

/** Where in a line of `tar -vv` it says that there are attributes (`*`) or an ACL (`+`). */
const markColumn = 10;

/** Files above this are not read by tar to their end only for what stands before their bytes. */
const smallEnough = 1024 * 1024;

export interface ExtendedRun extends TarRun {
  readonly scratchFolder: string;
}

/** Reads extended attributes and ACLs by way of GNU tar; Node has no call for them. */
export class ExtendedReader {
  readonly #tar: Tar;
  readonly #run: ExtendedRun;
  /** How many entries that have some could not be asked for them. */
  unread = 0;

  constructor(tar: Tar, run: ExtendedRun) {
    this.#tar = tar;
    this.#run = run;
  }

  /** What the entries that have any have. */
  async read(entries: readonly Found[]): Promise<ReadonlyMap<string, ExtendedMetadata>> {
    const found = new Map<string, ExtendedMetadata>();
    if (entries.length === 0) return found;
    const marked = await this.#probe(entries);
    const isLarge = ({ stat }: Found): boolean => stat.isFile() && stat.size > smallEnough;
    const small = marked.filter((entry) => !isLarge(entry));
    if (small.length > 0) await this.#readHeaders(small, found);
    for (const entry of marked.filter(isLarge)) await this.#readHeaders([entry], found);
    this.unread += marked.filter(({ path }) => !found.has(path)).length;
    return found;
  }

  /** Asks for marks alone: writing to /dev/null, tar opens no file. */
  async #probe(entries: readonly Found[]): Promise<readonly Found[]> {
    // Into a file, not a pipe: tar writes each line by itself, and each would wake us.
    const marks = join(this.#run.scratchFolder, "tar-marks");
    const args = ["--file=/dev/null", "-vv", "--quoting-style=escape", `--index-file=${marks}`];
    const tar = await this.#start(args, entries);
    tar.stdout.resume();
    check(await tar.end);
    const lines = (await readFile(marks, "latin1")).split("\n");
    // Something vanished, and the lines cannot be matched: all are asked.
    if (lines.length !== entries.length + 1) return entries;
    return entries.filter((_entry, index) => lines[index]?.[markColumn] !== " ");
  }

  async #readHeaders(
    entries: readonly Found[],
    found: Map<string, ExtendedMetadata>,
  ): Promise<void> {
    const tar = await this.#start(["--file=-"], entries);
    let headers = 0;
    const parser = new TarHeaders((path, extended) => {
      headers += 1;
      found.set(path, extended);
    });
    tar.stdout.on("data", (chunk: Buffer) => {
      parser.feed(chunk);
      if (headers === entries.length) tar.kill();
    });
    const end = await tar.end;
    if (headers < entries.length) check(end);
  }

  async #start(args: readonly string[], entries: readonly Found[]): Promise<RunningTar> {
    const tar = await startTar(this.#tar, [...create, ...args], this.#run);
    tar.stdin.end(Buffer.from(entries.map(({ path }) => `${path}\0`).join(""), "latin1"));
    return tar;
  }
}

/** 1 and 2 say that something vanished or could not be read; that shows in what comes out. */
function check({ status, said }: TarEnd): void {
  if (status !== undefined && status <= 2) return;
  const how = status === undefined ? "was killed" : `ended with status ${status}`;
  throw new ProgramError(`tar ${how}: ${lastLines(said.join("\n"), 5)}`, {
    hint: "Extended attributes and ACLs are read by GNU tar; look into what it says.",
  });
}
