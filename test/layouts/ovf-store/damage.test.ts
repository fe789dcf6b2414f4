import { beforeEach, describe, expect, test } from "vitest";
import type { SealedCopy } from "../../../src/layouts/layout.ts";
import { collect, readAll } from "../support.ts";
import { backUp, documents, newStore, open, slots, type Store, verify, vm } from "./support.ts";

let store: Store;
let sealed: SealedCopy;
const [tar, side] = [`${slots[0]}.tar`, `${slots[0]}.json`];

beforeEach(async () => {
  store = newStore();
  sealed = await backUp(store, "one", documents(5, "abcdefgh ".repeat(50)));
});

function bytesOf(key: string): Buffer {
  const bytes = store.provider.objects.get(key);
  if (bytes === undefined) throw new Error(`there is no ${key}`);
  return Buffer.from(bytes);
}

function flip(key: string, at: number): void {
  const bytes = bytesOf(key);
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  store.provider.objects.set(key, bytes);
}

/** Where a document begins in the tar. */
function offsetOf(index: number): number {
  return bytesOf(tar).indexOf(`${vm(index)}.ovf`) + 512;
}

describe("verify finds", () => {
  test("a flipped bit in a document, and names it", async () => {
    flip(tar, offsetOf(2) + 20);
    expect(await verify(store, sealed, "stored")).toEqual([]);
    for (const level of ["checksum", "decode"] as const) {
      expect(await verify(store, sealed, level)).toEqual([
        { result: "corrupt", what: tar, reason: expect.any(String) as string },
        { result: "corrupt", what: `${vm(2)}.ovf`, reason: expect.any(String) as string },
      ]);
    }
  });

  test("a flipped bit beside the documents", async () => {
    flip(tar, offsetOf(2) - 512 + 5);
    expect(await verify(store, sealed)).toMatchObject([{ result: "corrupt", what: tar }]);
  });

  test("each bit of the side file", async () => {
    const { length } = bytesOf(side);
    for (let at = 0; at < length; at += 97) {
      const before = bytesOf(side);
      flip(side, at);
      expect(await verify(store, sealed, "stored")).toMatchObject([
        { result: "corrupt", what: side },
      ]);
      store.provider.objects.set(side, before);
    }
  });

  test.each(["stored", "checksum", "decode"] as const)("a tar cut short: %s", async (level) => {
    store.provider.objects.set(tar, bytesOf(tar).subarray(0, -700));
    const findings = await verify(store, sealed, level);
    expect(findings[0]).toMatchObject({ result: "corrupt", what: tar });
    expect(findings.every(({ result }) => result === "corrupt")).toBe(true);
  });

  test.each(["stored", "checksum"] as const)("a tar that is gone: %s", async (level) => {
    store.provider.objects.delete(tar);
    expect(await verify(store, sealed, level)).toMatchObject([{ result: "missing", what: tar }]);
  });

  test("a side file that is gone, shorter or longer", async () => {
    const bytes = bytesOf(side);
    store.provider.objects.delete(side);
    expect(await verify(store, sealed)).toMatchObject([{ result: "missing", what: side }]);
    store.provider.objects.set(side, bytes.subarray(0, 100));
    expect(await verify(store, sealed)).toMatchObject([{ result: "corrupt", what: side }]);
    store.provider.objects.set(side, Buffer.concat([bytes, Buffer.from(" ")]));
    expect(await verify(store, sealed)).toMatchObject([{ result: "corrupt", what: side }]);
  });

  test("side files and tars that changed places", async () => {
    const second = await backUp(store, "two", documents(4));
    const swap = (a: string, b: string): void => {
      const [before, after] = [bytesOf(a), bytesOf(b)];
      store.provider.objects.set(a, after);
      store.provider.objects.set(b, before);
    };
    swap(side, `${slots[1]}.json`);
    for (const copy of [sealed, second]) {
      expect(await verify(store, copy)).toMatchObject([{ result: "corrupt" }]);
    }
    swap(side, `${slots[1]}.json`);
    swap(tar, `${slots[1]}.tar`);
    for (const copy of [sealed, second]) {
      const [first] = await verify(store, copy, "checksum");
      expect(first).toMatchObject({ result: "corrupt" });
    }
  });

  test("a store that is another backup's by now", async () => {
    await backUp(store, "two", documents(1));
    store.catalogue.stay = [`${slots[1]}.json`];
    await backUp(store, "three", documents(1));
    expect(await verify(store, sealed)).toMatchObject([{ result: "corrupt", what: side }]);
  });

  test("with a sample, one document at least", async () => {
    for (const index of [0, 1, 2, 3, 4]) flip(tar, offsetOf(index) + 5);
    const findings = await verify(store, sealed, "checksum", 0.0001);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.what).toMatch(/\.ovf$/);
  });

  test("nothing where all is well, whatever is asked", async () => {
    for (const level of ["stored", "checksum", "decode"] as const) {
      for (const sample of [0.5, 1]) expect(await verify(store, sealed, level, sample)).toEqual([]);
    }
  });
});

test("a reader gives no wrong bytes for right ones", async () => {
  flip(tar, offsetOf(3) + 5);
  const reader = await open(store, sealed);
  const [bad] = await collect(reader.entries(`${vm(3)}.ovf`));
  if (bad?.content === undefined) throw new Error("no entry");
  await expect(readAll(reader.open(bad.content))).rejects.toMatchObject({ code: "CORRUPT" });
  const reading = reader.readMany(reader.entries(), async (_entry, bytes) => {
    await readAll(bytes);
  });
  await expect(reading).rejects.toMatchObject({ code: "CORRUPT" });
  const other = { size: 1, sha256: "0".repeat(64), segments: [] };
  await expect(readAll(reader.open(other))).rejects.toMatchObject({ trouble: "missing" });
});
