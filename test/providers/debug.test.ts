import { readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { debug } from "../../src/providers/debug.ts";
import { forgetMemory } from "../../src/providers/debug/memory-provider.ts";
import { parseSettings } from "../../src/settings.ts";
import { temporaryFolder } from "../support/folder.ts";
import { waitFor } from "../support/wait.ts";
import { testProvider } from "./conformance.ts";
import { body, list, never, newOwnership, openPlace, read, type OpenPlace } from "./place.ts";

let stores = 0;

function newStore(): string {
  stores += 1;
  return `store ${stores}`;
}

testProvider("debug in memory", debug, async () => {
  const name = newStore();
  const removeMarker = async (): Promise<void> => forgetMemory(name);
  return await Promise.resolve({ settings: { name }, removeMarker, isInMemory: true });
});

testProvider("debug in a folder", debug, async () => {
  const path = join(await temporaryFolder(), "root");
  const removeMarker = (): Promise<void> => unlink(join(path, "lastgood-provider.json"));
  return { settings: { path }, removeMarker };
});

async function opened(
  settings: Record<string, unknown>,
  signal: AbortSignal = never,
): Promise<OpenPlace> {
  return await openPlace(debug, { settings: { name: newStore(), ...settings } }, signal);
}

test("the third put fails, and the others do not", async () => {
  const { provider } = await opened({ fail: "put:3" });
  await provider.put("a", body("1"));
  await provider.put("b", body("2"));
  await expect(provider.put("c", body("3"))).rejects.toMatchObject({
    code: "PLACE",
    trouble: "failed",
  });
  await provider.put("d", body("4"));
  expect(await list(provider)).toEqual(["a", "b", "d"]);
});

test.each(["get", "stat", "list", "delete", "removePartial"] as const)(
  "every %s fails as it is asked to",
  async (operation) => {
    const { provider } = await opened({ fail: `${operation}::unreachable` });
    await provider.put("a", body("x"));
    const calls = {
      get: () => provider.get("a"),
      stat: () => provider.stat("a"),
      list: () => list(provider),
      delete: () => provider.delete("a"),
      removePartial: () => provider.removePartial(""),
    };
    for (const [name, call] of Object.entries(calls).filter(([each]) => each !== "delete")) {
      const [result] = await Promise.allSettled([call()]);
      expect([name, result.status]).toEqual([name, name === operation ? "rejected" : "fulfilled"]);
    }
    const [deleted] = await Promise.allSettled([calls.delete()]);
    expect(deleted.status).toBe(operation === "delete" ? "rejected" : "fulfilled");
    const [again] = await Promise.allSettled([calls[operation]()]);
    expect(again).toMatchObject({ status: "rejected", reason: { trouble: "unreachable" } });
  },
);

test("opening fails as it is asked to", async () => {
  await expect(opened({ fail: "open:1:unreachable" })).rejects.toMatchObject({
    trouble: "unreachable",
  });
});

test("a put is kept with one bit flipped", async () => {
  const { provider } = await opened({ corrupt: "put:2" });
  const bytes = Buffer.alloc(1000, 7);
  for (const key of ["a", "b"]) await provider.put(key, body(bytes));
  expect(await read(provider, "a")).toEqual(bytes);
  const spoilt = await read(provider, "b");
  expect(spoilt.length).toBe(1000);
  expect([...spoilt].filter((byte) => byte !== 7)).toEqual([6]);
  expect(bytes.every((byte) => byte === 7)).toBe(true);
});

test("a get gives one bit flipped, and what is kept stays", async () => {
  const { provider } = await opened({ corrupt: "get:1" });
  await provider.put("a", body(Buffer.alloc(1000, 7)));
  expect([...(await read(provider, "a"))].filter((byte) => byte !== 7)).toEqual([6]);
  expect([...(await read(provider, "a"))].filter((byte) => byte !== 7)).toEqual([]);
});

test("it is full after so many bytes, and what did not fit is not there", async () => {
  const { provider } = await opened({ full_after: "10" });
  await provider.put("a", body("12345"));
  await provider.put("b", body("67890"));
  await expect(provider.put("c", body("1"))).rejects.toMatchObject({ trouble: "full" });
  expect(await list(provider)).toEqual(["a", "b"]);
});

test.each(["put", "get"])("a %s that hangs ends when it is aborted", async (operation) => {
  const abort = new AbortController();
  const { provider } = await opened({ hang: operation }, abort.signal);
  const reason = new Error("enough");
  const call = operation === "put" ? provider.put("a", body("x")) : provider.get("a");
  abort.abort(reason);
  await expect(call).rejects.toBe(reason);
});

test("a call says that it hangs before it does, and a put has written its bytes by then", async () => {
  const trace = join(await temporaryFolder(), "trace");
  const abort = new AbortController();
  const { provider } = await opened({ hang: "put:2", trace }, abort.signal);
  await provider.put("a", body("x"));
  let taken = 0;
  const call = provider.put(
    "b",
    (async function* () {
      for (const text of ["y", "z"]) {
        taken += 1;
        yield* body(text);
      }
    })(),
  );
  const lines = async (): Promise<string[]> =>
    (await readFile(trace, "utf8")).split("\n").filter((line) => line.includes("hangs"));
  const line = await waitFor(async () => (await lines())[0]);
  expect(JSON.parse(line)).toEqual({ operation: "put", nth: 2, key: "b", hangs: true });
  expect(taken).toBe(2);
  abort.abort(new Error("enough"));
  await expect(call).rejects.toThrow("enough");
});

test("each call waits as long as it is asked to", async () => {
  const { provider } = await opened({ latency_ms: "30" });
  const start = performance.now();
  await provider.stat("a");
  expect(performance.now() - start).toBeGreaterThan(25);
});

test("each call is traced with how it ended", async () => {
  const trace = join(await temporaryFolder(), "trace");
  const { provider } = await opened({ trace, fail: "put:2" });
  await provider.put("a", body("xyz"));
  await expect(provider.put("b", body("x"))).rejects.toThrow("asked to fail");
  await read(provider, "a", { offset: 1, length: 2 });
  const lines = (await readFile(trace, "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { operation: "open", nth: 1 },
    { operation: "put", nth: 1, key: "a" },
    { operation: "put", nth: 2, key: "b", error: "failed" },
    { operation: "get", nth: 1, key: "a", range: { offset: 1, length: 2 } },
  ]);
});

test("what lies in memory is there for whoever opens the same name", async () => {
  const name = newStore();
  const settings = parseSettings(debug, { name });
  const ownership = newOwnership();
  const context = { env: {}, signal: never };
  await debug.initialise(settings, ownership, context);
  await (await debug.open(settings, ownership, context)).put("a", body("x"));
  expect(await list(await debug.open(settings, ownership, context))).toEqual(["a"]);
});

test.each([
  ["fail", "put:0"],
  ["fail", "write"],
  ["fail", "put:1:tired"],
  ["fail", "put,"],
  ["hang", "put:1:full"],
  ["corrupt", "stat"],
  ["latency_ms", "-1"],
  ["latency_ms", ""],
  ["full_after", "much"],
  ["trace", "relative"],
  ["fial", "put"],
])("setting %s = '%s' is refused by its name", (key, value) => {
  expect(() => parseSettings(debug, { [key]: value })).toThrow(`"${key}"`);
});
