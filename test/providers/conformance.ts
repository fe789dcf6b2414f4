import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { PlaceError, type ProviderType } from "../../src/providers/provider.ts";
import { testOwners, testOwnership } from "./conformance-ownership.ts";
import { testKeys, testListing, testLoad } from "./conformance-listing.ts";
import { body, list, mega, openPlace, read } from "./place.ts";
import type { OpenPlace, Place } from "./place.ts";

/** What makes and opens places of one type. */
export interface Subject {
  readonly type: ProviderType;
  readonly makePlace: () => Promise<Place>;
  readonly opened: (signal?: AbortSignal) => Promise<OpenPlace>;
}

/**
 * Runs the suite that every type of providers passes which keeps bytes, as far as its capabilities
 * go. Each test gets an empty place of its own.
 */
export function testProvider(
  name: string,
  type: ProviderType,
  makePlace: () => Promise<Place>,
): void {
  const opened: Subject["opened"] = async (signal) =>
    await openPlace(type, await makePlace(), signal);
  const subject = { type, makePlace, opened };
  const { keeps } = type.capabilities;
  describe(`provider ${name}`, () => {
    describe.skipIf(keeps === "nothing")("belongs to somebody", () => {
      testOwnership(subject);
    });
    describe.skipIf(keeps === "nothing")("changes hands", () => {
      testOwners(subject);
    });
    describe.skipIf(keeps === "nothing")("keeps objects", () => {
      testObjects(subject);
      testRanges(subject);
    });
    describe.skipIf(keeps === "nothing")("keeps whole objects or none", () => {
      testWholeness(subject);
    });
    describe.skipIf(keeps === "nothing")("lists and deletes", () => {
      testListing(subject);
    });
    describe.skipIf(keeps === "nothing")("refuses", () => {
      testKeys(subject);
    });
    describe.skipIf(keeps === "nothing")("does much at once", () => {
      testLoad(subject);
    });
  });
}

function testObjects({ opened }: Subject): void {
  test.each([0, 1, 65_535, 65_536, 65_537, mega - 1, mega, mega + 1, 3 * mega + 7])(
    "of %i bytes",
    async (size) => {
      const { provider } = await opened();
      const bytes = randomBytes(size);
      await provider.put("packs/x.pack", body(bytes));
      expect((await read(provider, "packs/x.pack")).equals(bytes)).toBe(true);
      expect(await provider.stat("packs/x.pack")).toEqual({ key: "packs/x.pack", size });
    },
  );

  test("of no chunk, and of empty ones", async () => {
    const { provider } = await opened();
    await provider.put("a", body());
    await provider.put("b", body("", "x", "", ""));
    expect((await read(provider, "a")).length).toBe(0);
    expect(await read(provider, "b")).toEqual(Buffer.from("x"));
  });

  test("of chunks of any size, in their order", async () => {
    const { provider } = await opened();
    const sizes = [1, 1000, mega - 500, 3 * mega, 17, mega, 2 * mega + 1, 5];
    const chunks = sizes.map((size) => randomBytes(size));
    await provider.put("a", body(...chunks));
    expect((await read(provider, "a")).equals(Buffer.concat(chunks))).toBe(true);
  });

  test("replaced as a whole", async () => {
    const { provider } = await opened();
    await provider.put("a", body("a long first text"));
    await provider.put("a", body("short"));
    expect(await read(provider, "a")).toEqual(Buffer.from("short"));
    expect(await list(provider)).toEqual(["a"]);
  });

  test("a missing one is missing, and nothing else is", async () => {
    const { provider } = await opened();
    await provider.put("packs/a", body("x"));
    const missing = { code: "PLACE", trouble: "missing" };
    for (const key of ["b", "packs/b", "packs/a/b", "packs", "deep/er/c"]) {
      expect(await provider.stat(key)).toBeUndefined();
      await expect(read(provider, key)).rejects.toMatchObject(missing);
    }
  });
}

function testRanges({ opened }: Subject): void {
  test.each([
    [0, 1],
    [0, 3 * mega],
    [1, 0],
    [mega - 1, 2],
    [mega + 3, mega],
    [3 * mega - 1, 1],
  ])("a range from %i of %i bytes is exact", async (offset, length) => {
    const { provider } = await opened();
    const bytes = randomBytes(3 * mega);
    await provider.put("a", body(bytes));
    const part = await read(provider, "a", { offset, length });
    expect(part.equals(bytes.subarray(offset, offset + length))).toBe(true);
  });

  test.each([
    [3, 1],
    [0, 4],
    [2, 2],
    [100, 1],
  ])("a range from %i of %i bytes is missing in an object of 3", async (offset, length) => {
    const { provider } = await opened();
    await provider.put("a", body("abc"));
    const reading = read(provider, "a", { offset, length });
    await expect(reading).rejects.toMatchObject({ code: "PLACE", trouble: "missing" });
  });

  test("a stream that nobody reads can be given up", async () => {
    const { provider } = await opened();
    await provider.put("a", body(randomBytes(3 * mega)));
    (await provider.get("a")).destroy();
    const begun = await provider.get("a");
    for await (const chunk of begun) {
      expect((chunk as Buffer).length).toBeGreaterThan(0);
      break;
    }
    expect(begun.destroyed).toBe(true);
  });
}

async function* brokenBody(error: Error): AsyncGenerator<Uint8Array> {
  yield randomBytes(2 * mega);
  await turn();
  throw error;
}

/** One chunk, and then nothing for ever. */
async function* hangingBody(onChunk: () => void): AsyncGenerator<Uint8Array> {
  yield randomBytes(100);
  onChunk();
  await new Promise(() => undefined);
}

function testWholeness({ type, makePlace, opened }: Subject): void {
  // One with a code, as errors of files and sockets have: it is the source's trouble, not the place's.
  const errors = [new Error("no more"), Object.assign(new Error("EIO"), { code: "EIO" })];
  test.each(errors)("a body that throws leaves nothing: %s", async (error) => {
    const { provider } = await opened();
    await expect(provider.put("packs/a", brokenBody(error))).rejects.toBe(error);
    expect(await list(provider)).toEqual([]);
    expect(await provider.stat("packs/a")).toBeUndefined();
    await provider.removePartial("packs/");
    expect(await provider.removePartial("")).toBe(0);
  });

  test("a body that throws leaves the object that was there", async () => {
    const { provider } = await opened();
    await provider.put("a", body("old"));
    await expect(provider.put("a", brokenBody(new Error("no more")))).rejects.toThrow("no more");
    expect(await read(provider, "a")).toEqual(Buffer.from("old"));
  });

  test("an aborted put ends at once and leaves nothing", async () => {
    const abort = new AbortController();
    const { provider, reopen } = await opened(abort.signal);
    const reason = new Error("enough");
    const putting = provider.put(
      "a",
      hangingBody(() => abort.abort(reason)),
    );
    await expect(putting).rejects.toBe(reason);
    await expect(provider.stat("a")).rejects.toBe(reason);
    expect(await list(await reopen())).toEqual([]);
  });

  test("an object is not there before its last byte", async () => {
    const { provider } = await opened();
    await provider.put("b", body("x"));
    async function* watched(): AsyncGenerator<Uint8Array> {
      yield randomBytes(mega + 1);
      expect(await list(provider)).toEqual(["b"]);
      expect(await provider.stat("a")).toBeUndefined();
      yield randomBytes(3);
    }
    await provider.put("a", watched());
    expect(await list(provider)).toEqual(["a", "b"]);
  });

  test("whoever reads sees an old or a new object, never a mixture", async () => {
    const place = await makePlace();
    const { provider } = await openPlace(type, place);
    const texts = ["a", "b", "c"].map((letter) => letter.repeat(300_000));
    await provider.put("a", body(texts[0] ?? ""));
    const writing = Promise.all(texts.map((text) => provider.put("a", body(text))));
    for (let count = 0; count < 10; count += 1) {
      const found = await read(provider, "a").catch((error: unknown) => {
        const isMissing = error instanceof PlaceError && error.trouble === "missing";
        if (!isMissing || place.missesWhatIsReplaced !== true) throw error;
      });
      expect([...texts, undefined]).toContain(found?.toString());
    }
    await writing;
    expect(texts).toContain((await read(provider, "a")).toString());
  });

  test("removing what was interrupted never removes a whole object", async () => {
    const { provider } = await opened();
    await provider.put("packs/a", body("x"));
    expect(await provider.removePartial("")).toBe(0);
    expect(await provider.removePartial("packs/")).toBe(0);
    expect(await list(provider)).toEqual(["packs/a"]);
  });
}
