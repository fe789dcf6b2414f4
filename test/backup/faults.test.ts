import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { RestoreRow } from "../../src/dao/restore.ts";
import type { Outcome } from "../support/cli.ts";
import {
  backupsOf,
  contentsOf,
  changeProvider,
  expectRestores,
  expectTidy,
  readTrace,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source, trace, good] = ["", "", "", "", ""];
let goodFiles: ReadonlyMap<string, string> = new Map();

beforeEach(() => {
  count += 1;
  [name, vault] = [`fault${count}`, `vault${count}`];
  [source, trace] = [join(place.folder, "source"), join(place.folder, "trace")];
});

/** A source with one good backup, and something new for the next one. */
async function prepare(layout: string): Promise<void> {
  await mkdir(join(source, "etc"), { recursive: true });
  await writeFile(join(source, "etc", "hosts"), "127.0.0.1 localhost\n");
  await addFiles(place, name, source);
  await place.ok(
    ["provider", "add", vault, "--type", "debug", "--layout", layout],
    ["--set", `path=${join(place.folder, vault)}`, "--set", `trace=${trace}`],
  );
  good = await backUp();
  goodFiles = await contentsOf(source);
  await writeFile(join(source, "large"), randomBytes(1_000_000));
}

async function backUp(): Promise<string> {
  return await place.ok("backup", "create", name, "--provider", vault);
}

async function fail(settings: Record<string, string>): Promise<Outcome> {
  await changeProvider(catalogue.client, vault, settings);
  const outcome = await place.run("backup", "create", name, "--provider", vault);
  const none = Object.keys(settings).map((key) => [key, null] as const);
  await changeProvider(catalogue.client, vault, Object.fromEntries(none));
  return outcome;
}

/** One clear error with what to do about it, a row that says why, an event; and nothing else is hurt. */
async function expectFailure(outcome: Outcome, status: number): Promise<void> {
  const lines = outcome.errors.trimEnd().split("\n");
  expect([outcome.status, lines]).toEqual([
    status,
    [expect.stringMatching(/^lastgood: ./), expect.stringMatching(/^hint: ./)],
  ]);
  expect(outcome.output).toBe("");
  const [failed, before] = await backupsOf(place, name);
  const reason = lines[0]?.replace("lastgood: ", "");
  expect(failed).toMatchObject({ state: "FAILED", is_good: false, reason });
  expect(before).toMatchObject({ id: Number(good), state: "COMPLETE", is_good: true });
  const { rows } = await catalogue.client.query(
    "select is_passed, output_message from lastgood.engine_backup_log where backup_id = $1",
    [failed?.id],
  );
  expect(rows).toEqual([
    { is_passed: false, output_message: expect.stringContaining(reason ?? "") as unknown },
  ]);
  expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
  await expectRestores(place, good, goodFiles);
}

/** The next run needs no help, and takes away what the failed one has left. */
async function expectRecovery(): Promise<void> {
  good = await backUp();
  goodFiles = await contentsOf(source);
  expect((await backupsOf(place, name))[0]).toMatchObject({ state: "COMPLETE", is_good: true });
  await expectTidy(place, catalogue.client, vault);
  await expectRestores(place, good, goodFiles);
}

describe.each(["pack", "tree"])("a provider in layout %s", (layout) => {
  test.each([
    ["is full half-way", { full_after: layout === "pack" ? "500000" : "100" }, 1],
    ["is read-only", { fail: "put::read_only" }, 1],
    ["is another's", { fail: "open::foreign" }, 1],
    ["cannot be reached", { fail: "open::unreachable" }, 3],
    ["goes away half-way", { fail: "put:1:unreachable" }, 3],
    ["does not keep what it is given", { corrupt: "put:1" }, 1],
    ["gives back other bytes", { corrupt: "get:1" }, 1],
  ])("that %s fails the backup", async (_what, settings, status) => {
    await prepare(layout);
    const outcome = await fail(settings);
    expect(outcome.status).toBe(status);
    await expectFailure(outcome, status);
    await expectRecovery();
  });

  test("that fails once, in whatever call, fails the backup and hurts nothing", async () => {
    await prepare(layout);
    const calls = await readTrace(trace);
    expect(calls.length).toBeGreaterThanOrEqual(3);
    for (const { operation, nth } of calls) {
      await writeFile(join(source, "large"), randomBytes(100_000));
      await expectFailure(await fail({ fail: `${operation}:${nth}:failed` }), 1);
      await expectRecovery();
    }
  });

  test("that is slow is waited for", async () => {
    await prepare(layout);
    await changeProvider(catalogue.client, vault, { latency_ms: "100" });
    const start = performance.now();
    await expectRecovery();
    expect(performance.now() - start).toBeGreaterThan(300);
  });
});

test("a source that vanished fails the backup", async () => {
  await prepare("pack");
  await rename(source, `${source}.away`);
  const outcome = await place.run("backup", "create", name, "--provider", vault);
  expect(outcome.errors).toContain(source);
  await expectFailure(outcome, 1);
  await rename(`${source}.away`, source);
  await expectRecovery();
});

test("a source that was emptied, as an unmounted one is, fails the backup", async () => {
  await prepare("pack");
  await rename(source, `${source}.away`);
  await mkdir(source);
  expect(await readdir(source)).toEqual([]);
  const args = ["backup", "create", name, "--provider", vault, "--incremental"];
  await expectFailure(await place.run(args), 1);
});

test("what cannot be removed is no reason to have no new backup", async () => {
  await prepare("pack");
  await expectFailure(await fail({ fail: "put:2" }), 1);
  await changeProvider(catalogue.client, vault, { fail: "delete" });
  const outcome = await place.run("backup", "create", name, "--provider", vault);
  expect(outcome).toMatchObject({ status: 0 });
  expect(outcome.errors).toContain("was not removed: delete was asked to fail");
  expect((await backupsOf(place, name))[0]).toMatchObject({ state: "COMPLETE" });
  await changeProvider(catalogue.client, vault, { fail: null });
  await expectRecovery();
});

describe("a provider that cannot be reached", () => {
  const away = { fail: "open::unreachable" };

  test("ends a restore with 3, and says so in its row", async () => {
    await prepare("pack");
    await changeProvider(catalogue.client, vault, away);
    const target = join(place.folder, "target");
    const outcome = await place.run("restore", "create", good, "--to", target);
    expect(outcome).toMatchObject({ status: 3 });
    expect(outcome.errors).toMatch(/^lastgood: .*\nhint: .*\n$/);
    const [row] = await place.json<RestoreRow[]>("restore", "list");
    expect(row).toMatchObject({ target, state: "FAILED", reason: "open was asked to fail" });
    await expect(readdir(target)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("could not be checked, which says nothing of its backups", async () => {
    await prepare("pack");
    await changeProvider(catalogue.client, vault, away);
    const verified = await place.run("backup", "verify", good, "--json");
    expect(verified).toMatchObject({ status: 3 });
    expect(JSON.parse(verified.output)).toMatchObject([{ result: "could_not_check" }]);
    expect(await place.run("provider", "check", vault)).toMatchObject({ status: 3 });
    expect((await backupsOf(place, name))[0]).toMatchObject({ is_good: true, proof_level: 2 });
    expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
  });

  test("leaves a deletion DELETE_FAILED, with the reason, until it is repeated", async () => {
    await prepare("pack");
    await backUp();
    await changeProvider(catalogue.client, vault, away);
    expect(await place.run("backup", "delete", good)).toMatchObject({ status: 3 });
    expect(await place.json("backup", "show", good)).toMatchObject({
      state: "DELETE_FAILED",
      copies: [{ state: "DELETE_FAILED", reason: "open was asked to fail" }],
    });
    await changeProvider(catalogue.client, vault, { fail: null });
    await place.ok("backup", "delete", good);
    await expectRecovery();
    expect((await backupsOf(place, name))[2]).toMatchObject({ state: "DELETED" });
  });
});

test.each(["get:1", "get:2", "get:3"])("a restore whose %s fails leaves nothing", async (call) => {
  await prepare("pack");
  await changeProvider(catalogue.client, vault, { fail: call });
  const out = join(place.folder, "out");
  const outcome = await place.run("restore", "create", good, "--to", join(out, "target"));
  expect(outcome).toMatchObject({ status: 1 });
  expect(await readdir(out).catch(() => [])).toEqual([]);
  expect(await readdir(join(place.folder, "scratch"))).toEqual([]);
});
