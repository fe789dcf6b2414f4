import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Swift } from "../support/swift.ts";
import { skip } from "../support/skip.ts";
import { body, list, mega, read } from "./place.ts";
import { behindProxy } from "./s3-place.ts";

const part = 5 * mega;
const damaged = { code: "PLACE", trouble: "failed", hint: expect.stringContaining("changes it") };

/** Only now does a body fail: some parts of it are there. */
async function* failing(bytes: Buffer, error: Error): AsyncGenerator<Uint8Array> {
  yield bytes;
  yield Buffer.alloc(mega);
  await Promise.resolve();
  throw error;
}

export function testParts(swift: () => Swift): void {
  test.each([part - 1, part, part + 1, 2 * part, 3 * part + 7])("an object of %i", async (size) => {
    const { provider, proxy, raw } = await behindProxy(swift());
    const bytes = randomBytes(size);
    await provider.put("packs/a", body(bytes));
    expect((await read(provider, "packs/a")).equals(bytes)).toBe(true);
    expect(await provider.stat("packs/a")).toEqual({ key: "packs/a", size });
    const range = { offset: Math.max(0, size - part - 3), length: 11 };
    const middle = bytes.subarray(range.offset, range.offset + 11);
    expect(await read(provider, "packs/a", range)).toEqual(middle);
    const sent = proxy.seen.filter(({ path }) => path.includes("partNumber="));
    expect(sent).toHaveLength(size < part ? 0 : Math.ceil(size / part));
    expect(sent.every(({ headers }) => headers["content-md5"] !== undefined)).toBe(true);
    expect(await raw.uploads()).toEqual([]);
    await provider.delete("packs/a");
    expect(await list(provider)).toEqual([]);
  });

  test("a body that throws after some parts leaves the object that was there, and no part", async () => {
    const { provider, raw } = await behindProxy(swift());
    await provider.put("packs/a", body("old"));
    const error = new Error("no more");
    await expect(provider.put("packs/a", failing(randomBytes(2 * part), error))).rejects.toBe(
      error,
    );
    expect(await raw.uploads()).toEqual([]);
    expect(await read(provider, "packs/a")).toEqual(Buffer.from("old"));
  });

  test("an abort while parts are on their way ends at once and leaves none", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const { provider, proxy, raw } = await behindProxy(swift(), {}, abort.signal);
    const met = proxy.add({
      path: /partNumber=2/,
      does: { kind: "hang" },
      onMet: () => abort.abort(reason),
    });
    await expect(provider.put("packs/a", body(randomBytes(3 * part)))).rejects.toBe(reason);
    expect(met()).toBe(1);
    expect(await raw.uploads()).toEqual([]);
    expect(await raw.keys()).toEqual(["lastgood-provider.json"]);
  });

  test("what a killed upload left is never listed, and is removed where it lies", async () => {
    const { provider, raw } = await behindProxy(swift());
    for (const key of ["packs/ab/c", "manifests/d", ".not/ours"]) await raw.beginUpload(key);
    expect(await list(provider)).toEqual([]);
    expect(await provider.removePartial("packs/cd")).toBe(0);
    expect(await provider.removePartial("packs/ab/c")).toBe(1);
    expect(await provider.removePartial("")).toBe(1);
    expect(await raw.uploads()).toEqual([".not/ours"]);
  });

  test.each([
    ["an object", 1000, /packs/],
    ["a part", 2 * part + 5, /partNumber=2/],
  ])("%s that is changed on its way is refused, and nothing is kept", async (_, size, path) => {
    const { provider, proxy, raw } = await behindProxy(swift());
    proxy.add({ method: "PUT", path, does: { kind: "flip-request", at: 500 } });
    await expect(provider.put("packs/a", body(randomBytes(size)))).rejects.toMatchObject(damaged);
    expect(await raw.keys()).toEqual(["lastgood-provider.json"]);
    expect(await raw.uploads()).toEqual([]);
  });

  test.each([
    ["an object", 1000, /packs/],
    ["a part", 2 * part + 5, /partNumber=2/],
  ])("%s of which the service says another MD5 is not kept", async (_, size, path) => {
    const { provider, proxy, raw } = await behindProxy(swift());
    const change = { etag: `"${"0".repeat(32)}"` };
    proxy.add({ method: "PUT", path, does: { kind: "headers", change } });
    await expect(provider.put("packs/a", body(randomBytes(size)))).rejects.toMatchObject(damaged);
    expect(await raw.keys()).toEqual(["lastgood-provider.json"]);
    expect(await raw.uploads()).toEqual([]);
  });

  test.each([
    { etag: '"an-opaque-tag"' },
    { etag: `"${"0".repeat(32)}"`, "x-amz-server-side-encryption": "aws:kms" },
    { etag: undefined },
  ])("an ETag that is no MD5 says nothing: %j", async (change) => {
    const { provider, proxy } = await behindProxy(swift());
    proxy.add({ method: "PUT", path: /packs/, does: { kind: "headers", change } });
    await provider.put("packs/a", body("x"));
    expect(await list(provider)).toEqual(["packs/a"]);
  });

  test("a stream of 300 MB fills no memory", { timeout: 300_000 }, async (context) => {
    if (process.env["LASTGOOD_SLOW_TESTS"] !== "1") skip(context, "LASTGOOD_SLOW_TESTS is not 1");
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const { provider } = await behindProxy(swift(), { part_size: 8 * mega, timeout: 60 });
    collectGarbage();
    const start = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const hash = createHash("sha256");
    async function* long(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 300; count += 1) {
        const chunk = randomBytes(mega);
        hash.update(chunk);
        if (count % 10 === 9) collectGarbage();
        if (count % 10 === 9) peak = Math.max(peak, process.memoryUsage().arrayBuffers - start);
        yield chunk;
        await delay(0);
      }
    }
    await provider.put("packs/a", long());
    // The parts of one put, and as much again for what the proxy of this test has on its way.
    expect(peak).toBeLessThan(2 * 4 * 8 * mega);
    const got = createHash("sha256");
    for await (const chunk of await provider.get("packs/a")) got.update(chunk as Buffer);
    expect(got.digest("hex")).toBe(hash.digest("hex"));
  });
}

export function testReading(swift: () => Swift): void {
  test("an answer that ends early is an error, whatever came before", async () => {
    const { provider, proxy } = await behindProxy(swift());
    await provider.put("a", body(randomBytes(2 * mega)));
    proxy.add({ method: "GET", path: /\/a\b/, does: { kind: "cut-response", after: mega } });
    await expect(read(provider, "a")).rejects.toMatchObject({ trouble: "unreachable" });
    expect((await read(provider, "a")).length).toBe(2 * mega);
  });

  test("an answer that stops coming is ended", async () => {
    const { provider, direct, proxy } = await behindProxy(swift(), { timeout: 2 });
    await direct.put("a", body(randomBytes(2 * mega)));
    proxy.add({ method: "GET", path: /\/a\b/, does: { kind: "hang-response", after: mega } });
    await expect(read(provider, "a")).rejects.toMatchObject({ trouble: "unreachable" });
  });

  test("a reader that takes longer than the service may is given all of it", async () => {
    const { provider, direct } = await behindProxy(swift(), { timeout: 2 });
    const bytes = randomBytes(8 * mega);
    await direct.put("a", body(bytes));
    const chunks: Buffer[] = [];
    for await (const chunk of await provider.get("a")) {
      // Real time: it is the time-out of a real connection that must not strike.
      if (chunks.length === 0) await delay(2500);
      chunks.push(chunk as Buffer);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  test("an abort ends an answer that is being read", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const { provider } = await behindProxy(swift(), {}, abort.signal);
    await provider.put("a", body(randomBytes(4 * mega)));
    const reading = async (): Promise<void> => {
      for await (const chunk of await provider.get("a")) abort.abort(chunk === null ? 0 : reason);
    };
    await expect(reading()).rejects.toBe(reason);
  });

  test.each([
    { "content-range": "bytes 1-4/10" },
    { "content-range": undefined },
    { "content-length": undefined, "content-range": "bytes 0-3/10" },
  ])("another part than was asked for is refused: %j", async (change) => {
    const { provider, proxy } = await behindProxy(swift());
    await provider.put("a", body("0123456789"));
    proxy.add({ method: "GET", path: /\/a\b/, does: { kind: "headers", change } });
    const reading = read(provider, "a", { offset: 3, length: 4 });
    await expect(reading).rejects.toMatchObject({ code: "PLACE", trouble: "failed" });
  });
}
