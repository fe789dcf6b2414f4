import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import type { CopyReader, Sink } from "../../src/layouts/layout.ts";
import {
  comparePaths,
  type Content,
  type Entry,
  type ManifestBody,
  type ManifestHead,
} from "../../src/manifest/entry.ts";
import { ProgramError } from "../../src/errors.ts";
import type { RunContext } from "../../src/sources/source.ts";
import { keptLog } from "../support/log.ts";
import { temporaryFolder } from "../support/folder.ts";

/** A copy in memory: a sink and, once it is filled, its reader. */
export interface MemoryCopy {
  readonly sink: Sink;
  readonly entries: readonly Entry[];
  /** The bytes by their sha256; a test may damage them. */
  readonly contents: Map<string, Buffer>;
  reader(body: ManifestBody): CopyReader;
  /** What lies at a path. */
  text(path: string): string;
}

export function memoryCopy(sourceType = "postgresql"): MemoryCopy {
  const contents = new Map<string, Buffer>();
  const entries: Entry[] = [];
  const sink: Sink = {
    async store(bytes) {
      const chunks: Buffer[] = [];
      if (bytes instanceof Uint8Array) chunks.push(Buffer.from(bytes));
      else for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
      const whole = Buffer.concat(chunks);
      const sha256 = createHash("sha256").update(whole).digest("hex");
      contents.set(sha256, whole);
      return { size: whole.length, sha256, segments: [] };
    },
    keeps: () => false,
    add(entry) {
      const last = entries.at(-1);
      if (last !== undefined && comparePaths(last.path, entry.path) >= 0) {
        throw new RangeError(`${entry.path} comes after ${last.path}`);
      }
      entries.push(entry);
      return Promise.resolve();
    },
    finish: () => Promise.reject(new TypeError("nothing is sealed in memory")),
    abort: () => Promise.resolve(),
  };
  const bytesOf = (content: Content | undefined): Buffer => {
    const found = contents.get(content?.sha256 ?? "");
    if (found === undefined) throw new ProgramError("the copy has no such content");
    return found;
  };
  return {
    sink,
    entries,
    contents,
    text: (path) => bytesOf(entries.find((entry) => entry.path === path)?.content).toString("utf8"),
    reader: (body) => memoryReader(entries, bytesOf, body, sourceType),
  };
}

function memoryReader(
  entries: readonly Entry[],
  bytesOf: (content: Content | undefined) => Buffer,
  body: ManifestBody,
  sourceType: string,
): CopyReader {
  async function* open(content: Content): AsyncGenerator<Uint8Array> {
    const bytes = bytesOf(content);
    for (let offset = 0; offset < bytes.length; offset += 65_536) {
      yield bytes.subarray(offset, offset + 65_536);
    }
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (sha256 !== content.sha256) throw new ProgramError("the content is corrupt");
  }
  return {
    head: headOf(sourceType),
    readBody: () => Promise.resolve(body),
    async *entries(prefix) {
      for (const entry of entries) {
        const fits = prefix === undefined || entry.path === prefix;
        if (fits || entry.path.startsWith(`${prefix}/`)) yield entry;
      }
    },
    find: (path) => Promise.resolve(entries.find((entry) => entry.path === path)),
    open,
    async readMany(wanted, visit) {
      for await (const entry of wanted) {
        if (entry.content !== undefined) await visit(entry, open(entry.content));
      }
    },
    async *verify() {
      // Nothing is kept anywhere that could be looked at.
    },
  };
}

function headOf(sourceType: string): ManifestHead {
  return {
    format: "lastgood-manifest",
    version: 1,
    installation: "00000000-0000-4000-8000-000000000000",
    backup: {
      id: "1",
      name: "shop-1",
      type: "full",
      source: "shop",
      sourceType,
      system: "shop.test",
      scope: "db",
      startedAt: "2026-01-10T12:00:00Z",
    },
    layout: "pack",
    recipients: [],
    packs: [],
    totals: { entries: 0, files: 0, bytes: 0 },
  };
}

export interface TestContext extends RunContext {
  readonly warnings: readonly string[];
  abort(): void;
}

/** A context with a folder of its own for one test. */
export async function testContext(env: Record<string, string> = {}): Promise<TestContext> {
  const controller = new AbortController();
  const warnings: string[] = [];
  onTestFinished(() => controller.abort());
  return {
    env: { PATH: process.env["PATH"], ...env },
    signal: controller.signal,
    logger: keptLog(),
    runName: `lastgood test ${createHash("sha256").update(String(Math.random())).digest("hex").slice(0, 12)}`,
    scratchFolder: await temporaryFolder(),
    warn: (text) => warnings.push(text),
    warnings,
    abort: () => controller.abort(),
  };
}
