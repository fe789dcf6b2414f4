import { createHash, randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Subject } from "./conformance.ts";
import { body, list, mega, openPlace, read } from "./place.ts";

setFlagsFromString("--expose-gc");
/** What is still held can only be told from what is not when that is gone. */
const collectGarbage = runInNewContext("gc") as () => void;

export function testListing({ opened }: Subject): void {
  const keys = [
    "manifests/a.manifest",
    "manifests/b.2.manifest",
    "packs/00/a",
    "packs/01/b",
    "top",
  ];

  test.each([
    ["", keys],
    ["manifests/", keys.slice(0, 2)],
    ["manifests/b", keys.slice(1, 2)],
    ["packs", keys.slice(2, 4)],
    ["packs/0", keys.slice(2, 4)],
    ["packs/01/b", keys.slice(3, 4)],
    ["packs/01/b/", []],
    ["pack/", []],
    ["nothing/there/", []],
  ])("what starts with '%s'", async (prefix, expected) => {
    const { provider } = await opened();
    for (const key of keys) await provider.put(key, body(key));
    expect(await list(provider, prefix)).toEqual(expected);
    for await (const { key, size } of provider.list(prefix)) expect(size).toBe(key.length);
  });

  test("an empty place has nothing", async () => {
    const { provider } = await opened();
    expect(await list(provider)).toEqual([]);
  });

  test("a deleted object is gone, and the others are not", async () => {
    const { provider } = await opened();
    for (const key of keys) await provider.put(key, body(key));
    await provider.delete("packs/00/a");
    expect(await list(provider)).toEqual(keys.filter((key) => key !== "packs/00/a"));
    expect(await provider.stat("packs/00/a")).toBeUndefined();
    await provider.put("packs/00/a", body("again"));
    expect(await read(provider, "packs/00/a")).toEqual(Buffer.from("again"));
  });

  test("every key that may be used can be", async () => {
    const { provider } = await opened();
    const valid = ["A", "0", "-a", "_a", "a.b..c", "a/b/c/d/e", `packs/${"x".repeat(190)}`];
    for (const key of valid) await provider.put(key, body(key));
    expect(await list(provider)).toEqual(valid.toSorted());
  });

  test("deleting what is not there is no error", async () => {
    const { provider } = await opened();
    await provider.put("a", body("x"));
    for (const key of ["b", "no/such/folder", "a/b"]) await provider.delete(key);
    expect(await list(provider)).toEqual(["a"]);
  });

  test("more than a page of objects", { timeout: 240_000 }, async () => {
    const { provider } = await opened();
    const many = Array.from({ length: 1100 }, (_, index) => `packs/${index % 7}/${index}`);
    for (let start = 0; start < many.length; start += 50) {
      await Promise.all(many.slice(start, start + 50).map((key) => provider.put(key, body(key))));
    }
    expect(await list(provider, "packs/")).toEqual(many.toSorted());
  });

  test("while objects come and go, those that stay are listed once", async () => {
    const { provider } = await opened();
    const stay = Array.from({ length: 40 }, (_, index) => `packs/${index}`);
    for (const key of stay) await provider.put(key, body(key));
    const over = new AbortController();
    const churn = async (): Promise<void> => {
      for (let count = 0; !over.signal.aborted; count += 1) {
        await provider.put(`packs/extra${count % 5}`, body("x"));
        await provider.delete(`packs/extra${(count + 2) % 5}`);
      }
    };
    const churning = churn();
    for (let count = 0; count < 5; count += 1) {
      const seen = (await list(provider, "packs/")).filter((key) => !key.includes("extra"));
      expect(seen).toEqual(stay.toSorted());
    }
    over.abort();
    await churning;
  });
}

export function testKeys({ opened }: Subject): void {
  const bad = [
    "",
    "/",
    "/etc/passwd",
    "..",
    ".",
    "../outside",
    "packs/../../outside",
    "packs//a",
    "packs/",
    "packs/.",
    ".hidden",
    "packs/.incomplete",
    "a b",
    "a\0b",
    "a\nb",
    "ä",
    String.raw`a\b`,
    "a+b",
    "x".repeat(300),
  ];
  test.each(bad)("the key %j", async (key) => {
    const { provider } = await opened();
    const refusal = { code: "PLACE", trouble: "failed" };
    await expect(provider.put(key, body("x"))).rejects.toMatchObject(refusal);
    await expect(provider.get(key)).rejects.toMatchObject(refusal);
    await expect(provider.stat(key)).rejects.toMatchObject(refusal);
    await expect(provider.delete(key)).rejects.toMatchObject(refusal);
  });

  test.each(["/", "..", "../", "/etc/", "packs/../"])("the prefix %j", async (prefix) => {
    const { provider } = await opened();
    const refusal = { code: "PLACE", trouble: "failed" };
    await expect(list(provider, prefix)).rejects.toMatchObject(refusal);
    await expect(provider.removePartial(prefix)).rejects.toMatchObject(refusal);
  });
}

export function testLoad({ type, makePlace, opened }: Subject): void {
  test("many objects are put at the same time", async () => {
    const { provider } = await opened();
    const objects = Array.from({ length: 24 }, (_, index) => ({
      key: `packs/${index % 3}/${index}`,
      bytes: randomBytes(100_000 + index),
    }));
    await Promise.all(objects.map(({ key, bytes }) => provider.put(key, body(bytes))));
    const all = await Promise.all(objects.map(({ key }) => read(provider, key)));
    expect(all.every((bytes, index) => objects[index]?.bytes.equals(bytes))).toBe(true);
  });

  test("the same key put at the same time is one of them", async () => {
    const { provider } = await opened();
    const bodies = Array.from({ length: 8 }, (_, index) => Buffer.alloc(200_000, index));
    await Promise.all(bodies.map((bytes) => provider.put("a", body(bytes))));
    const kept = await read(provider, "a");
    expect(bodies.some((bytes) => bytes.equals(kept))).toBe(true);
    expect(await list(provider)).toEqual(["a"]);
    expect(await provider.removePartial("")).toBe(0);
  });

  test("a long stream goes in and out without filling memory", { timeout: 120_000 }, async () => {
    const place = await makePlace();
    const { provider } = await openPlace(type, place);
    collectGarbage();
    const start = process.memoryUsage().arrayBuffers;
    let [peak, looks] = [0, 0];
    const look = (): void => {
      looks += 1;
      if (looks % 32 === 0) collectGarbage();
      if (looks % 32 === 0) peak = Math.max(peak, process.memoryUsage().arrayBuffers - start);
    };
    const [put, got] = [createHash("sha256"), createHash("sha256")];
    async function* long(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 512; count += 1) {
        const chunk = randomBytes(256 * 1024);
        put.update(chunk);
        look();
        yield chunk;
        await turn();
      }
    }
    await provider.put("a", long());
    for await (const chunk of await provider.get("a")) {
      got.update(chunk as Buffer);
      look();
      await turn();
    }
    expect(got.digest("hex")).toBe(put.digest("hex"));
    expect(peak).toBeLessThan(place.isInMemory === true ? Infinity : 40 * mega);
  });

  test("it is closed more than once", async () => {
    const { provider } = await opened();
    await provider.put("a", body("x"));
    await provider.close();
    await expect(provider.close()).resolves.toBeUndefined();
  });
}
