import { beforeAll, expect, test } from "vitest";
import type { ProviderRow } from "../../src/dao/provider.ts";
import type { SourceRow } from "../../src/dao/source.ts";
import { usePlace } from "../backup/support.ts";

const place = usePlace();

beforeAll(async () => {
  const client = await place.database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
});

async function source(name: string): Promise<Pick<SourceRow, "labels" | "max_running">> {
  const { labels, max_running } = await place.json<SourceRow>("source", "show", name);
  return { labels, max_running };
}

async function addSource(name: string, ...options: string[]): Promise<void> {
  await place.ok(
    ["source", "add", name, "--type", "files", "--scope", "files", "--system", "shop.test"],
    ["--set", "path=/srv"],
    options,
  );
}

test("labels of a source are given when it is added, changed and taken away", async () => {
  await addSource("one", "--label", "oslo", "--label", "fast", "--label", "oslo");
  expect(await source("one")).toEqual({ labels: ["fast", "oslo"], max_running: 1 });
  expect(await place.ok("source", "list")).toMatch(/^one .* fast, oslo$/m);
  expect(await place.ok("source", "show", "one")).toMatch(/^labels +fast, oslo$/m);
  await place.ok("source", "set", "one", "--label", "bergen", "--max-running", "3");
  expect(await source("one")).toEqual({ labels: ["bergen"], max_running: 3 });
  await place.ok("source", "set", "one", "--no-label");
  expect(await source("one")).toEqual({ labels: [], max_running: 3 });
});

test("settings stay where limits are changed, and nothing changes where one is refused", async () => {
  await addSource("two");
  await place.ok("source", "set", "two", "--max-running", "2");
  const refused = await place.run([
    "source",
    "set",
    "two",
    "--set",
    "path=/other",
    "--label",
    "no good",
  ]);
  expect([refused.status, refused.errors]).toEqual([
    1,
    expect.stringContaining('a label cannot be "no good"'),
  ]);
  expect(await place.json("source", "show", "two")).toMatchObject({
    settings: { path: "/srv" },
    max_running: 2,
    labels: [],
  });
  for (const number of ["0", "-1", "1.5", "none"]) {
    expect((await place.run("source", "set", "two", "--max-running", number)).status).toBe(2);
  }
  expect((await place.run("source", "set", "two")).status).toBe(2);
});

async function provider(
  ...options: string[]
): Promise<Pick<ProviderRow, "max_running" | "max_backups" | "max_bytes">> {
  await place.ok("provider", "set", "vault", ...options);
  const row = await place.json<ProviderRow>("provider", "show", "vault");
  const { max_running, max_backups, max_bytes } = row;
  return { max_running, max_backups, max_bytes };
}

test("limits of a provider are set one by one, and lifted with none", async () => {
  expect(await provider("--max-running", "2", "--max-bytes", "1.5TB")).toEqual({
    max_running: 2,
    max_backups: null,
    max_bytes: 1_500_000_000_000,
  });
  expect(await place.ok("provider", "show", "vault")).toMatch(/^max_running +2$/m);
  expect(await provider("--max-backups", "50", "--max-running", "none")).toEqual({
    max_running: null,
    max_backups: 50,
    max_bytes: 1_500_000_000_000,
  });
  expect(await provider("--max-bytes", "none", "--max-backups", "none")).toEqual({
    max_running: null,
    max_backups: null,
    max_bytes: null,
  });
  const [event] = await place.json<{ log_type_name: string; message: string }[]>("events");
  expect(event).toMatchObject({
    log_type_name: "LASTGOOD_PROVIDER_CHANGED",
    message: expect.stringContaining("max_backups = none, max_bytes = none.") as string,
  });
});

test.each([
  ["1", 1],
  ["500GB", 500e9],
  ["10 kb", 10_000],
  ["2TiB", 2 * 1024 ** 4],
  ["1.5MiB", 1.5 * 1024 ** 2],
])("a size of %s is %d bytes", async (size, bytes) => {
  expect(await provider("--max-bytes", size)).toMatchObject({ max_bytes: bytes });
});

test.each([["0"], ["-1"], ["much"], ["5 XB"], ["0.1"], ["99999PB"], [""]])(
  "a size of '%s' is refused",
  async (size) => {
    const { status } = await place.run("provider", "set", "vault", "--max-bytes", size);
    expect(status).toBe(2);
  },
);

test("a provider that may keep too few for a schedule is warned of, there and with the schedule", async () => {
  await addSource("three");
  const client = await place.database.connect();
  await client.query("select lastgood.add_provider('small', 'debug')");
  const options = ["--provider", "small", "--incremental", "--keep-last", "1"];
  const fine = await place.run("schedule", "create", "three", "0 2 * * *", "nightly", options);
  expect([fine.status, fine.errors]).toEqual([0, ""]);
  const warning = 'warning: provider "small" may keep 10 backups, and schedule "nightly" needs';
  const set = await place.run("provider", "set", "small", "--max-backups", "10");
  expect([set.status, set.errors]).toEqual([0, expect.stringContaining(warning)]);
  const renamed = await place.run("schedule", "update", "nightly", "--keep-last", "2");
  expect([renamed.status, renamed.errors]).toEqual([
    0,
    expect.stringMatching(/^hint: .* --max-chain 8; /m),
  ]);
  const better = await place.run("schedule", "update", "nightly", "--max-chain", "8");
  expect([better.status, better.errors]).toEqual([0, ""]);
  const other = await place.run("schedule", "create", "three", "0 2 * * *", "other", options);
  expect([other.status, other.errors]).toEqual([0, expect.stringContaining('"other" needs room')]);
  expect((await place.run("doctor")).output).toMatch(/^warning +schedule other \(\d+\)/m);
});

test("nothing to change, or a provider that is not there, is refused", async () => {
  expect((await place.run("provider", "set", "vault")).status).toBe(2);
  const { status, errors } = await place.run(["provider", "set", "nowhere", "--max-running", "1"]);
  expect([status, errors]).toEqual([1, expect.stringContaining('no provider "nowhere"')]);
});
