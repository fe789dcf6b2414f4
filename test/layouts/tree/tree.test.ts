import { hash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { removeTree, removeUnused } from "../../../src/layouts/tree/remove.ts";
import type { Entry } from "../../../src/manifest/entry.ts";
import { emptyBody, entryOf, noise, readAll } from "../support.ts";
import { backUp, newVault, openReader, openSink, type Vault, verify } from "./support.ts";

let vault: Vault;

beforeEach(async () => {
  vault = await newVault();
});

function poolPath(text: string | Buffer): string {
  const sha256 = hash("sha256", text, "hex");
  return join(vault.folder, "contents", sha256.slice(0, 2), sha256);
}

function treePath(backup: string, path: string): string {
  return join(vault.folder, "trees", backup, path);
}

/** Changes bytes without a trace in size or name. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  chmodSync(path, 0o400);
}

describe("a tree", () => {
  test("can be browsed: folders, files and symbolic links as they were", async () => {
    const sink = await openSink(vault, "one");
    await sink.add(entryOf(".", { type: "directory" }));
    await sink.add(entryOf("a", { type: "directory" }));
    await sink.add(entryOf("a/file", { content: await sink.store(Buffer.from("text")) }));
    await sink.add(entryOf("a/link", { type: "symlink", target: "../no\u00ffwhere" }));
    await sink.add(entryOf("a/pipe", { type: "fifo" }));
    await sink.finish(emptyBody);
    expect(readdirSync(treePath("one", "a"))).toEqual(["file", "link"]);
    expect(readFileSync(treePath("one", "a/file"), "utf8")).toBe("text");
    expect(readlinkSync(treePath("one", "a/link"), "latin1")).toBe("../no\u00ffwhere");
  });

  test("is closed to others, and its contents cannot be written", async () => {
    await backUp(vault, "one", { "a/": "", "a/file": "text" });
    expect(statSync(treePath("one", "")).mode & 0o777).toBe(0o700);
    expect(statSync(treePath("one", "a")).mode & 0o777).toBe(0o700);
    expect(statSync(treePath("one", "a/file")).mode & 0o777).toBe(0o400);
  });

  test("keeps the same bytes once, in one backup and over several", async () => {
    await backUp(vault, "one", { a: "same", b: "same", c: "other" });
    const { sealed } = await backUp(vault, "two", { a: "same", d: "new!" });
    const inode = statSync(poolPath("same")).ino;
    for (const [backup, path] of [
      ["one", "a"],
      ["one", "b"],
      ["two", "a"],
    ] as const) {
      expect(statSync(treePath(backup, path)).ino).toBe(inode);
    }
    expect(sealed.storedBytes).toBe(4 + sealed.manifestSize);
  });

  test("reads back what was stored, of every size and from streams", async () => {
    const sink = await openSink(vault, "one");
    const contents = [Buffer.alloc(0), noise(1, 1), noise(300_000, 2), Buffer.alloc(3_000_000)];
    const entries: Entry[] = [];
    for (const [index, bytes] of contents.entries()) {
      const asStream = (async function* stream() {
        for (let offset = 0; offset < bytes.length; offset += 70_000) {
          yield bytes.subarray(offset, offset + 70_000);
        }
      })();
      entries.push(entryOf(`a${index}`, { content: await sink.store(asStream) }));
      entries.push(entryOf(`b${index}`, { content: await sink.store(bytes) }));
    }
    for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      await sink.add(entry);
    }
    const reader = await openReader(vault, await sink.finish(emptyBody));
    const read = new Map<string, Buffer>();
    await reader.readMany(reader.entries(), async (entry, bytes) => {
      read.set(entry.path, await readAll(bytes));
    });
    for (const [index, bytes] of contents.entries()) {
      expect(read.get(`a${index}`)?.equals(bytes)).toBe(true);
      expect(read.get(`b${index}`)?.equals(bytes)).toBe(true);
    }
    const found = await reader.find("b2");
    expect(
      found?.content && (await readAll(reader.open(found.content))).equals(noise(300_000, 2)),
    ).toBe(true);
    // The zeros of a stream take no room.
    expect(statSync(treePath("one", "a3")).blocks * 512).toBeLessThan(1_000_000);
  });

  test("takes entries whose folders have none, as dumps do", async () => {
    const { reader } = await backUp(vault, "one", { "shop/toc.dat": "toc" });
    expect(readFileSync(treePath("one", "shop/toc.dat"), "utf8")).toBe("toc");
    expect(await verify(reader, "checksum")).toEqual([]);
  });

  test("carries content that the pool keeps, without bytes", async () => {
    const { reader } = await backUp(vault, "one", { a: "text" });
    const old = await reader.find("a");
    const sink = await openSink(vault, "two");
    if (old?.content === undefined) throw new Error("no content");
    expect(sink.keeps(old.content)).toBe(true);
    expect(sink.keeps({ ...old.content, size: 3 })).toBe(false);
    expect(sink.keeps({ ...old.content, sha256: "0".repeat(64) })).toBe(false);
    await sink.add(old);
    await sink.finish(emptyBody);
    expect(readFileSync(treePath("two", "a"), "utf8")).toBe("text");
  });

  test.for(["../a", "a/../../b", "/etc/passwd", "a//b", "a/./b", "", "a/", "a\0b"])(
    "refuses the path %j",
    async (path) => {
      const sink = await openSink(vault, "one");
      await expect(sink.add(entryOf(path, { type: "directory" }))).rejects.toThrow(RangeError);
    },
  );

  test("writes nothing through a symbolic link of its own", async () => {
    const sink = await openSink(vault, "one");
    await sink.add(entryOf("a", { type: "symlink", target: "/tmp" }));
    await expect(sink.add(entryOf("a/b", { type: "directory" }))).rejects.toThrow(RangeError);
  });

  test("is not there before it is sealed, and leaves nothing half-made when given up", async () => {
    const sink = await openSink(vault, "one");
    await sink.add(entryOf("a", { content: await sink.store(Buffer.from("text")) }));
    await sink.abort();
    expect(existsSync(treePath("one", ""))).toBe(false);
    expect(existsSync(poolPath("text"))).toBe(false);
    await removeTree(vault.folder, "one");
    expect(readdirSync(join(vault.folder, ".incomplete"))).toEqual([]);
    expect(readdirSync(join(vault.folder, ".trash"))).toEqual([]);
  });

  test("gets a fresh inode where the file system allows no more links", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`file ${index}`, "same"]),
    );
    const { reader } = await backUp(vault, "one", files, { mostLinks: 4 });
    await backUp(vault, "two", files, { mostLinks: 4 });
    const inodes = new Set(
      ["one", "two"].flatMap((backup) =>
        Object.keys(files).map((path) => statSync(treePath(backup, path)).ino),
      ),
    );
    expect(inodes.size).toBeGreaterThan(4);
    expect(await verify(reader, "checksum")).toEqual([]);
    expect(readFileSync(treePath("two", "file 9"), "utf8")).toBe("same");
  });

  test("is a folder's layout alone", async () => {
    const provider = { ...vault.provider, folder: undefined };
    await expect(openSink({ ...vault, provider: provider as never }, "one")).rejects.toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("pack"),
    });
  });
});

describe("verification of a tree", () => {
  test("finds nothing where nothing is wrong, at every level", async () => {
    const { reader } = await backUp(vault, "one", { "a/": "", "a/b": "text", c: "" });
    for (const level of ["stored", "checksum", "decode"] as const) {
      expect(await verify(reader, level)).toEqual([]);
    }
  });

  test.for([
    ["a file that is gone", () => rmSync(treePath("one", "a/b")), "missing"],
    ["a shorter file", () => shorten(treePath("one", "a/b")), "corrupt"],
    ["a folder that is gone", () => rmSync(treePath("one", "a"), { recursive: true }), "missing"],
    ["a link in its place", () => replaceByLink(treePath("one", "a/b")), "corrupt"],
  ] as const)("at level stored finds %s", async ([, act, result]) => {
    const { reader } = await backUp(vault, "one", { "a/": "", "a/b": "text", c: "x" });
    act();
    expect(await verify(reader, "stored")).toContainEqual(
      expect.objectContaining({ what: "a/b", result }),
    );
  });

  test("finds one flipped bit under every name of the inode, at level checksum alone", async () => {
    const { reader } = await backUp(vault, "one", { a: "some text", b: "fine", c: "some text" });
    damage(poolPath("some text"));
    expect(await verify(reader, "stored")).toEqual([]);
    const findings = await verify(reader, "checksum");
    expect(findings.map(({ what, result }) => [what, result])).toEqual([
      ["a", "corrupt"],
      ["c", "corrupt"],
    ]);
  });

  test("with a sample reads at least one file", async () => {
    const { reader } = await backUp(vault, "one", { a: "some text", b: "some text" });
    damage(poolPath("some text"));
    expect(await verify(reader, "checksum", 0)).toHaveLength(1);
  });

  test("finds a manifest that was damaged", async () => {
    const { reader, sealed } = await backUp(vault, "one", { a: "some text" });
    const path = join(vault.folder, sealed.manifestKey);
    chmodSync(path, 0o600);
    truncateSync(path, sealed.manifestSize - 1);
    expect(await verify(reader, "stored")).toContainEqual(
      expect.objectContaining({ what: sealed.manifestKey, result: "corrupt" }),
    );
  });

  test("a bad inode is not linked onward once it was found", async () => {
    const { reader } = await backUp(vault, "one", { a: "some text" });
    damage(poolPath("some text"));
    await verify(reader, "checksum");
    const old = await reader.find("a");
    const sink = await openSink(vault, "two");
    expect(old?.content && sink.keeps(old.content)).toBe(false);
    const next = await backUp(vault, "three", { a: "some text" });
    expect(await verify(next.reader, "checksum")).toEqual([]);
    expect(await verify(reader, "checksum")).toHaveLength(1);
  });

  test("a bad inode is not linked onward by who stores the same bytes, found or not", async () => {
    await backUp(vault, "one", { a: "some text" });
    damage(poolPath("some text"));
    const next = await backUp(vault, "two", { a: "some text" });
    expect(await verify(next.reader, "checksum")).toEqual([]);
    expect(readFileSync(poolPath("some text"), "utf8")).toBe("some text");
  });

  test("reading gives no wrong bytes", async () => {
    const { reader } = await backUp(vault, "one", { a: "some text" });
    damage(poolPath("some text"));
    const corrupt = { code: "CORRUPT" };
    const reading = reader.readMany(reader.entries(), async (_entry, bytes) => {
      await readAll(bytes);
    });
    await expect(reading).rejects.toMatchObject(corrupt);
    const content = (await reader.find("a"))?.content;
    if (content === undefined) throw new Error("no content");
    await expect(readAll(reader.open(content))).rejects.toMatchObject(corrupt);
  });

  test("reading finds content that the pool lost in the tree", async () => {
    const { reader } = await backUp(vault, "one", { a: "some text" });
    rmSync(poolPath("some text"));
    const content = (await reader.find("a"))?.content;
    if (content === undefined) throw new Error("no content");
    expect((await readAll(reader.open(content))).toString()).toBe("some text");
  });
});

describe("deleting a tree", () => {
  test("leaves other trees as they are, modes too, and then what nobody links to goes", async () => {
    await backUp(vault, "one", { "a/": "", "a/b": "shared", c: "own" });
    const { reader } = await backUp(vault, "two", { b: "shared" });
    const before = lstatSync(treePath("two", "b"));
    await removeTree(vault.folder, "one");
    await removeTree(vault.folder, "one");
    const removed = await removeUnused(vault.folder);
    expect(removed).toEqual({ files: 1, bytes: 3 });
    expect(existsSync(treePath("one", ""))).toBe(false);
    expect(existsSync(poolPath("own"))).toBe(false);
    const after = lstatSync(treePath("two", "b"));
    expect([after.mode, after.mtimeMs, after.ino]).toEqual([
      before.mode,
      before.mtimeMs,
      before.ino,
    ]);
    expect(await verify(reader, "checksum")).toEqual([]);
  });

  test("carries on where an earlier deletion was killed", async () => {
    await backUp(vault, "one", { "a/": "", "a/b": "text" });
    await backUp(vault, "two", { c: "other" });
    renameSync(treePath("one", ""), join(vault.folder, "left"));
    await removeTree(vault.folder, "two");
    renameSync(join(vault.folder, "left"), join(vault.folder, ".trash", "one-0123456789ab"));
    await removeTree(vault.folder, "one");
    expect(readdirSync(join(vault.folder, ".trash"))).toEqual([]);
  });

  test("takes nothing that a running backup relies on", async () => {
    await backUp(vault, "one", { a: "shared" });
    const sink = await openSink(vault, "two");
    const content = await sink.store(Buffer.from("shared"));
    await removeTree(vault.folder, "one");
    await removeUnused(vault.folder);
    await sink.add(entryOf("a", { content }));
    const reader = await openReader(vault, await sink.finish(emptyBody));
    expect(await verify(reader, "checksum")).toEqual([]);
  });

  test("follows no symbolic link", async () => {
    const { reader } = await backUp(vault, "one", { a: "text" });
    const sink = await openSink(vault, "two");
    await sink.add(entryOf("out", { type: "symlink", target: treePath("one", "") }));
    await sink.finish(emptyBody);
    await removeTree(vault.folder, "two");
    expect(await verify(reader, "checksum")).toEqual([]);
  });
});

function shorten(path: string): void {
  const copy = `${path}.copy`;
  writeFileSync(copy, "tex");
  renameSync(copy, path);
}

function replaceByLink(path: string): void {
  linkSync(path, `${path}.kept`);
  rmSync(path);
  symlinkSync(`${path}.kept`, path);
}
