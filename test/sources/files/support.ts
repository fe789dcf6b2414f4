import { createHash, hash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CorruptError } from "../../../src/layouts/errors.ts";
import type { CopyReader, SealedCopy, Sink } from "../../../src/layouts/layout.ts";
import {
  comparePaths,
  type Content,
  type Entry,
  type ManifestBody,
  type ManifestHead,
} from "../../../src/manifest/entry.ts";
import { backUpFiles } from "../../../src/sources/files/back-up.ts";
import { filesSettings } from "../../../src/sources/files/settings.ts";
import type { RunContext } from "../../../src/sources/source.ts";
import { keptLog } from "../../support/log.ts";

/** A copy in memory: what a source wrote into it can be looked at and read again. */
export class MemoryCopy implements Sink, CopyReader {
  readonly list: Entry[] = [];
  readonly contents: Map<string, Buffer> = new Map();
  /** How many times content was given to it. */
  stores: number = 0;
  body: ManifestBody = { items: [], missing: [], notCollected: [], versions: {} };

  get head(): ManifestHead {
    const files = this.list.filter(({ type }) => type === "file");
    return {
      format: "lastgood-manifest",
      version: 1,
      installation: "00000000-0000-0000-0000-000000000000",
      backup: {
        id: "1",
        name: "memory",
        type: "full",
        source: "files",
        sourceType: "files",
        system: "test.example",
        scope: "files",
        startedAt: "2026-01-01T00:00:00Z",
      },
      layout: "pack",
      recipients: [],
      packs: [],
      totals: {
        entries: this.list.length,
        files: files.length,
        bytes: files.reduce((sum, { content }) => sum + (content?.size ?? 0), 0),
      },
    };
  }

  async store(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Content> {
    this.stores += 1;
    const all = bytes instanceof Uint8Array ? Buffer.from(bytes) : await collect(bytes);
    const sha256 = hash("sha256", all, "hex");
    this.contents.set(sha256, all);
    return { size: all.length, sha256, segments: [] };
  }

  keeps(content: Content): boolean {
    return this.contents.has(content.sha256);
  }

  async add(entry: Entry): Promise<void> {
    const last = this.list.at(-1);
    if (last !== undefined && comparePaths(last.path, entry.path) >= 0) {
      throw new RangeError(`${entry.path} after ${last.path}`);
    }
    this.list.push(entry);
  }

  finish(body: ManifestBody): Promise<SealedCopy> {
    this.body = body;
    return Promise.reject(new Error("a copy in memory is not sealed"));
  }

  async abort(): Promise<void> {}

  async readBody(): Promise<ManifestBody> {
    return this.body;
  }

  async *entries(prefix?: string): AsyncGenerator<Entry> {
    for (const entry of this.list) {
      if (prefix === undefined || `${entry.path}/`.startsWith(`${prefix}/`)) yield entry;
    }
  }

  async find(path: string): Promise<Entry | undefined> {
    return this.list.find((entry) => entry.path === path);
  }

  async *open(content: Content): AsyncGenerator<Uint8Array> {
    const bytes = this.contents.get(content.sha256);
    if (bytes === undefined) throw new CorruptError("no such content");
    for (let offset = 0; offset < bytes.length; offset += 1024 * 1024) {
      yield bytes.subarray(offset, offset + 1024 * 1024);
    }
    if (createHash("sha256").update(bytes).digest("hex") !== content.sha256) {
      throw new CorruptError("not what was stored");
    }
  }

  async readMany(
    entries: AsyncIterable<Entry> | Iterable<Entry>,
    visit: (entry: Entry, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    const all: Entry[] = [];
    for await (const entry of entries) all.push(entry);
    // Not the order in which they come, as the interface says.
    for (const entry of all.toReversed()) {
      if (entry.content !== undefined) await visit(entry, this.open(entry.content));
    }
  }

  // oxlint-disable-next-line require-yield
  async *verify(): AsyncGenerator<never> {
    throw new Error("a copy in memory is not verified");
  }

  entry(path: string): Entry {
    const found = this.list.find((entry) => entry.path === path);
    if (found === undefined) throw new Error(`no entry ${path} in ${this.paths().join(" ")}`);
    return found;
  }

  paths(): readonly string[] {
    return this.list.map(({ path }) => path);
  }

  text(path: string): string | undefined {
    const { content } = this.entry(path);
    return content && this.contents.get(content.sha256)?.toString();
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** What an act on a source is given in tests; `warnings` are what it was told. */
export interface TestContext extends RunContext {
  readonly warnings: string[];
}

export async function runContext(
  folder: string,
  options: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<TestContext> {
  const warnings: string[] = [];
  const scratchFolder = join(folder, "scratch");
  await mkdir(scratchFolder, { recursive: true, mode: 0o700 });
  return {
    env: { PATH: process.env["PATH"], ...options.env },
    signal: options.signal ?? new AbortController().signal,
    logger: keptLog(),
    runName: "lastgood test",
    scratchFolder,
    warnings,
    warn: (text) => warnings.push(text),
  };
}

export interface BackUpSettings {
  readonly parent?: MemoryCopy;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly sink?: MemoryCopy;
}

/** Backs a folder up into memory; with a parent as an incremental backup beside it. */
export async function backUp(
  path: string,
  context: TestContext,
  { parent, settings, sink = new MemoryCopy() }: BackUpSettings = {},
): Promise<MemoryCopy> {
  for (const [sha256, bytes] of parent?.contents ?? []) sink.contents.set(sha256, bytes);
  sink.body = await backUpFiles({
    settings: filesSettings.parse({ path, ...settings }),
    sink,
    ...(parent ? { parent } : {}),
    context,
    excludeTables: [],
  });
  return sink;
}
