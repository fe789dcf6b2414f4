import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import type { RestoreRow } from "../../src/dao/restore.ts";
import {
  backupsOf,
  changeProvider,
  contentsOf,
  endLeases,
  expectRestores,
  expectTidy,
  killRun,
  startRun,
  untilItHangs,
  useCatalogue,
} from "./crash.ts";
import { untilItRuns } from "./processes.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
const run = promisify(execFile);
let count = 0;
let [name, vault, source, trace] = ["", "", "", ""];

beforeEach(async () => {
  count += 1;
  [name, vault] = [`both${count}`, `vault${count}`];
  [source, trace] = [join(place.folder, "source"), join(place.folder, "trace")];
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(source, "large"), randomBytes(4_500_000));
  await addFiles(place, name, source);
});

async function addShaky(layout: string): Promise<void> {
  await place.ok(
    ["provider", "add", vault, "--type", "debug", "--layout", layout],
    ["--set", `path=${join(place.folder, vault)}`, "--set", `trace=${trace}`],
  );
}

async function backUp(): Promise<string> {
  return await place.ok("backup", "create", name, "--provider", vault);
}

describe.each(["pack", "tree"])("layout %s", (layout) => {
  test("backups of one source at once are all good, and stay so when one is deleted", async () => {
    await addShaky(layout);
    const ids = (await Promise.all([backUp(), backUp(), backUp()])).map(Number);
    expect(new Set(ids).size).toBe(3);
    const rows = await backupsOf(place, name);
    expect(new Set(rows.map((row) => row.name)).size).toBe(3);
    expect(rows.map(({ state }) => state)).toEqual(["COMPLETE", "COMPLETE", "COMPLETE"]);
    for (const id of ids) await expectRestores(place, id, await contentsOf(source));
    // The newest good one is the one that ended last.
    const [first, ...others] = rows.toSorted((a, b) =>
      String(a.ended_at).localeCompare(String(b.ended_at)),
    );
    await place.ok("backup", "delete", String(first?.id));
    await expectTidy(place, catalogue.client, vault);
    for (const { id } of others) await expectRestores(place, id, await contentsOf(source));
  });

  test("a backup while others are deleted loses nothing", async () => {
    await addShaky(layout);
    const old = [await backUp(), await backUp(), await backUp()];
    const [next] = await Promise.all([
      backUp(),
      place.ok("backup", "delete", old[0] ?? ""),
      place.ok("backup", "delete", old[1] ?? ""),
    ]);
    await expectRestores(place, next, await contentsOf(source));
    await expectRestores(place, old[2] ?? "", await contentsOf(source));
    await place.ok("backup", "verify", next, "--level", "decode");
    await backUp();
    const states = (await backupsOf(place, name)).map(({ state }) => state);
    expect(states).toEqual(["COMPLETE", "COMPLETE", "COMPLETE", "DELETED", "DELETED"]);
    await expectTidy(place, catalogue.client, vault);
  });
});

test("of two restores to one target, one is whole and the other is refused", async () => {
  await addShaky("pack");
  const id = await backUp();
  const out = join(place.folder, "out");
  const restore = async (): Promise<number> =>
    (await place.run("restore", "create", id, "--to", join(out, "target"))).status;
  const statuses = await Promise.all([restore(), restore()]);
  expect(new Set(statuses)).toEqual(new Set([0, 2]));
  expect(await contentsOf(join(out, "target"))).toEqual(await contentsOf(source));
  expect(await readdir(out)).toEqual(["target"]);
  const all = await place.json<RestoreRow[]>("restore", "list");
  const ours = all.filter((each) => each.target === join(out, "target"));
  expect(ours.map(({ state }) => state).toSorted()).toEqual(["COMPLETE", "FAILED"]);
});

test("a backup that is being restored cannot be deleted", async () => {
  await addShaky("pack");
  const id = await backUp();
  await backUp();
  await changeProvider(catalogue.client, vault, { hang: "get:3" });
  const restore = startRun(place, ["restore", "create", id, "--to", join(place.folder, "out")]);
  await untilItHangs(restore, trace);
  await changeProvider(catalogue.client, vault, { hang: null });
  const refused = await place.run("backup", "delete", id);
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.errors).toContain(`backup ${id} is being restored`);
  await killRun(restore);
  await endLeases(catalogue.client);
  await place.ok("backup", "delete", id);
});

describe("a run that was taken for dead", () => {
  /** A source whose program waits until somebody writes to a FIFO. */
  async function addWaiting(): Promise<string> {
    const [program, fifo] = [join(place.folder, "dump"), join(place.folder, "fifo")];
    await run("mkfifo", [fifo]);
    await writeFile(program, `#!/bin/sh\necho begun\nread line < '${fifo}'\necho "$line"\n`);
    await chmod(program, 0o700);
    const commands = join(place.folder, "commands.json");
    const slow = { backup: [program], output: "stdout" };
    await writeFile(commands, JSON.stringify({ commands: { slow } }));
    place.env["LASTGOOD_COMMANDS_FILE"] = commands;
    await place.ok(
      ["source", "add", `${name}-db`, "--type", "command", "--system", `${name}.example`],
      ["--scope", "db", "--set", "command=slow"],
    );
    return fifo;
  }

  async function takeOver(): Promise<void> {
    await endLeases(catalogue.client);
    const { rows } = await catalogue.client.query("select lastgood.reap_backups()");
    expect(rows).toHaveLength(1);
  }

  async function expectTakenOver(of: string): Promise<void> {
    const [row] = await backupsOf(place, of);
    expect(row).toMatchObject({ state: "FAILED", is_good: false });
    expect(row?.reason).toContain("lease ran out");
  }

  test.each(["pack", "tree"])("cannot seal its backup in layout %s", async (layout) => {
    await addShaky(layout);
    const fifo = await addWaiting();
    const running = startRun(place, ["backup", "create", `${name}-db`, "--provider", vault]);
    await untilItRuns(running.child.pid, /dump/);
    await takeOver();
    // What it has stored so far is removed while it still runs.
    await backUp();
    await writeFile(fifo, "done\n");
    expect(await running.ended()).toBe(1);
    expect(running.stderr()).toMatch(/^lastgood: backup \d+ was taken over, or has ended\nhint: ./);
    await expectTakenOver(`${name}-db`);
    await backUp();
    await expectTidy(place, catalogue.client, vault);
  });

  test("notices by its heartbeat, and stops", async () => {
    await addShaky("pack");
    await changeProvider(catalogue.client, vault, { hang: "put:1" });
    const running = startRun(place, ["backup", "create", name, "--provider", vault]);
    await untilItHangs(running, trace);
    await takeOver();
    await changeProvider(catalogue.client, vault, { hang: null });
    expect(await running.ended()).toBe(1);
    expect(running.stderr()).toMatch(/^lastgood: the run was taken over, .*\nhint: ./);
    await expectTakenOver(name);
    await backUp();
    await expectTidy(place, catalogue.client, vault);
  });

  test("stops when the database goes away, and leaves its row to the next one", async () => {
    await addShaky("pack");
    await changeProvider(catalogue.client, vault, { hang: "put:1" });
    const running = startRun(place, ["backup", "create", name, "--provider", vault]);
    await untilItHangs(running, trace);
    await changeProvider(catalogue.client, vault, { hang: null });
    await catalogue.client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'lastgood'`,
    );
    expect(await running.ended()).toBe(3);
    expect(running.stderr()).toMatch(/^lastgood: the database went away: /);
    expect((await backupsOf(place, name))[0]).toMatchObject({ state: "RUNNING", is_good: false });
    await endLeases(catalogue.client);
    await backUp();
    await expectTidy(place, catalogue.client, vault);
  });
});
