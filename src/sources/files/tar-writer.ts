import { once } from "node:events";
import { ProgramError } from "../../errors.ts";
import type { Content, Entry } from "../../manifest/entry.ts";
import { lastLines } from "../../server/run.ts";
import { dataRuns, onlyRuns } from "./hole-map.ts";
import { blockSize, paddingOf, type PaxHeader, writeHeader } from "./pax-header.ts";
import { type RunningTar, startTar, type Tar, type TarRun } from "./tar.ts";
import type { OpenContent, TreeWriter } from "./tree-writer.ts";

/** Bytes that are gathered before tar gets them. */
const gathered = 256 * 1024;

const extract = [
  "--extract",
  "--file=-",
  "--xattrs",
  "--xattrs-include=*",
  "--acls",
  "--same-permissions",
  "--numeric-owner",
  "--delay-directory-restore",
  "--warning=no-timestamp",
];

/** Has GNU tar make the tree: it sets all that Node has no call for. */
export class TarWriter implements TreeWriter {
  readonly #tar: RunningTar;
  #block: Buffer = Buffer.allocUnsafeSlow(gathered);
  #used = 0;

  private constructor(tar: RunningTar) {
    this.#tar = tar;
  }

  static async start(
    tar: Tar,
    run: TarRun,
    { setsOwners }: { readonly setsOwners: boolean },
  ): Promise<TarWriter> {
    const owners = setsOwners ? "--same-owner" : "--no-same-owner";
    const running = await startTar(tar, [...extract, owners], run);
    running.stdout.resume();
    return new TarWriter(running);
  }

  async make(entry: Entry): Promise<void> {
    const { type, hardLink, target } = entry;
    if (type === "socket") return;
    if (hardLink !== undefined)
      await this.#header({ entry, type: "hardLink", size: 0, link: hardLink });
    else if (type === "symlink") await this.#header({ entry, type, size: 0, link: target ?? "" });
    else await this.#header({ entry, type, size: 0 });
  }

  async writeFile(entry: Entry, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const size = entry.content?.size ?? 0;
    await this.#header({ entry, type: "file", size });
    await this.#body(bytes, size);
  }

  /** As GNU tar does it in its format 1.0: a map of the data, then the data. */
  async writeSparse(
    entry: Entry & { readonly content: Content },
    open: OpenContent,
  ): Promise<void> {
    const { size } = entry.content;
    const runs = await dataRuns(open());
    const end = { offset: size, length: 0 };
    const map = [...runs, end].flatMap(({ offset, length }) => [offset, length]);
    const text = Buffer.from(`${runs.length + 1}\n${map.join("\n")}\n`);
    const mapSize = text.length + paddingOf(text.length);
    const data = runs.reduce((sum, { length }) => sum + length, 0);
    const records = [
      ["GNU.sparse.major", "1"],
      ["GNU.sparse.minor", "0"],
      ["GNU.sparse.name", entry.path],
      ["GNU.sparse.realsize", String(size)],
    ] as const;
    await this.#header({ entry, type: "file", size: mapSize + data, records });
    await this.#write(text);
    await this.#zeros(paddingOf(text.length));
    await this.#body(onlyRuns(open(), runs), data);
  }

  async finish(): Promise<readonly string[]> {
    await this.#zeros(2 * blockSize);
    await this.#flush();
    this.#tar.stdin.end();
    const { status, said } = await this.#tar.end;
    if (status !== 0) throw this.#failure(status, said);
    return said;
  }

  async abort(): Promise<void> {
    this.#tar.kill();
    await this.#tar.end;
  }

  async #header(header: PaxHeader): Promise<void> {
    if (this.#used > gathered / 2) await this.#flush();
    writeHeader(header, (size) => this.#take(size));
  }

  async #body(bytes: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    for await (const chunk of bytes) await this.#write(chunk);
    await this.#zeros(paddingOf(size));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length;) {
      if (this.#used === this.#block.length) await this.#flush();
      const part = bytes.subarray(offset, offset + this.#block.length - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.length;
      offset += part.length;
    }
  }

  async #zeros(size: number): Promise<void> {
    if (this.#used + size > this.#block.length) await this.#flush();
    this.#take(size);
  }

  /** Room for so many bytes, zeros all of them. Attributes may need more than there is. */
  #take(size: number): Buffer {
    if (this.#used + size > this.#block.length) {
      const larger = Buffer.allocUnsafeSlow(this.#used + size);
      this.#block.copy(larger, 0, 0, this.#used);
      this.#block = larger;
    }
    const start = this.#used;
    this.#used += size;
    return this.#block.subarray(start, this.#used).fill(0);
  }

  async #flush(): Promise<void> {
    const bytes = this.#block.subarray(0, this.#used);
    const { stdin, end } = this.#tar;
    // The stream may keep it for a while.
    this.#block = Buffer.allocUnsafeSlow(gathered);
    this.#used = 0;
    if (bytes.length === 0 || stdin.write(bytes)) return;
    const drained = new AbortController();
    const draining = once(stdin, "drain", { signal: drained.signal }).then(() => undefined);
    const ended = await Promise.race([draining, end]);
    if (ended === undefined) return;
    drained.abort();
    draining.catch(() => undefined);
    throw this.#failure(ended.status, ended.said);
  }

  #failure(status: number | undefined, said: readonly string[]): ProgramError {
    const how = status === undefined ? "was killed" : `ended with status ${status}`;
    return new ProgramError(`tar ${how}: ${lastLines(said.join("\n"), 5)}`, {
      hint: "tar makes the restored files; nothing was left behind. Look into what it says.",
    });
  }
}
