import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CorruptError } from "../../src/layouts/errors.ts";
import {
  comparePaths,
  type Entry,
  type EntryType,
  type ManifestHead,
} from "../../src/manifest/entry.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { ManifestReader } from "../../src/manifest/reader.ts";
import { ManifestWriter, storeManifest, type WrittenManifest } from "../../src/manifest/writer.ts";
import { collect, emptyBody, entryOf, headOf, MemoryProvider } from "../layouts/support.ts";

const key = "manifests/a.manifest";
const head: Omit<ManifestHead, "totals"> = { ...headOf("a"), layout: "pack", packs: [] };

interface Stored {
  readonly provider: MemoryProvider;
  readonly written: WrittenManifest;
  open(): Promise<ManifestReader>;
}

async function write(entries: readonly Entry[], body = emptyBody): Promise<Stored> {
  const writer = new ManifestWriter({ recipients: [] });
  for (const entry of entries) await writer.add(entry);
  const written = await writer.finish(head, body);
  const provider = new MemoryProvider();
  await storeManifest(provider, key, written);
  const { sha256: manifestSha256, size: manifestSize } = written;
  const options = { provider, manifestKey: key, manifestSha256, manifestSize, identities: [] };
  return { provider, written, open: () => ManifestReader.open(options) };
}

function manyEntries(count: number): Entry[] {
  return Array.from({ length: count }, (_, index) =>
    entryOf(
      `d${String(Math.floor(index / 100)).padStart(4, "0")}/f${String(index % 100).padStart(2, "0")}`,
    ),
  );
}

// Any byte but NUL and "/" may be in a name.
const name = fc
  .array(
    fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 47),
    { minLength: 1, maxLength: 12 },
  )
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const types: EntryType[] = ["file", "directory", "symlink", "fifo", "character", "block", "socket"];
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const segment = fc.record({
  pack: fc.stringMatching(/^[a-z0-9]{20}$/),
  offset: fc.nat(),
  frames: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  skip: fc.nat(),
});
const entry: fc.Arbitrary<Entry> = fc.record(
  {
    path,
    type: fc.constantFrom(...types),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.nat(),
    gid: fc.nat(),
    mtime: bigint,
    user: fc.string(),
    group: fc.string(),
    ctime: bigint,
    inode: bigint,
    target: name,
    hardLink: path,
    device: fc.tuple(fc.nat(), fc.nat()),
    isSparse: fc.constant(true),
    xattrs: fc.dictionary(fc.string(), fc.base64String()),
    acl: fc.string(),
    defaultAcl: fc.string(),
    content: fc.record({
      size: fc.maxSafeNat(),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
      segments: fc.array(segment, { maxLength: 2 }),
    }),
  },
  { requiredKeys: ["path", "type", "mode", "uid", "gid", "mtime"] },
);
const entryList = fc.uniqueArray(entry, { selector: (each) => each.path, maxLength: 20 });

test("every entry comes back as it was, whatever its name", async () => {
  await fc.assert(
    fc.asyncProperty(entryList, async (unsorted) => {
      const entries = unsorted.toSorted((a, b) => comparePaths(a.path, b.path));
      const reader = await (await write(entries)).open();
      expect(await collect(reader.entries())).toEqual(entries);
      for (const each of entries) expect(await reader.find(each.path)).toEqual(each);
    }),
    { numRuns: 150 },
  );
});

test("a folder's entries are those below it, and no neighbours", async () => {
  await fc.assert(
    fc.asyncProperty(entryList, path, async (unsorted, prefix) => {
      const entries = unsorted.toSorted((a, b) => comparePaths(a.path, b.path));
      const wanted = [prefix, ...entries.map((each) => each.path.split("/")[0] ?? "")];
      const reader = await (await write(entries)).open();
      for (const each of wanted) {
        const expected = entries.filter((one) => `${one.path}/`.startsWith(`${each}/`));
        expect(await collect(reader.entries(each))).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
});

test("a folder of many blocks is found whole", async () => {
  const entries = [
    ...manyEntries(3000),
    ...manyEntries(9000).map((each) => ({ ...each, path: `e/${each.path}` })),
    ...manyEntries(50).map((each) => ({ ...each, path: `e-f/${each.path}` })),
  ].toSorted((a, b) => comparePaths(a.path, b.path));
  const reader = await (await write(entries)).open();
  expect(await collect(reader.entries("e"))).toHaveLength(9000);
  expect(await collect(reader.entries("e/d0042"))).toHaveLength(100);
  expect(await collect(reader.entries("e-f"))).toHaveLength(50);
  expect(await collect(reader.entries("zzz"))).toEqual([]);
});

test("one name among 20,000 costs the ends of the manifest and one block", async () => {
  const stored = await write(manyEntries(20_000));
  const { provider } = stored;
  provider.calls.length = 0;
  const reader = await stored.open();
  expect(await reader.find("d0123/f45")).toMatchObject({ path: "d0123/f45" });
  expect(await reader.find("d0123/f45x")).toBeUndefined();
  expect(await reader.find("")).toBeUndefined();
  const lengths = provider.calls.map((call) => Number(call.split("+")[1]));
  expect(provider.calls.length).toBeLessThanOrEqual(4);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(64 * 1024);
});

test("an entry more changes one block", async () => {
  const entries = manyEntries(20_000);
  const more = [...entries, entryOf("d0077/f50x")].toSorted((a, b) => comparePaths(a.path, b.path));
  const partsOf = async (list: readonly Entry[]): Promise<Set<string>> =>
    new Set((await write(list)).written.parts.map((part) => Buffer.from(part).toString("hex")));
  const before = await partsOf(entries);
  const after = await partsOf(more);
  expect(before.size).toBeGreaterThan(20);
  // The head counts entries, and the directory names the block: these two and the trailer differ too.
  expect([...after].filter((part) => !before.has(part))).toHaveLength(4);
});

test("a block ends at 4096 entries even where no path ends it", async () => {
  const { written } = await write(manyEntries(60_000));
  const directory = written.parts.length - 4;
  expect(directory).toBeGreaterThan(60_000 / 4096);
});

test("body and totals come back", async () => {
  const body = {
    items: [{ kind: "database", name: "shop", details: { oid: 5 } }],
    missing: [{ path: "x", reason: "permission denied" }],
    notCollected: ["xattrs"],
    versions: { tar: "1.34" },
  } as const;
  const content = { size: 5, sha256: "0".repeat(64), segments: [] };
  const entries = [
    entryOf("a", { content }),
    entryOf("b", { content, hardLink: "a" }),
    entryOf("c", { type: "directory" }),
  ];
  const reader = await (await write(entries, body)).open();
  expect(await reader.readBody()).toEqual(body);
  expect(reader.head).toMatchObject({ totals: { entries: 3, files: 2, bytes: 5 }, layout: "pack" });
});

test("an empty manifest has no entries", async () => {
  const reader = await (await write([])).open();
  expect(await collect(reader.entries())).toEqual([]);
  expect(await collect(reader.entries("a"))).toEqual([]);
  expect(await reader.find("a")).toBeUndefined();
});

test.each([
  ["twice the same", ["a", "a"]],
  ["backwards", ["b", "a"]],
  ["as strings sort, not as a walk goes", ["a-b", "a/b"]],
])("entries out of order are refused: %s", async (_case, [first = "", second = ""]) => {
  const writer = new ManifestWriter({ recipients: [] });
  await writer.add(entryOf(first));
  await expect(writer.add(entryOf(second))).rejects.toThrow(RangeError);
});

test("a lost catalogue learns the head, the size and the sha256 from the manifest", async () => {
  const { provider, written } = await write(manyEntries(10));
  expect(await loadManifest(provider, key, written.size)).toMatchObject({
    head: written.head,
    sha256: written.sha256,
    size: written.size,
  });
  await expect(loadManifest(provider, "manifests/b.manifest", written.size)).rejects.toMatchObject({
    trouble: "missing",
  });
});

test("a manifest of a later version is not called corrupt", async () => {
  const writer = new ManifestWriter({ recipients: [] });
  const written = await writer.finish({ ...head, version: 2 as 1 }, emptyBody);
  const provider = new MemoryProvider();
  await storeManifest(provider, key, written);
  const loading = loadManifest(provider, key, written.size);
  await expect(loading).rejects.toMatchObject({ code: "PLACE", trouble: "failed" });
});

test("a provider that changes the manifest is found out when it is read back", async () => {
  const writer = new ManifestWriter({ recipients: [] });
  const written = await writer.finish(head, emptyBody);
  const provider = new MemoryProvider();
  provider.onCall = (call) => {
    if (call.startsWith("get")) provider.objects.get(key)?.fill(0, 10, 11);
  };
  await expect(storeManifest(provider, key, written)).rejects.toThrow(CorruptError);
});
