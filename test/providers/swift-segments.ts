import { createHash, randomBytes, randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Provider, ProviderContext } from "../../src/providers/provider.ts";
import { swift } from "../../src/providers/swift.ts";
import { parseSettings } from "../../src/settings.ts";
import type { Swift } from "../support/swift.ts";
import { body, list, mega, never, newOwnership, openPlace, read, type Place } from "./place.ts";
import { placeIn, rawAccess, rig, segmentSize } from "./swift-support.ts";

async function sizes(provider: Provider): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for await (const { key, size } of provider.list("")) found[key] = size;
  return found;
}

function act({ env = {} }: Place): ProviderContext {
  return { env, signal: never };
}

export function testSegments(real: () => Swift): void {
  test.each([0, 1, 2, 3])("an object of %i segments, and a byte less or more", async (count) => {
    const { provider, names } = await rig(real());
    for (const size of [-1, 0, 1].map((more) => count * segmentSize + more)) {
      if (size < 0) continue;
      const bytes = randomBytes(size);
      await provider.put("big", body(bytes.subarray(0, 70_000), bytes.subarray(70_000)));
      expect((await read(provider, "big")).equals(bytes)).toBe(true);
      expect(await provider.stat("big")).toEqual({ key: "big", size });
      expect(await sizes(provider)).toEqual({ big: size });
      const expected = size <= segmentSize ? 0 : Math.ceil(size / segmentSize);
      expect(await names()).toHaveLength(1 + expected);
    }
    await provider.delete("big");
    expect(await names()).toEqual([]);
  });

  test("ranges across segments are exact", async () => {
    const { provider } = await rig(real());
    const bytes = randomBytes(3.5 * segmentSize);
    await provider.put("big", body(bytes));
    for (const [offset, length] of [
      [0, segmentSize],
      [segmentSize - 1, 2],
      [segmentSize, 2 * segmentSize],
      [1, bytes.length - 2],
      [bytes.length - 1, 1],
    ] as const) {
      const part = await read(provider, "big", { offset, length });
      expect(part.equals(bytes.subarray(offset, offset + length))).toBe(true);
    }
    const beyond = read(provider, "big", { offset: bytes.length - 1, length: 2 });
    await expect(beyond).rejects.toMatchObject({ trouble: "missing" });
  });

  test("replacing an object removes the segments of the one before, and no others", async () => {
    const { provider, names } = await rig(real());
    const bytes = randomBytes(2 * segmentSize);
    await provider.put("big", body(bytes, "x"));
    await provider.put("big/er", body(bytes, "y"));
    await provider.put("big", body(bytes, "z"));
    expect(await names()).toHaveLength(2 + 3 + 3);
    await provider.put("big", body("small"));
    expect(await names()).toHaveLength(2 + 3);
    expect((await read(provider, "big/er")).length).toBe(bytes.length + 1);
  });

  test("a body that throws in a later segment leaves what was there", async () => {
    const { provider, names } = await rig(real());
    const bytes = randomBytes(3 * segmentSize);
    await provider.put("big", body(bytes));
    const before = await names();
    const error = new Error("no more");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield randomBytes(2.5 * segmentSize);
      await turn();
      throw error;
    }
    await expect(provider.put("big", broken())).rejects.toBe(error);
    await expect(provider.put("new", broken())).rejects.toBe(error);
    expect(await names()).toEqual(before);
    expect((await read(provider, "big")).equals(bytes)).toBe(true);
  });

  test("an aborted put leaves no segments", async () => {
    const abort = new AbortController();
    const { provider, names } = await rig(real(), {}, abort.signal);
    const reason = new Error("enough");
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield randomBytes(2.5 * segmentSize);
      abort.abort(reason);
      await new Promise(() => undefined);
    }
    await expect(provider.put("big", hanging())).rejects.toBe(reason);
    expect(await names()).toEqual([]);
  });

  test("leftovers are removed where no object names them", async () => {
    const { provider, names, raw } = await rig(real());
    await provider.put("packs/big", body(randomBytes(2 * segmentSize), "x"));
    await provider.put("packs/small", body("x"));
    const whole = await names();
    for (const name of [
      "packs/big/.0123456789abcdef/00000001",
      "packs/big/.0123456789abcdef/00000002",
      "packs/big/.fedcba9876543210/00000001",
      "packs/small/.0123456789abcdef/00000001",
      "packs/gone/.0123456789abcdef/00000007",
      "manifests/m/.0123456789abcdef/00000001",
    ]) {
      await raw("PUT", `.segments/${name}`, "left");
    }
    expect(await list(provider)).toEqual(["packs/big", "packs/small"]);
    expect(await provider.removePartial("packs/b")).toBe(2);
    expect(await provider.removePartial("packs/")).toBe(2);
    expect(await provider.removePartial("")).toBe(1);
    expect(await names()).toEqual(whole);
    expect((await read(provider, "packs/big")).length).toBe(2 * segmentSize + 1);
  });

  test("an object that lacks a segment is no short one", async () => {
    const { provider, names, raw } = await rig(real());
    await provider.put("big", body(randomBytes(3 * segmentSize)));
    const [, , , last = ""] = (await names())
      .toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
      .toReversed();
    await raw("DELETE", last);
    await expect(read(provider, "big")).rejects.toMatchObject({ code: "PLACE" });
  });

  describe("a container", () => {
    test("with other things in it is refused, and left as it is", async () => {
      const place = placeIn(real());
      const raw = await rawAccess(real(), String(place.settings["container"]));
      await raw("PUT", "");
      await raw("PUT", "photo.jpg", "x");
      const given = parseSettings(swift, place.settings);
      await expect(swift.initialise(given, newOwnership(), act(place))).rejects.toMatchObject({
        trouble: "foreign",
        message: expect.stringContaining("photo.jpg"),
      });
      expect(await (await raw("GET", "")).text()).toBe("photo.jpg\n");
      const beside = { ...place, settings: { ...place.settings, prefix: "team/shop" } };
      const { provider } = await openPlace(swift, beside);
      await provider.put("a", body("x"));
      expect(await (await raw("GET", "team/shop/a")).text()).toBe("x");
      expect(await list(provider)).toEqual(["a"]);
    });

    test("is shared by places with prefixes of their own, none within another", async () => {
      const container = randomUUID();
      const [first, second] = await Promise.all(
        ["one", "two"].map((prefix) => openPlace(swift, placeIn(real(), { container, prefix }))),
      );
      await first?.provider.put("a", body("1"));
      await second?.provider.put("a", body("2"));
      expect((await read(first?.provider as Provider, "a")).toString()).toBe("1");
      const inner = placeIn(real(), { container, prefix: "one/more" });
      const given = parseSettings(swift, inner.settings);
      await expect(swift.initialise(given, newOwnership(), act(inner))).rejects.toMatchObject({
        trouble: "foreign",
        message: expect.stringContaining("lies within"),
      });
    });

    test("that is deleted is not reachable, and nothing in it is missing", async () => {
      const { provider, raw } = await rig(real());
      await raw("DELETE", "lastgood-provider.json");
      expect((await raw("DELETE", "")).status).toBe(204);
      const away = { trouble: "unreachable" };
      await expect(read(provider, "a")).rejects.toMatchObject(away);
      await expect(provider.stat("a")).rejects.toMatchObject(away);
      await expect(list(provider)).rejects.toMatchObject(away);
      await expect(provider.delete("a")).rejects.toMatchObject(away);
      await expect(provider.put("a", body("x"))).rejects.toMatchObject(away);
    });
  });

  test.skipIf(process.env["LASTGOOD_SLOW_TESTS"] !== "1")(
    "300 MB go in and out with little memory",
    { timeout: 300_000 },
    async () => {
      const { provider } = await openPlace(swift, placeIn(real(), { segment_size: 64 * mega }));
      const [put, got] = [createHash("sha256"), createHash("sha256")];
      const chunk = randomBytes(mega);
      let peak = 0;
      const look = (): number => (peak = Math.max(peak, process.memoryUsage().rss));
      const start = process.memoryUsage().rss;
      async function* long(): AsyncGenerator<Uint8Array> {
        for (let count = 0; count < 300; count += 1) {
          chunk.writeUInt32LE(count);
          put.update(chunk);
          look();
          yield chunk;
          await turn();
        }
      }
      await provider.put("a", long());
      for await (const bytes of await provider.get("a")) {
        got.update(bytes as Buffer);
        look();
      }
      expect(got.digest("hex")).toBe(put.digest("hex"));
      expect(peak - start).toBeLessThan(150 * mega);
    },
  );
}
