import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { postgres } from "../../src/providers/postgres.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { startThrowaway } from "../../src/server/throwaway.ts";
import { waitFor } from "../support/wait.ts";
import { body, list, mega, never, newOwnership, read } from "./place.ts";
import { endBackends, useStore, waitForBlocked } from "./postgres-support.ts";

const store = useStore();
const away = { code: "PLACE", trouble: "unreachable", hint: expect.any(String) };

/** One chunk and a bit, then what `act` does, then the rest. */
async function* interrupted(act: () => Promise<unknown>): AsyncGenerator<Uint8Array> {
  yield randomBytes(mega + 7);
  await act();
  yield randomBytes(mega);
}

/** What each operation is, on a place that has the object `a`. */
const operations: readonly (readonly [string, (provider: Provider) => Promise<unknown>])[] = [
  ["put", async (provider) => provider.put("a", body("new"))],
  ["get", async (provider) => read(provider, "a")],
  ["stat", async (provider) => provider.stat("a")],
  ["list", async (provider) => list(provider)],
  ["delete", async (provider) => provider.delete("b")],
  ["removePartial", async (provider) => provider.removePartial("")],
  ["open", async () => store.open()],
  ["owner", async () => postgres.owner(store.settings, { env: store.env, signal: never })],
];

/** What happens to work that waits for a lock when its connection is ended. */
async function endBehind(lock: string, work: () => Promise<unknown>): Promise<unknown> {
  const locker = await store.database.connect();
  await locker.query(`begin; ${lock}`);
  try {
    const settled = Promise.allSettled([work()]);
    await waitForBlocked(store.client);
    await endBackends(store.client);
    const [result] = await settled;
    return result.status === "rejected" ? result.reason : result.value;
  } finally {
    await locker.end();
  }
}

describe("a connection that is ended", () => {
  test.each(operations)("in the middle of %s says so, and the next one works", async (_, act) => {
    const provider = await store.open();
    await provider.put("a", body("old"));
    const lock = "lock table lastgood_store.marker in access exclusive mode";
    expect(await endBehind(lock, async () => act(provider))).toMatchObject(away);
    await act(provider);
    expect(await list(provider)).toEqual(["a"]);
  });

  test.each([
    ["the row of an object", "lock table lastgood_store.object in exclusive mode"],
    ["a chunk", "lock table lastgood_store.chunk in exclusive mode"],
    ["the end", "select from lastgood_store.object where size is not null for update"],
  ])("while %s is written leaves what was there", async (_, lock) => {
    const provider = await store.open();
    await provider.put("a", body("old"));
    const put = async (): Promise<void> => provider.put("a", body(randomBytes(3 * mega)));
    expect(await endBehind(lock, put)).toMatchObject(away);
    expect(await read(provider, "a")).toEqual(Buffer.from("old"));
    await provider.removePartial("");
    expect(await store.count()).toEqual({ whole: 1, partial: 0, chunks: 1 });
  });

  test("after some chunks leaves nothing that is seen, and all of it is removed", async () => {
    const provider = await store.open();
    const chunk = Promise.withResolvers<void>();
    const putting = provider.put(
      "packs/a",
      interrupted(async () => chunk.promise),
    );
    await waitFor(async () => (await store.count()).chunks > 0);
    const lock = "lock table lastgood_store.chunk in exclusive mode";
    const result = await endBehind(lock, async () => {
      chunk.resolve();
      await putting;
    });
    expect(result).toMatchObject(away);
    expect(await list(provider)).toEqual([]);
    expect(await store.count()).toMatchObject({ whole: 0, partial: 1 });
    expect(await provider.removePartial("manifests/")).toBe(0);
    expect(await provider.removePartial("packs/")).toBe(1);
    expect(await store.count()).toEqual({ whole: 0, partial: 0, chunks: 0 });
  });

  test("half-way through a get says so, and gives no other bytes", async () => {
    const provider = await store.open();
    const bytes = randomBytes(20 * mega);
    await provider.put("a", body(bytes));
    let got = 0;
    const reading = (async (): Promise<void> => {
      for await (const chunk of await provider.get("a")) {
        const part = chunk as Buffer;
        expect(part.equals(bytes.subarray(got, got + part.length))).toBe(true);
        if (got === 0) await endBackends(store.client);
        got += part.length;
      }
    })();
    await expect(reading).rejects.toMatchObject(away);
    expect(got).toBeLessThan(bytes.length);
    expect((await read(provider, "a")).equals(bytes)).toBe(true);
  });

  test("while nobody uses it is not noticed", async () => {
    const provider = await store.open();
    await provider.put("a", body("x"));
    expect(await endBackends(store.client)).toBeGreaterThan(0);
    await waitFor(async () => (await endBackends(store.client)) === 0);
    expect(await read(provider, "a")).toEqual(Buffer.from("x"));
  });
});

describe("a body that takes its time", () => {
  test("holds no transaction open, so that vacuum goes on", async () => {
    const provider = await store.open();
    const open = async (): Promise<number> => {
      const { rowCount } = await store.client.query(
        `select from pg_stat_activity
          where datname = current_database() and application_name = 'lastgood provider'
            and (backend_xid is not null or backend_xmin is not null or state <> 'idle')`,
      );
      return rowCount ?? 0;
    };
    await provider.put(
      "a",
      interrupted(async () => {
        await waitFor(async () => (await store.count()).chunks >= 4 && (await open()) === 0);
      }),
    );
    expect(await provider.stat("a")).toMatchObject({ size: 2 * mega + 7 });
  });

  test("takes no more connections than there may be, however many there are", async () => {
    const provider = await store.open();
    const keys = Array.from({ length: 30 }, (_, index) => `packs/${index}`);
    await Promise.all(keys.map(async (key) => provider.put(key, body(randomBytes(mega)))));
    expect(await list(provider)).toEqual(keys.toSorted());
    expect(await endBackends(store.client)).toBeLessThanOrEqual(8);
  });
});

test.runIf(process.env["LASTGOOD_SLOW_TESTS"] === "1")(
  "300 MB go in and out in little memory",
  { timeout: 300_000 },
  async () => {
    const provider = await store.open();
    const part = randomBytes(mega);
    let peak = 0;
    const look = (): void => {
      peak = Math.max(peak, process.memoryUsage().rss);
    };
    async function* long(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 300; count += 1) {
        look();
        yield part;
        await turn();
      }
    }
    const start = process.memoryUsage().rss;
    await provider.put("a", long());
    let size = 0;
    for await (const chunk of await provider.get("a")) {
      size += (chunk as Buffer).length;
      look();
    }
    expect(size).toBe(300 * mega);
    expect(peak - start).toBeLessThan(150 * mega);
  },
);

describe("a reader in the middle of an object", () => {
  test.each([
    ["replaced", async (provider: Provider) => provider.put("a", body("new"))],
    ["deleted", async (provider: Provider) => provider.delete("a")],
  ])("that is %s gets the old one to its end", async (_, act) => {
    const provider = await store.open();
    const bytes = randomBytes(20 * mega);
    await provider.put("a", body(bytes));
    const chunks: Buffer[] = [];
    for await (const chunk of await provider.get("a")) {
      if (chunks.length === 0) await act(provider);
      chunks.push(chunk as Buffer);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect((await store.count()).chunks).toBeLessThan(2);
  });
});

describe("bytes that changed by themselves", () => {
  test.each([
    [
      "a bit",
      "update lastgood_store.chunk set bytes = set_byte(bytes, 9, 255 - get_byte(bytes, 9))",
    ],
    ["a hash", "update lastgood_store.chunk set sha256 = sha256(bytes || 'x')"],
    ["a lost end", "update lastgood_store.chunk set bytes = substr(bytes, 1, length(bytes) - 1)"],
    ["a longer one", "update lastgood_store.chunk set bytes = bytes || 'x'"],
    ["a lost one", "delete from lastgood_store.chunk"],
  ])("are found: %s", async (_, statement) => {
    const provider = await store.open();
    await provider.put("a", body(randomBytes(4 * mega)));
    for (const number of [2, 15]) {
      await store.client.query(`${statement} where number = ${number}`);
      const corrupt = { code: "CORRUPT", message: expect.stringContaining(`chunk ${number} `) };
      const range = { offset: number * 256 * 1024 + 5, length: 100 };
      await expect(read(provider, "a", range)).rejects.toMatchObject(corrupt);
    }
    await expect(read(provider, "a")).rejects.toMatchObject({ code: "CORRUPT" });
    expect((await read(provider, "a", { offset: mega, length: mega })).length).toBe(mega);
  });
});

describe("a server of its own", () => {
  test("may be killed at any time: what was put is there, nothing else is", async () => {
    // Nothing is flushed by itself for a while, so what is not waited for is lost.
    const settings = { synchronous_commit: "off", wal_writer_delay: "10s" };
    const server = await startThrowaway({ env: process.env, settings });
    onTestFinished(async () => server.stop());
    const [env, ownership] = [{ LASTGOOD_SECRET_STORE: server.url }, newOwnership()];
    const act = { env, signal: never };
    await postgres.initialise(store.settings, ownership, act);
    const provider = await postgres.open(store.settings, ownership, act);
    const bytes = randomBytes(5 * mega);
    await provider.put("a", body(bytes));
    await server.kill();
    await expect(provider.stat("a")).rejects.toMatchObject(away);
    await server.restart();
    expect((await read(provider, "a")).equals(bytes)).toBe(true);
    const putting = provider.put(
      "b",
      interrupted(async () => server.kill()),
    );
    await expect(putting).rejects.toMatchObject(away);
    await server.restart();
    expect(await list(provider)).toEqual(["a"]);
    await provider.removePartial("");
    expect(await provider.removePartial("")).toBe(0);
    await provider.put("b", body(bytes));
    expect((await read(provider, "b")).equals(bytes)).toBe(true);
    await provider.delete("a");
    await server.kill();
    await server.restart();
    expect(await list(provider)).toEqual(["b"]);
    await provider.close();
  });
});
