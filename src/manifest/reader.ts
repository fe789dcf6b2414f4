import { createHash, hash } from "node:crypto";
import { createFrameDecoder, type DecodeFrame } from "../encryption/frame.ts";
import { CorruptError } from "../layouts/errors.ts";
import { findingOf } from "../layouts/finding.ts";
import type { Finding, Identities, OpenCopyOptions } from "../layouts/layout.ts";
import { readRange } from "../layouts/read-object.ts";
import type { Provider } from "../providers/provider.ts";
import { decodeEntry, type EntryLine } from "./entry-line.ts";
import { comparePaths, type Entry, type ManifestBody, type ManifestHead } from "./entry.ts";
import { type Block, type DirectoryText, type EntryBlock, locateBlocks } from "./form.ts";
import { rememberOrigin } from "./origin.ts";
import { type LoadedManifest, loadManifest } from "./load.ts";

interface Directory {
  readonly blocks: readonly EntryBlock[];
  readonly body: Block;
}

/** Blocks read at once where many are wanted. */
const runSize = 512 * 1024;
/** A block of long names and attributes may be large; what was not written by us has failed its sha256 before. */
const maxBlockSize = 512 * 1024 * 1024;

/** Reads a manifest by parts; each part is compared with its sha256. */
export class ManifestReader {
  readonly head: ManifestHead;
  readonly size: number;
  readonly #provider: Provider;
  readonly #key: string;
  readonly #loaded: LoadedManifest;
  readonly #decode: DecodeFrame;
  #directory: Promise<Directory> | undefined;

  private constructor(options: OpenCopyOptions, loaded: LoadedManifest) {
    this.head = loaded.head;
    this.size = loaded.size;
    this.#provider = options.provider;
    this.#key = options.manifestKey;
    this.#loaded = loaded;
    this.#decode = createManifestDecoder(loaded.head.recipients, options.identities);
  }

  /**
   * Reads head and directory, and compares them with the catalogue's sha256; needs no key.
   *
   * @throws CorruptError; PlaceError, of kind `missing` where there is no such object
   */
  static async open(options: OpenCopyOptions): Promise<ManifestReader> {
    const { provider, manifestKey, manifestSize, manifestSha256 } = options;
    const loaded = await loadManifest(provider, manifestKey, manifestSize);
    if (loaded.sha256 !== manifestSha256) {
      throw new CorruptError(`${manifestKey} is not the manifest that the catalogue knows`);
    }
    return new ManifestReader(options, loaded);
  }

  /** @throws KeyMissingError where it is encrypted and no identity opens it */
  async readBody(): Promise<ManifestBody> {
    const { body } = await this.#openDirectory();
    const [frame] = await this.#readRun([body]);
    return JSON.parse(await this.#textOf(frame)) as ManifestBody;
  }

  /** Entries in order; with a prefix only that path and what lies below it. */
  async *entries(prefix?: string): AsyncGenerator<Entry> {
    const { blocks } = await this.#openDirectory();
    const wanted = prefix === undefined ? blocks : blocksBelow(blocks, prefix);
    for await (const entries of this.#decodeRuns(runsOf(wanted))) {
      // `yield*` would take three times as long.
      for (const entry of entries) {
        if (prefix === undefined || isBelow(entry.path, prefix)) yield entry;
      }
    }
  }

  /** One entry; reads one block. */
  async find(path: string): Promise<Entry | undefined> {
    const { blocks } = await this.#openDirectory();
    const block = blocks[lastNotAfter(blocks, path)];
    if (block === undefined) return undefined;
    const entries = await this.#decodeRun([block]);
    return entries.find((entry) => entry.path === path);
  }

  /** Hashes all that `open` did not, as it is stored; needs no key. */
  async *check(signal: AbortSignal): AsyncGenerator<Finding> {
    const { headLength, trailer } = this.#loaded;
    const length = trailer.directoryOffset - headLength;
    try {
      const all = createHash("sha256");
      const bytes = await this.#provider.get(this.#key, { offset: headLength, length });
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        all.update(chunk as Uint8Array);
      }
      if (all.digest("hex") !== trailer.blocksSha256) {
        throw new CorruptError(`the list in ${this.#key} is not what was stored`);
      }
    } catch (error) {
      yield findingOf(this.#key, error);
    }
  }

  async #openDirectory(): Promise<Directory> {
    this.#directory ??= this.#textOf(this.#loaded.directory).then((text) =>
      locateBlocks(JSON.parse(text) as DirectoryText, this.#loaded.headLength),
    );
    return await this.#directory;
  }

  /** The next run is read and decoded while one is being used. */
  async *#decodeRuns(runs: readonly (readonly Block[])[]): AsyncGenerator<readonly Entry[]> {
    let next = this.#start(runs[0]);
    for (let index = 0; index < runs.length; index += 1) {
      const current = next;
      next = this.#start(runs[index + 1]);
      yield await current;
    }
  }

  #start(run: readonly Block[] | undefined): Promise<readonly Entry[]> {
    const decoding = run === undefined ? Promise.resolve([]) : this.#decodeRun(run);
    // Whoever awaits it sees the failure; a reader that stops early never does.
    decoding.catch(() => {});
    return decoding;
  }

  async #decodeRun(run: readonly Block[]): Promise<readonly Entry[]> {
    const frames = await this.#readRun(run);
    const blocks = await Promise.all(frames.map((frame) => this.#decodeBlock(frame)));
    return blocks.flat();
  }

  async #decodeBlock(frame: Buffer): Promise<readonly Entry[]> {
    const entries = parseLines(await this.#textOf(frame)).map(decodeEntry);
    rememberOrigin({ entries, frame, recipients: this.head.recipients });
    return entries;
  }

  /** The frames of blocks that follow each other. */
  async #readRun(run: readonly Block[]): Promise<Buffer[]> {
    const offset = run[0]?.offset ?? 0;
    const length = run.reduce((sum, block) => sum + block.length, 0);
    const bytes = await readRange(this.#provider, this.#key, { offset, length });
    return run.map((block) => {
      const start = block.offset - offset;
      const frame = bytes.subarray(start, start + block.length);
      if (hash("sha256", frame, "hex") !== block.sha256) {
        throw new CorruptError(`${this.#key} differs at byte ${block.offset}`);
      }
      return frame;
    });
  }

  async #textOf(frame: Buffer | undefined): Promise<string> {
    return frame === undefined ? "" : (await this.#decode(frame)).toString("utf8");
  }
}

/** Decodes blocks, body and directory of a manifest. */
function createManifestDecoder(recipients: readonly string[], identities: Identities): DecodeFrame {
  return createFrameDecoder(recipients, identities, maxBlockSize);
}

/** JSON has no raw line ends inside a value, so each of them ends a line. */
function parseLines(text: string): EntryLine[] {
  return JSON.parse(`[${text.replaceAll("\n", ",")}]`) as EntryLine[];
}

function runsOf(blocks: readonly Block[]): Block[][] {
  const runs: Block[][] = [];
  let size = Infinity;
  for (const block of blocks) {
    if (size + block.length > runSize) {
      runs.push([]);
      size = 0;
    }
    runs.at(-1)?.push(block);
    size += block.length;
  }
  return runs;
}

/** Index of the last block that begins at or before a path; -1 where there is none. */
function lastNotAfter(blocks: readonly EntryBlock[], path: string): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePaths(blocks[middle]?.first ?? "", path) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function blocksBelow(blocks: readonly EntryBlock[], prefix: string): readonly EntryBlock[] {
  const start = Math.max(0, lastNotAfter(blocks, prefix));
  let end = start + 1;
  while (isBelow(blocks[end]?.first ?? "", prefix)) end += 1;
  return blocks.slice(start, end);
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}
