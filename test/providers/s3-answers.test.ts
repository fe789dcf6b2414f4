import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test, vi } from "vitest";
import { s3 } from "../../src/providers/s3.ts";
import { putBytes, listObjects } from "../../src/providers/s3/objects.ts";
import { inParts, mostParts, nextPartSize } from "../../src/providers/s3/parts.ts";
import { removePartials } from "../../src/providers/s3/partials.ts";
import { makeStore, type Store } from "../../src/providers/s3/store.ts";
import { parseSettings } from "../../src/settings.ts";
import { body, mega, never } from "./place.ts";
import { env } from "./s3-place.ts";

// What a service may say that Swift does not, and what needs none.

const right = { bucket: "backups", access_key: "secret:s3_access", secret_key: "secret:s3_secret" };

interface Answering {
  readonly store: Store;
  readonly seen: Record<string, string | string[] | undefined>[];
}

/** A store at a service that gives these answers, the last of them for ever. */
async function answering(
  answers: readonly (readonly [status: number, text: string])[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<Answering> {
  const seen: Answering["seen"] = [];
  const server = createServer((incoming, outgoing) => {
    const [status, text] = answers[Math.min(seen.length, answers.length - 1)] ?? [500, ""];
    seen.push({ ...incoming.headers, path: incoming.url });
    incoming.resume();
    outgoing.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const given = parseSettings(s3, { ...right, endpoint, attempts: 1, ...more });
  const store = await makeStore(given, { env, signal: never });
  onTestFinished(() => {
    store.client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { store, seen };
}

async function listAll(store: Store): Promise<void> {
  for await (const found of listObjects(store, "")) void found;
}

function xml(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
}

test.each([
  ["NoSuchBucket", 404, "unreachable", expect.stringContaining("bucket")],
  ["AccessDenied", 403, "failed", expect.stringContaining("access_key")],
  ["SignatureDoesNotMatch", 403, "failed", expect.stringContaining("access_key")],
  ["InvalidAccessKeyId", 403, "failed", expect.stringContaining("access_key")],
  ["ExpiredToken", 400, "failed", expect.stringContaining("access_key")],
  ["OddlyForbidden", 403, "failed", expect.stringContaining("access_key")],
  ["RequestTimeTooSkewed", 403, "failed", expect.stringContaining("clock")],
  ["PermanentRedirect", 301, "failed", expect.stringContaining("region")],
  ["AuthorizationHeaderMalformed", 400, "failed", expect.stringContaining("region")],
  ["BadDigest", 400, "failed", expect.stringContaining("changes")],
  ["EntityTooLarge", 400, "full", expect.stringContaining("room")],
  ["QuotaExceeded", 403, "full", expect.stringContaining("room")],
  ["InsufficientStorage", 507, "full", expect.stringContaining("room")],
  ["SlowDown", 503, "unreachable", expect.stringContaining("again")],
  ["InternalError", 500, "unreachable", expect.stringContaining("again")],
  ["SomethingNew", 400, "failed", undefined],
])("a service that says %s", async (code, status, trouble, hint) => {
  const { store } = await answering([[status, xml(code)]]);
  await expect(putBytes(store, "a", Buffer.from("x"))).rejects.toMatchObject({
    code: "PLACE",
    trouble,
    message: expect.stringContaining(code),
    hint,
  });
});

test.each([
  [502, "<html><body>Bad gateway<br></body></html>"],
  [403, "go away"],
  [200, "<html><body>Welcome<br></body></html>"],
  [200, "Welcome"],
])("one that does not speak S3: %i %s", async (status, text) => {
  const { store } = await answering([[status, text]]);
  await expect(listAll(store)).rejects.toMatchObject({ code: "PLACE" });
});

test("half a listing is none", async () => {
  const cut = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
  const { store } = await answering([[200, cut]]);
  const refusal = { code: "PLACE", trouble: "failed" };
  await expect(listAll(store)).rejects.toMatchObject(refusal);
  const uploads =
    "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>";
  const other = await answering([[200, uploads]]);
  await expect(removePartials(other.store, "")).rejects.toMatchObject(refusal);
});

test("what is asked for goes along, and checksums that others refuse do not", async () => {
  const given = { sse: "aws:kms", storage_class: "STANDARD_IA", session_token: "secret:wrong" };
  const { store, seen } = await answering([[200, ""]], { ...given, prefix: "team/shop/" });
  await putBytes(store, "packs/a", Buffer.from("x"));
  expect(seen[0]).toMatchObject({
    path: expect.stringContaining("/backups/team/shop/packs/a"),
    "content-md5": expect.any(String),
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-security-token": "hunter2-hunter2",
  });
  const names = Object.keys(seen[0] ?? {});
  expect(names.filter((name) => /checksum|trailer|sdk-checksum/.test(name))).toEqual([]);
});

test("keys of the environment are used only where that is asked for", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AMBIENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "ambient");
  onTestFinished(() => void vi.unstubAllEnvs());
  const given = await answering([[200, ""]]);
  await putBytes(given.store, "a", Buffer.from("x"));
  expect(given.seen[0]?.["authorization"]).toContain("Credential=test:tester/");
  const none = { access_key: undefined, secret_key: undefined, credentials: "environment" };
  const ambient = await answering([[200, ""]], none);
  await putBytes(ambient.store, "a", Buffer.from("x"));
  expect(ambient.seen[0]?.["authorization"]).toContain("Credential=AMBIENT/");
});

test("what the environment says of endpoints is not followed", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
  onTestFinished(() => void vi.unstubAllEnvs());
  const { client } = await makeStore(parseSettings(s3, right), { env, signal: never });
  const hosts: unknown[] = [];
  client.middlewareStack.add(
    () =>
      ({ request }) => {
        hosts.push((request as { hostname: string }).hostname);
        return Promise.reject(new Error("far enough"));
      },
    { step: "finalizeRequest", priority: "low" },
  );
  const asking = client.send(new HeadBucketCommand({ Bucket: "backups" }));
  await expect(asking).rejects.toThrow("far enough");
  expect(hosts).toEqual(["backups.s3.us-east-1.amazonaws.com"]);
});

test.each([
  [{ ...right, bucket: undefined }, '"bucket" is missing'],
  [{ ...right, bucket: "a/b" }, '"bucket" must be the name of a bucket'],
  [{ ...right, access_key: undefined }, '"access_key" is needed'],
  [{ ...right, secret_key: undefined }, '"secret_key" is needed'],
  [{ ...right, secret_key: "hunter2" }, '"secret_key" must be given as secret:NAME'],
  [{ ...right, credentials: "environment" }, '"access_key" cannot be given'],
  [{ ...right, endpoint: "s3.example.com" }, '"endpoint" must be a URL'],
  [{ ...right, endpoint: "ftp://s3.example.com" }, '"endpoint" must be a URL'],
  [{ ...right, endpoint: "https://me:hunter2@s3.example.com" }, '"endpoint" must be a URL'],
  [{ ...right, prefix: "../x" }, '"prefix" must be a path'],
  [{ ...right, prefix: ".lastgood" }, '"prefix" must be a path'],
  [{ ...right, part_size: "100" }, '"part_size" must be 5242880 or more'],
  [{ ...right, sse: "none" }, '"sse"'],
  [{ ...right, storage_class: "standard ia" }, '"storage_class" must be'],
])("settings that cannot be used: %j", (given, says) => {
  const refusal = { code: "USAGE", message: expect.stringContaining(says) };
  let thrown: unknown;
  try {
    parseSettings(s3, given);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject(refusal);
  expect(String(thrown)).not.toContain("hunter2");
});

test("settings that say little mean what is usual", () => {
  expect(parseSettings(s3, right)).toMatchObject({ region: "us-east-1", part_size: 8 * mega });
  expect(parseSettings(s3, { bucket: "backups", credentials: "environment" })).toBeDefined();
});

test.each([5 * mega, 8 * mega, 16 * mega, 64 * mega])(
  "10,000 parts of %i bytes, that grow, hold 5 TiB, and none is too large",
  (usual) => {
    let [sent, largest] = [0, 0];
    for (let number = 0; number < mostParts; number += 1) {
      const size = nextPartSize(sent, usual);
      expect(size).toBeGreaterThanOrEqual(largest);
      largest = size;
      sent += size;
    }
    expect(sent).toBeGreaterThan(5 * 1024 * 1024 * mega);
    expect(largest).toBeLessThanOrEqual(5 * 1024 * mega);
    expect(nextPartSize(1000 * usual, usual)).toBe(usual);
  },
);

test("chunks of any size become parts of one size, in memory that is used again", async () => {
  const sizes = [1, 70_000, 3, 0, 500_000, 2_000_000, 17, 999, 700_000];
  const chunks = sizes.map((size) => randomBytes(size));
  const spare: Buffer[] = [];
  const parts: Buffer[] = [];
  const blocks = new Set<ArrayBufferLike>();
  for await (const { bytes, isFull } of inParts(body(...chunks), mega, spare)) {
    expect(isFull).toBe(bytes.length === mega);
    parts.push(Buffer.from(bytes));
    if (isFull) blocks.add(bytes.buffer);
    if (isFull) spare.push(bytes);
  }
  const whole = Buffer.concat(chunks);
  expect(Buffer.concat(parts).equals(whole)).toBe(true);
  expect(parts).toHaveLength(Math.ceil(whole.length / mega));
  expect(blocks.size).toBe(1);
});
