import { hash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openCopy } from "../../../src/layouts/registry.ts";
import { PlaceError } from "../../../src/providers/provider.ts";
import { collect, emptyBody, entryOf, readAll } from "../support.ts";
import { backUp, contentOf, copyOf, newPlace, openSink, streamOf } from "./copy.ts";

const frame = 4 * 1024 * 1024;

test.each([0, 1, 1000, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 5, 11 * 1024 * 1024])(
  "%i bytes come back, stored from a buffer and from a stream",
  async (size) => {
    const place = newPlace();
    const [first, second] = [randomBytes(size), randomBytes(size)];
    const sealed = await backUp(place, { a: first, b: streamOf(second), c: Buffer.from("end") });
    const reader = await openCopy(copyOf(place, sealed));
    for (const [path, bytes] of [
      ["a", first],
      ["b", second],
    ] as const) {
      const content = contentOf(await reader.find(path));
      expect(content).toMatchObject({ size, sha256: hash("sha256", bytes, "hex") });
      expect((await readAll(reader.open(content))).equals(bytes)).toBe(true);
    }
  },
);

test("content that comes in many streams at once is kept apart", async () => {
  const place = newPlace();
  const sink = await openSink(place);
  const all = Array.from({ length: 6 }, (_, index) => randomBytes(frame * 2 + index * 1_000_003));
  const contents = await Promise.all(all.map((bytes) => sink.store(streamOf(bytes))));
  for (const [index, content] of contents.entries()) {
    await sink.add(entryOf(`f${index}`, { content }));
  }
  const reader = await openCopy(copyOf(place, await sink.finish(emptyBody)));
  for (const [index, bytes] of all.entries()) {
    const content = contentOf(await reader.find(`f${index}`));
    expect((await readAll(reader.open(content))).equals(bytes)).toBe(true);
  }
});

test("a buffer may be used again as soon as it is stored", async () => {
  const place = newPlace();
  const sink = await openSink(place);
  const buffer = Buffer.alloc(10);
  for (let index = 0; index < 5; index += 1) {
    buffer.fill(index);
    await sink.add(entryOf(`f${index}`, { content: await sink.store(buffer) }));
  }
  const reader = await openCopy(copyOf(place, await sink.finish(emptyBody)));
  const content = contentOf(await reader.find("f2"));
  expect(await readAll(reader.open(content))).toEqual(Buffer.alloc(10, 2));
});

test("the same bytes are stored once, in one backup and over many", async () => {
  const place = newPlace();
  const [small, large] = [randomBytes(1000), randomBytes(3 * frame)];
  const files = { a: small, b: small, c: large, d: streamOf(small), e: streamOf(large) };
  await backUp(place, files);
  const stored = place.provider.packs();
  const sizes = (): number =>
    place.provider
      .packs()
      .reduce((sum, key) => sum + (place.provider.objects.get(key)?.length ?? 0), 0);
  // Of a stream it is known at its end only that it was there: its first frames are dead then.
  expect(sizes()).toBeLessThan(small.length + 2 * large.length + 10_000);

  const again = await backUp(place, { x: small, y: large }, { name: "second" });
  expect(place.provider.packs()).toEqual(stored);
  expect(again.storedBytes).toBe(again.manifestSize);
  expect(place.catalogue.used).toEqual(again.packs.map(({ name }) => name));
  const reader = await openCopy(copyOf(place, again));
  expect((await readAll(reader.open(contentOf(await reader.find("y"))))).equals(large)).toBe(true);
});

test("a stream that was there already is named where it was", async () => {
  const place = newPlace();
  const large = randomBytes(3 * frame);
  const first = await backUp(place, { a: large });
  const second = await backUp(place, { a: streamOf(large) }, { name: "second" });
  expect(second.packs).toEqual(first.packs);
});

test("content of a pack that is gone is stored again", async () => {
  const place = newPlace();
  const bytes = randomBytes(1000);
  const { packs } = await backUp(place, { a: bytes });
  const catalogue = Object.assign(Object.create(place.catalogue), { usePacks: async () => [] });
  const forgetful = { ...place, catalogue };
  const second = await backUp(forgetful, { a: bytes }, { name: "second" });
  expect(second.packs).toHaveLength(1);
  expect(second.packs).not.toEqual(packs);
});

test("a second backup of what has not changed writes a manifest and asks for no index", async () => {
  const place = newPlace();
  const first = await backUp(place, { a: randomBytes(1000), b: randomBytes(9_000_000) });
  const parent = await openCopy(copyOf(place, first));
  const sink = await openSink(place, { name: "second", parent });
  const { loads } = place.catalogue;
  for await (const entry of parent.entries()) {
    expect(sink.keeps(contentOf(entry))).toBe(true);
    await sink.add(entry);
  }
  const second = await sink.finish(emptyBody);
  expect(second.packs).toEqual(first.packs);
  expect(second.storedBytes).toBe(second.manifestSize);
  expect(place.catalogue.loads).toBe(loads);
});

test("content of the parent is not kept where its pack is gone, and cannot be named then", async () => {
  const place = newPlace();
  const first = await backUp(place, { a: randomBytes(1000) });
  const parent = await openCopy(copyOf(place, first));
  place.catalogue.packs.clear();
  const sink = await openSink(place, { name: "second", parent });
  const entry = await parent.find("a");
  expect(sink.keeps(contentOf(entry))).toBe(false);
  await sink.add(entryOf("a", { content: contentOf(entry) }));
  await expect(sink.finish(emptyBody)).rejects.toThrow(RangeError);
});

test.each(["lost", "cut short"])(
  "content of a pack that was %s, which nobody has noticed, is stored again",
  async (damage) => {
    const place = newPlace();
    const bytes = randomBytes(1000);
    const parent = await openCopy(copyOf(place, await backUp(place, { a: bytes })));
    const [pack = ""] = place.provider.packs();
    const stored = place.provider.objects.get(pack) ?? Buffer.alloc(0);
    if (damage === "lost") place.provider.objects.delete(pack);
    else place.provider.objects.set(pack, stored.subarray(1));

    const child = await openSink(place, { name: "child", parent });
    expect(child.keeps(contentOf(await parent.find("a")))).toBe(false);
    await child.abort();
    const full = await backUp(place, { a: bytes }, { name: "full" });
    const reader = await openCopy(copyOf(place, full));
    expect((await readAll(reader.open(contentOf(await reader.find("a"))))).equals(bytes)).toBe(
      true,
    );
  },
);

test("how much of a pack is used counts whole frames, once", async () => {
  const place = newPlace();
  const first = await backUp(place, {
    a: randomBytes(frame),
    b: randomBytes(frame),
    c: randomBytes(10),
  });
  const [pack] = first.packs;
  expect(pack?.used).toBe(pack?.size);
  const parent = await openCopy(copyOf(place, first));
  const sink = await openSink(place, { name: "second", parent });
  const content = contentOf(await parent.find("a"));
  await sink.add(entryOf("a", { content }));
  await sink.add(entryOf("b", { content }));
  const second = await sink.finish(emptyBody);
  expect(second.packs).toEqual([{ ...pack, used: content.segments[0]?.frames[0] }]);
});

test("packs end near 64 MiB, are announced before and complete after they were read back", async () => {
  const place = newPlace();
  const { provider, catalogue } = place;
  const large = randomBytes(150 * 1024 * 1024);
  const sealed = await backUp(place, { a: streamOf(large, 1_000_000) });
  expect(sealed.packs.map(({ size }) => Math.round(size / 1024 / 1024))).toEqual([64, 64, 22]);
  const keys = catalogue.begun.map((name) => `packs/${name.slice(0, 2)}/${name}.pack`);
  expect(provider.packs()).toEqual(keys);
  const parent = await openCopy(copyOf(place, sealed));
  const content = contentOf(await parent.find("a"));
  expect(content.segments).toHaveLength(3);
  expect((await readAll(parent.open(content))).equals(large)).toBe(true);
  // Found again by its hash, though it lies in three packs.
  const again = await backUp(place, { a: large }, { name: "second" });
  expect(again.packs).toEqual(sealed.packs);
});

test("the catalogue hears of a pack before its first byte, and of its end after it was read", async () => {
  const place = newPlace();
  const calls: string[] = [];
  place.provider.onCall = (call) =>
    calls.push(call.replace(/packs\/.*$/, "pack").replace(/ \d+\+\d+$/, ""));
  const catalogue = Object.assign(Object.create(place.catalogue), {
    beginPack: async () => void calls.push("begin"),
    completePack: async () => void calls.push("complete"),
  });
  await backUp({ ...place, catalogue }, { a: randomBytes(10) });
  expect(calls).toEqual([
    "begin",
    "put pack",
    "chunk pack",
    "get pack",
    "complete",
    "put manifests/first.manifest",
    ...Array.from({ length: 5 }, () => "chunk manifests/first.manifest"),
    "get manifests/first.manifest",
  ]);
});

test.each(["pack", "manifest"])(
  "a %s that reads back as other bytes seals nothing",
  async (what) => {
    const place = newPlace();
    const { provider } = place;
    provider.onCall = (call) => {
      const [verb, key = ""] = call.split(" ");
      const object = provider.objects.get(key);
      if (verb === "get" && key.endsWith(what)) object?.writeUInt8((object[50] ?? 0) ^ 1, 50);
    };
    await expect(backUp(place, { a: randomBytes(1000) })).rejects.toMatchObject({
      code: "CORRUPT",
    });
    expect(place.catalogue.packs.size).toBe(what === "pack" ? 0 : 1);
  },
);

test.each(["put", "chunk"])("a provider that fails at %s fails the backup", async (verb) => {
  const place = newPlace();
  place.provider.onCall = (call) => {
    if (call.startsWith(`${verb} packs/`)) throw new PlaceError("full", "no space is left");
  };
  const large = streamOf(randomBytes(40 * 1024 * 1024));
  await expect(backUp(place, { a: large })).rejects.toMatchObject({ trouble: "full" });
  expect(place.provider.objects.size).toBe(0);
});

test("a provider that stops reading early fails the backup", async () => {
  const place = newPlace();
  const provider = Object.assign(Object.create(place.provider), {
    async put(_key: string, body: AsyncIterable<Uint8Array>) {
      await body[Symbol.asyncIterator]().next();
    },
  });
  const large = streamOf(randomBytes(40 * 1024 * 1024));
  await expect(backUp({ ...place, provider }, { a: large })).rejects.toMatchObject({
    code: "PLACE",
  });
});

test("a catalogue that refuses a pack fails the backup before a byte is stored", async () => {
  const place = newPlace();
  const refusal = new Error("taken over");
  const beginPack = async (): Promise<void> => await Promise.reject(refusal);
  const catalogue = Object.assign(Object.create(place.catalogue), { beginPack });
  await expect(backUp({ ...place, catalogue }, { a: randomBytes(10) })).rejects.toBe(refusal);
  expect(place.provider.objects.size).toBe(0);
});

test("a source that fails in the middle fails its own store", async () => {
  const sink = await openSink(newPlace());
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(frame * 2);
    throw new Error("read error");
  }
  await expect(sink.store(broken())).rejects.toThrow("read error");
  await sink.abort();
});

test("an aborted backup stops its writes and stores no manifest", async () => {
  const place = newPlace();
  const abort = new AbortController();
  const sink = await openSink(place, { signal: abort.signal });
  const reason = new Error("enough");
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let count = 0; ; count += 1) {
      if (count === 10) abort.abort(reason);
      yield randomBytes(frame);
    }
  }
  await expect(sink.store(endless())).rejects.toBe(reason);
  await expect(sink.finish(emptyBody)).rejects.toBe(reason);
  await sink.abort();
  expect(place.provider.objects.size).toBe(0);
});

test("giving up ends the write that runs", async () => {
  const place = newPlace();
  const sink = await openSink(place);
  await sink.store(streamOf(randomBytes(30 * 1024 * 1024)));
  await sink.abort();
  expect(place.provider.objects.size).toBe(0);
  await expect(sink.store(randomBytes(10))).rejects.toThrow("given up");
});

test("progress counts every byte of the source once, known ones too", async () => {
  const place = newPlace();
  const bytes = randomBytes(9_000_000);
  let seen = 0;
  const onProgress = (count: number): number => (seen += count);
  await backUp(
    place,
    { a: bytes, b: streamOf(bytes), c: bytes, d: Buffer.alloc(5) },
    { onProgress },
  );
  expect(seen).toBe(3 * bytes.length + 5);
});

test("entries out of order are refused", async () => {
  const sink = await openSink(newPlace());
  await sink.add(entryOf("b"));
  await expect(sink.add(entryOf("a"))).rejects.toThrow(RangeError);
  await sink.abort();
});

test("entries carry their content wherever they come from, before its frame is written", async () => {
  const place = newPlace();
  const sink = await openSink(place);
  const { size, sha256, segments } = await sink.store(Buffer.from("some bytes"));
  await sink.add(entryOf("a", { content: { size, sha256, segments } }));
  const reader = await openCopy(copyOf(place, await sink.finish(emptyBody)));
  const [entry] = await collect(reader.entries());
  expect(await readAll(reader.open(contentOf(entry)))).toEqual(Buffer.from("some bytes"));
});
