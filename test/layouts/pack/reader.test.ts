import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openCopy } from "../../../src/layouts/registry.ts";
import { collect, entryOf, readAll } from "../support.ts";
import { backUp, contentOf, copyOf, newPlace } from "./copy.ts";

const mebibyte = 1024 * 1024;

/** Forty contents of 1 MiB in frames of four, one of three frames, and one without bytes. */
async function manyFiles(): Promise<Record<string, Buffer>> {
  const files = Array.from({ length: 40 }, (_, index) => [
    `f${String(index).padStart(2, "0")}`,
    randomBytes(mebibyte - index),
  ]);
  return { ...Object.fromEntries(files), large: randomBytes(9 * mebibyte), none: Buffer.alloc(0) };
}

test("one file is three small reads of the manifest and one of the pack", async () => {
  const place = newPlace();
  const files = await manyFiles();
  const reader = await openCopy(copyOf(place, await backUp(place, files)));
  place.provider.calls.length = 0;
  const content = contentOf(await reader.find("f17"));
  expect((await readAll(reader.open(content))).equals(files["f17"] ?? Buffer.alloc(0))).toBe(true);
  expect(place.provider.calls).toHaveLength(2);
});

test("many files are read with one read a frame, whatever order they are asked in", async () => {
  const place = newPlace();
  const files = await manyFiles();
  const reader = await openCopy(copyOf(place, await backUp(place, files)));
  const entries = await collect(reader.entries());
  place.provider.calls.length = 0;
  const seen = new Map<string, Buffer>();
  await reader.readMany(entries.toReversed(), async ({ path }, bytes) => {
    seen.set(path, await readAll(bytes));
  });
  expect(seen.size).toBe(entries.length);
  for (const [path, bytes] of Object.entries(files)) {
    expect(seen.get(path)?.equals(bytes)).toBe(true);
  }
  // Ten frames of small files, and one run for the large one.
  expect(place.provider.calls.length).toBeLessThanOrEqual(12);
  const frames = place.provider.calls.map((call) => call.split(" ")[2]);
  expect(new Set(frames).size).toBe(frames.length);
});

test("entries with the same content are each visited", async () => {
  const place = newPlace();
  const bytes = randomBytes(100);
  const reader = await openCopy(copyOf(place, await backUp(place, { a: bytes, b: bytes })));
  const seen: string[] = [];
  await reader.readMany(reader.entries(), async ({ path }, content) => {
    expect(await readAll(content)).toEqual(bytes);
    seen.push(path);
  });
  expect(seen).toEqual(["a", "b"]);
});

test("an entry without content is visited without bytes", async () => {
  const place = newPlace();
  const reader = await openCopy(copyOf(place, await backUp(place, {})));
  const visited: number[] = [];
  await reader.readMany([entryOf("d", { type: "directory" })], async (_entry, bytes) => {
    visited.push((await readAll(bytes)).length);
  });
  expect(visited).toEqual([0]);
});

test("whoever stops reading early stops the reads too", async () => {
  const place = newPlace();
  const reader = await openCopy(
    copyOf(place, await backUp(place, { large: randomBytes(100 * mebibyte) })),
  );
  const content = contentOf(await reader.find("large"));
  place.provider.calls.length = 0;
  const pieces = reader.open(content)[Symbol.asyncIterator]();
  expect((await pieces.next()).done).toBe(false);
  await pieces.return?.();
  expect(place.provider.calls.length).toBeLessThanOrEqual(4);
});

test("what a visit throws ends the reading", async () => {
  const place = newPlace();
  const reader = await openCopy(copyOf(place, await backUp(place, { a: Buffer.from("x") })));
  const reading = reader.readMany(reader.entries(), async ({ path }) => {
    throw new Error(`no room for ${path}`);
  });
  await expect(reading).rejects.toThrow("no room for a");
});
