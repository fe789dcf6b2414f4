import { randomBytes } from "node:crypto";
import { createServer } from "node:https";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test, type TestContext } from "vitest";
import { s3 } from "../../src/providers/s3.ts";
import { parseSettings } from "../../src/settings.ts";
import { PlaceError, type Provider } from "../../src/providers/provider.ts";
import { temporaryFolder } from "../support/folder.ts";
import { runProgram } from "../support/programs.ts";
import { skip } from "../support/skip.ts";
import type { Swift } from "../support/swift.ts";
import { body, list, mega, never, newOwnership, openPlace, read } from "./place.ts";
import { behindProxy, makePart, env } from "./s3-place.ts";

const act = { env, signal: never };
const part = 5 * mega;

function answer(status: number, code: string): { status: number; body: string } {
  return {
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
  };
}

export function testTroubles(swift: () => Swift): void {
  test("one that slows us down is asked again", async () => {
    const { provider, proxy } = await behindProxy(swift());
    const does = { kind: "answer" as const, ...answer(503, "SlowDown") };
    const met = [
      proxy.add({ method: "PUT", path: /partNumber=1/, does }),
      proxy.add({ method: "GET", path: /packs/, does }),
    ];
    const bytes = randomBytes(part + 1);
    await provider.put("packs/a", body(bytes));
    expect((await read(provider, "packs/a")).equals(bytes)).toBe(true);
    expect(met.map((count) => count())).toEqual([1, 1]);
  });

  test("one that never answers is unreachable", async () => {
    const { provider, proxy } = await behindProxy(swift(), { timeout: 1, attempts: 2 });
    const met = proxy.add({ path: /packs/, times: 9, does: { kind: "hang" } });
    const putting = provider.put("packs/a", body("x"));
    await expect(putting).rejects.toMatchObject({ trouble: "unreachable" });
    expect(met()).toBe(2);
  });

  test("one that is not there", async () => {
    const place = makePart(swift());
    const settings = { ...place.settings, endpoint: "http://127.0.0.1:9", attempts: 2 };
    const opening = openPlace(s3, { env, settings });
    await expect(opening).rejects.toMatchObject({ code: "PLACE", trouble: "unreachable" });
  });

  test.each([{ secret_key: "secret:wrong" }, { access_key: "secret:wrong" }])(
    "wrong keys are said to be wrong, and never shown: %j",
    async (wrong) => {
      const { settings } = await behindProxy(swift());
      const given = parseSettings(s3, { ...settings, ...wrong });
      const opening = s3.open(given, newOwnership(), act);
      const error = await opening.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        trouble: "failed",
        hint: expect.stringContaining("access_key"),
      });
      const shown = inspect(error, { depth: 20, showHidden: true });
      expect(shown).not.toMatch(/test:tester|testing|hunter2/);
    },
  );

  test("a message of the service in which a key stands is shown without it", async () => {
    const { provider, proxy } = await behindProxy(swift(), { attempts: 1 });
    const text =
      "<Error><Code>Odd</Code><Message>test:tester signed with testing</Message></Error>";
    proxy.add({ method: "PUT", does: { kind: "answer", status: 400, body: text } });
    const error = await provider.put("a", body("x")).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining("*** signed with ***") });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/test:tester|testing/);
  });

  test("a certificate is verified, with those that are given", async (context) => {
    const { url, certificate } = await startTls(context, swift().port);
    const place = makePart(swift());
    const settings = { ...place.settings, endpoint: url, attempts: 1 };
    await expect(openPlace(s3, { env, settings })).rejects.toMatchObject({
      trouble: "unreachable",
      hint: expect.stringContaining("ca_file"),
    });
    const trusting = { ...settings, ca_file: certificate };
    const { provider } = await openPlace(s3, { env, settings: trusting });
    await provider.put("a", body(randomBytes(part + 1)));
    expect((await read(provider, "a")).length).toBe(part + 1);
  });
}

export function testDying(swift: () => Swift): void {
  const few = { attempts: 3 };
  const acts: readonly (readonly [string, RegExp, (provider: Provider) => Promise<unknown>])[] = [
    ["put", /packs\/new/, (each) => each.put("packs/new", body(randomBytes(1000)))],
    ["the begin of an upload", /uploads/, (each) => each.put("packs/new", body(randomBytes(part)))],
    ["a part", /partNumber=2/, (each) => each.put("packs/new", body(randomBytes(3 * part)))],
    [
      "the end of an upload",
      /uploadId=[^&]*$/,
      (each) => each.put("packs/new", body(randomBytes(part))),
    ],
    ["get", /packs\/old/, (each) => read(each, "packs/old")],
    ["stat", /packs\/old/, (each) => each.stat("packs/old")],
    ["list", /list-type/, (each) => list(each)],
    ["delete", /packs\/old/, (each) => each.delete("packs/old")],
    ["removePartial", /uploads/, (each) => each.removePartial("")],
  ];
  test.each(acts)("%s is not done", async (_, path, work) => {
    const { provider, proxy, raw } = await behindProxy(swift(), few);
    await provider.put("packs/old", body("old"));
    let dying: Promise<void> | undefined;
    const onMet = (): void => void (dying ??= proxy.die());
    // As soon as something of it went on; what has no body is cut at its end.
    proxy.add({ path, times: 9, does: { kind: "cut-request", after: 100 }, onMet });
    await expect(work(provider)).rejects.toMatchObject({ code: "PLACE", trouble: "unreachable" });
    await dying;
    proxy.clear();
    await proxy.revive();
    expect(await list(provider)).toEqual(["packs/old"]);
    expect(await read(provider, "packs/old")).toEqual(Buffer.from("old"));
    await provider.removePartial("");
    expect(await raw.uploads()).toEqual([]);
  });

  test.each(acts)("%s is done, and nobody hears of it", async (name, path, work) => {
    const { provider, proxy, raw } = await behindProxy(swift(), few);
    await provider.put("packs/old", body("old"));
    const met = proxy.add({ path, times: 9, does: { kind: "lose-response" } });
    const outcome = await work(provider).then(
      () => "done",
      (error: unknown) => (error instanceof PlaceError ? error.trouble : error),
    );
    // Only the end of an upload can be looked for.
    expect(outcome).toBe(name === "the end of an upload" ? "done" : "unreachable");
    expect(met()).toBeGreaterThan(0);
    proxy.clear();
    const there = await list(provider);
    expect(there.includes("packs/old")).toBe(name !== "delete");
    const isWhole = { put: 1000, "the end of an upload": part }[name];
    const found = await provider.stat("packs/new");
    expect(found?.size).toBe(isWhole);
    await provider.removePartial("");
    expect(await raw.uploads()).toEqual([]);
  });

  test("the end of an upload that was done and not heard of is found to be done", async () => {
    const { provider, proxy, raw } = await behindProxy(swift());
    const met = proxy.add({ method: "POST", path: /uploadId/, does: { kind: "lose-response" } });
    const bytes = randomBytes(2 * part + 1);
    await provider.put("packs/a", body(bytes));
    expect(met()).toBe(1);
    expect((await read(provider, "packs/a")).equals(bytes)).toBe(true);
    expect(await raw.uploads()).toEqual([]);
  });
}

/** TLS in front of a server on loopback, with a certificate of its own. */
async function startTls(
  context: TestContext,
  port: number,
): Promise<{ url: string; certificate: string }> {
  const folder = await temporaryFolder();
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const made = await runProgram("openssl", [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-keyout",
    key,
    "-out",
    certificate,
  ]);
  if (made.status !== 0) skip(context, `no certificate can be made: ${made.stderr}`);
  const files = { key: await readFile(key), cert: await readFile(certificate) };
  const server = createServer(files, (incoming, outgoing) => {
    const { method = "GET", url = "/", headers } = incoming;
    const passed = request({ host: "127.0.0.1", port, method, path: url, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, certificate };
}
