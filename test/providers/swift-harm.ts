import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { swift } from "../../src/providers/swift.ts";
import { parseSettings } from "../../src/settings.ts";
import { temporaryFolder } from "../support/folder.ts";
import { startHttpProxy, type Mischief, type Rule } from "../support/http-proxy.ts";
import { runProgram } from "../support/programs.ts";
import { skip } from "../support/skip.ts";
import type { Swift } from "../support/swift.ts";
import { body, list, never, newOwnership, read } from "./place.ts";
import { failure, placeIn, rig, type Rig, segmentSize } from "./swift-support.ts";

const small = Buffer.from("small");
const large = randomBytes(2.5 * segmentSize);
const broken = { code: "PLACE", trouble: "unreachable" };

/** In the words of HTTP, which requests each operation makes. */
const operations: readonly (readonly [string, Rule["method"], (rig: Rig) => Promise<unknown>])[] = [
  ["put", "PUT", ({ provider }) => provider.put("a", body(small))],
  ["put in segments", "PUT", ({ provider }) => provider.put("a", body(large))],
  ["get", "GET", ({ provider }) => read(provider, "old")],
  ["stat", "HEAD", ({ provider }) => provider.stat("old")],
  ["list", "GET", ({ provider }) => list(provider)],
  ["delete", "DELETE", ({ provider }) => provider.delete("old")],
  ["removePartial", "GET", ({ provider }) => provider.removePartial("")],
];

const busy: readonly (readonly [string, Mischief])[] = [
  ["429", { kind: "answer", status: 429, headers: { "Retry-After": "0" } }],
  ["498", { kind: "answer", status: 498 }],
  ["503", { kind: "answer", status: 503 }],
  ["401, as for a token that expired", { kind: "answer", status: 401 }],
  ["nothing, and hangs up", { kind: "hang-up" }],
];

function slowDown(seconds: string): Mischief {
  return { kind: "answer", status: 429, headers: { "Retry-After": seconds } };
}

export function testHarm(real: () => Swift): void {
  const prepared = async (
    ...args: Parameters<typeof rig> extends [Swift, ...infer R] ? R : never
  ) => {
    const made = await rig(real(), ...args);
    await made.provider.put("old", body(small));
    return made;
  };

  /** Every operation in a container of its own, all at once; what fails names it. */
  const each = async (
    more: Parameters<typeof prepared>[0],
    check: (made: Rig, act: (rig: Rig) => Promise<unknown>, method: string) => Promise<unknown>,
  ): Promise<unknown> =>
    await Promise.all(
      operations.map(async ([name, method = "", act]) => {
        try {
          await check(await prepared(more), act, method);
        } catch (cause) {
          throw new Error(`${name}: ${String(cause)}`, { cause });
        }
      }),
    );

  test.each(busy)("a server that once answers %s is asked again", async (_, does) => {
    await each({}, async (made, act, method) => {
      const met = made.proxy.add({ method, path: /\/v1\//, does });
      await act(made);
      expect(met()).toBe(1);
      expect(await made.provider.removePartial("")).toBe(0);
    });
  });

  test("a server that dies is not reachable, and has lost nothing when it is back", async () => {
    await each({}, async (made, act) => {
      await made.proxy.die();
      expect(await failure(act(made), made)).toMatchObject(broken);
      await made.proxy.revive();
      expect(await list(made.provider)).toEqual(["old"]);
      expect(await read(made.provider, "old")).toEqual(small);
    });
  });

  test("a server that hangs is given up", async () => {
    await each({ attempts: 1 }, async (made, act, method) => {
      const met = made.proxy.add({ method, path: /\/v1\//, does: { kind: "hang" } });
      expect(await failure(act(made), made)).toMatchObject(broken);
      expect(met()).toBe(1);
    });
  });

  test("an abort ends everything at once, while the server hangs", async () => {
    await Promise.all(
      operations.map(async ([, method = "", act]) => {
        const abort = new AbortController();
        const made = await prepared({ timeout: 60 }, abort.signal);
        const reason = new Error("enough");
        const onMet = (): unknown => setImmediate(() => abort.abort(reason));
        made.proxy.add({ method, path: /\/v1\//, does: { kind: "hang" }, onMet });
        expect(await failure(act(made), made)).toBe(reason);
      }),
    );
  });

  test("it waits as long as the server asks for, but not for ever", async () => {
    const made = await prepared();
    made.proxy.add({ method: "HEAD", does: slowDown("1") });
    const start = performance.now();
    await made.provider.stat("old");
    expect(performance.now() - start).toBeGreaterThan(950);
    made.proxy.add({ method: "HEAD", does: slowDown("3600") });
    expect(await failure(made.provider.stat("old"), made)).toMatchObject(broken);
  });

  test("a user who is not let in is told what to check", async () => {
    const made = await prepared();
    const hint = expect.stringContaining("user");
    for (const status of [401, 403]) {
      made.proxy.clear();
      made.proxy.add({ path: /\/v1\//, times: Infinity, does: { kind: "answer", status } });
      const trouble = { trouble: "failed", hint };
      expect(await failure(made.provider.put("a", body(small)), made)).toMatchObject(trouble);
      expect(await failure(made.provider.put("a", body(large)), made)).toMatchObject(trouble);
    }
    const wrong = { ...made.place.env, LASTGOOD_SECRET_SWIFT_KEY: "no-such-key" };
    const given = parseSettings(swift, made.place.settings);
    const opening = swift.open(given, newOwnership(), { env: wrong, signal: never });
    const error = await failure(opening, made);
    expect(error).toMatchObject({ trouble: "failed", hint });
    expect(String(error)).not.toContain("no-such-key");
  });

  test("a certificate that nobody trusts is refused, unless ca_file names it", async (context) => {
    const folder = await temporaryFolder();
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const options = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "1"];
    const files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert];
    const made = await runProgram("openssl", ["req", "-x509", ...options, ...files]);
    if (made.status !== 0) skip(context, `openssl makes no certificate: ${made.stderr}`);
    const tls = { key: await readFile(key), cert: await readFile(cert) };
    const proxy = await startHttpProxy(real(), tls);
    onTestFinished(() => proxy.stop());
    // Behind it the account is reached without TLS.
    const change = { "x-storage-url": real().storageUrl };
    proxy.add({ path: /auth/, times: Infinity, does: { kind: "headers", change } });
    const place = placeIn(real(), { auth_url: `${proxy.url}/auth/v1.0` });
    const owner = async (more: object): Promise<unknown> => {
      const given = parseSettings(swift, { ...place.settings, ...more });
      return await swift.owner(given, { env: place.env ?? {}, signal: never });
    };
    const hint = expect.stringContaining("ca_file");
    expect(await failure(owner({}), { proxy })).toMatchObject({ trouble: "unreachable", hint });
    expect(proxy.seen).toEqual([]);
    expect(await owner({ ca_file: cert })).toBeUndefined();
  });

  test.each([413, 507])("a place that answers %i is full", async (status) => {
    const made = await prepared();
    made.proxy.add({ method: "PUT", times: Infinity, does: { kind: "answer", status } });
    const full = { code: "PLACE", trouble: "full" };
    expect(await failure(made.provider.put("a", body(small)), made)).toMatchObject(full);
    expect(await failure(made.provider.put("a", body(large)), made)).toMatchObject(full);
    expect(await made.names()).toEqual(["old"]);
  });

  describe("checksums", () => {
    const wrong: Mischief = {
      kind: "headers",
      change: { etag: '"d41d8cd98f00b204e9800998ecf8427e"' },
    };
    const flipped: Mischief = { kind: "flip-request", at: 3 };
    test.each([
      ["an ETag of other bytes", small, /\/old$/, wrong],
      ["an ETag of another segment", large, /\.segments.*1$/, wrong],
      ["an ETag of a later segment", large, /\.segments.*3$/, wrong],
      ["an ETag of another manifest", large, /multipart-manifest=put/, wrong],
      ["bytes that change on the way", small, /\/old$/, flipped],
      ["bytes of a segment that change on the way", large, /\.segments.*2$/, flipped],
    ])("%s fail the put, and nothing of it is left", async (_, bytes, path, does) => {
      const made = await prepared();
      await made.provider.delete("old");
      const met = made.proxy.add({ method: "PUT", path, does, times: Infinity });
      const failed = { code: "PLACE", trouble: "failed" };
      expect(await failure(made.provider.put("old", body(bytes)), made)).toMatchObject(failed);
      expect(met()).toBeGreaterThan(0);
      expect(await made.names()).toEqual([]);
    });
  });

  describe("a connection that breaks", () => {
    test("half-way through a small object is tried again", async () => {
      const made = await prepared();
      made.proxy.add({ method: "PUT", path: /\/a$/, does: { kind: "cut-request", after: 2 } });
      await made.provider.put("a", body(small));
      expect(await read(made.provider, "a")).toEqual(small);
    });

    test("half-way through a segment fails the put, and leaves what was there", async () => {
      const made = await prepared();
      await made.provider.put("big", body(large));
      const before = await made.names();
      made.proxy.add({ path: /\.segments.*2$/, does: { kind: "cut-request", after: 50_000 } });
      const putting = made.provider.put("big", body(randomBytes(large.length)));
      expect(await failure(putting, made)).toMatchObject(broken);
      expect(await made.names()).toEqual(before);
      expect((await read(made.provider, "big")).equals(large)).toBe(true);
    });

    test.each([
      ["a small object", small, /\/a$/],
      ["a manifest", large, /multipart-manifest=put/],
    ])("after %s was stored hides nothing", async (_, bytes, path) => {
      const made = await prepared();
      made.proxy.add({ method: "PUT", path, does: { kind: "lose-response" } });
      await made.provider.put("a", body(bytes));
      expect((await read(made.provider, "a")).equals(bytes)).toBe(true);
      expect(await made.provider.removePartial("")).toBe(0);
    });

    test("after a manifest was stored, each time, is no reason to take the object for lost", async () => {
      const made = await prepared();
      const path = /multipart-manifest=put/;
      made.proxy.add({ method: "PUT", path, times: Infinity, does: { kind: "lose-response" } });
      await made.provider.put("a", body(large));
      expect((await read(made.provider, "a")).equals(large)).toBe(true);
    });

    test.each([0, 1, 120_000])(
      "after %i bytes of an answer does not stop a read",
      async (after) => {
        const made = await prepared();
        await made.provider.put("big", body(large));
        made.proxy.add({ method: "GET", path: /\/big$/, does: { kind: "cut-response", after } });
        made.proxy.add({ method: "GET", path: /\/big$/, does: { kind: "cut-response", after } });
        expect((await read(made.provider, "big")).equals(large)).toBe(true);
        made.proxy.add({
          method: "GET",
          path: /\/big$/,
          does: { kind: "cut-response", after: 10 },
        });
        const range = { offset: 90_000, length: 120_001 };
        const part = await read(made.provider, "big", range);
        expect(part.equals(large.subarray(90_000, 210_001))).toBe(true);
      },
    );

    test.each(["cut-response", "hang-response"] as const)(
      "each time ends a read with an error, never early: %s",
      async (kind) => {
        const made = await prepared();
        await made.provider.put("big", body(large));
        made.proxy.add({ path: /\/big$/, times: Infinity, does: { kind, after: 1000 } });
        expect(await failure(read(made.provider, "big"), made)).toMatchObject(broken);
      },
    );

    test("within a listing is tried again", async () => {
      const made = await prepared();
      made.proxy.add({ path: /format=json/, does: { kind: "cut-response", after: 20 } });
      expect(await list(made.provider)).toEqual(["old"]);
    });
  });

  test("an object that is replaced while the connection breaks is no mixture", async () => {
    const made = await prepared();
    await made.provider.put("big", body(large));
    const does = { kind: "hang-response", after: 50_000 } as const;
    made.proxy.add({ method: "GET", path: /\/big$/, does });
    const stream = await made.provider.get("big");
    await made.provider.put("big", body(randomBytes(large.length)));
    const reading = stream.toArray();
    const trouble = { trouble: "failed", message: expect.stringContaining("replaced") };
    expect(await failure(reading, made)).toMatchObject(trouble);
  });

  test("a server that dies within an upload leaves what the next run removes", async () => {
    const made = await prepared();
    async function* dying(): AsyncGenerator<Uint8Array> {
      yield large;
      await made.proxy.die();
      yield large;
    }
    expect(await failure(made.provider.put("big", dying()), made)).toMatchObject(broken);
    expect(await made.names()).not.toEqual(["old"]);
    await made.proxy.revive();
    expect(await list(made.provider)).toEqual(["old"]);
    expect(await made.provider.removePartial("other")).toBe(0);
    expect(await made.provider.removePartial("big")).toBe(1);
    expect(await made.names()).toEqual(["old"]);
  });

  test("a body that pauses for longer than a connection is kept is stored whole", async () => {
    const made = await prepared();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield large;
      await delay(1500);
      yield small;
    }
    await made.provider.put("big", slow());
    const all = Buffer.concat([large, small]);
    expect((await read(made.provider, "big")).equals(all)).toBe(true);
  });
}
