import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Executions } from "../../src/admin/executions.ts";
import type { RunEnvironment } from "../../src/backup/environment.ts";
import { type ExpiryOutcome, expireSchedule } from "../../src/backup/expire.ts";
import type { RetentionRow } from "../../src/dao/retention.ts";
import { runExecution } from "../../src/workers/run-execution.ts";
import { keptLog } from "../support/log.ts";
import { backupsOf, changeProvider, expectTidy, useCatalogue } from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

// Real backups of files at a real place; what goes wrong there is asked of the debug provider.

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source] = ["", "", ""];
let warnings: string[] = [];

beforeEach(async () => {
  count += 1;
  [name, vault] = [`kept${count}`, `vault${count}`];
  source = join(place.folder, "source");
  warnings = [];
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await addFiles(place, name, source);
  const path = join(place.folder, vault);
  await place.ok("provider", "add", vault, "--type", "debug", "--set", `path=${path}`);
});

function environment(): RunEnvironment {
  const warn = (text: string): void => void warnings.push(text);
  const { signal } = new AbortController();
  return { env: place.env, signal, logger: keptLog(), host: "here", warn };
}

async function addSchedule(settings: Readonly<Record<string, unknown>>): Promise<number> {
  const { rows } = await catalogue.client.query<{ id: string }>(
    "select lastgood.add_schedule($1, '0 2 * * *', $2, $3) as id",
    [name, `${name}-nightly`, { providers: [vault], ...settings }],
  );
  return Number(rows[0]?.id);
}

/** Runs the schedule now, as a worker does; the state of its execution. */
async function run(schedule: number): Promise<string> {
  const { client } = catalogue;
  // Content of its own, so that each backup has bytes of its own.
  await writeFile(join(source, "note"), `${performance.now()} `.repeat(1000));
  await client.query("select lastgood.run_schedule($1)", [schedule]);
  const claimant = { worker: "here:1", host: "here", labels: [], concurrency: 1 };
  const claimed = await new Executions(client).claim(claimant);
  if (claimed === undefined) throw new Error("there is nothing to run");
  return await runExecution({ db: client, executionDb: client }, claimed, environment());
}

async function runTimes(schedule: number, times: number): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) expect(await run(schedule)).toBe("SUCCESS");
}

const states = async (): Promise<string[]> =>
  (await backupsOf(place, name)).map(({ state }) => state);

async function limit(backups: number): Promise<void> {
  await catalogue.client.query("update lastgood.provider set max_backups = $2 where name = $1", [
    vault,
    backups,
  ]);
}

describe("what a schedule keeps no longer", () => {
  test("is deleted with its bytes, and what is kept can be restored", async () => {
    const schedule = await addSchedule({ keep_last: 2 });
    await runTimes(schedule, 3);
    const outcomes = await expireSchedule(catalogue.client, schedule, environment());
    expect(outcomes).toMatchObject([{ state: "DELETED", reason: "beyond what is kept" }]);
    expect(await states()).toEqual(["COMPLETE", "COMPLETE", "DELETED"]);
    await expectTidy(place, catalogue.client, vault);
    const [, older] = await backupsOf(place, name);
    const target = join(place.folder, "target");
    await place.ok("restore", "create", String(older?.id), "--to", target);
    expect(await readFile(join(target, "hosts"), "utf8")).toBe("127.0.0.1 localhost\n");
    expect(warnings).toEqual([]);
  });

  test("is DELETE_FAILED where its bytes cannot be removed, and goes the next time", async () => {
    const schedule = await addSchedule({ keep_last: 1 });
    await runTimes(schedule, 2);
    await changeProvider(catalogue.client, vault, { fail: "delete" });
    const failed = await expireSchedule(catalogue.client, schedule, environment());
    expect(failed).toMatchObject([{ state: "DELETE_FAILED" }]);
    expect(warnings).toEqual([
      expect.stringMatching(/^not all that is kept no longer could be deleted: /),
    ]);
    const [, left] = await place.json<RetentionRow[]>(
      ["backup", "prune", `${name}-nightly`],
      "--dry-run",
    );
    expect(left).toMatchObject({
      is_kept: false,
      reason: expect.stringMatching(/^could not be deleted: ./),
    });
    await changeProvider(catalogue.client, vault, { fail: null });
    const again = await expireSchedule(catalogue.client, schedule, environment());
    expect(again).toMatchObject([{ backup_id: left?.id, state: "DELETED" }]);
    await expectTidy(place, catalogue.client, vault);
  });

  test("is DELETE_FAILED where the provider cannot be reached, and goes the next time", async () => {
    const schedule = await addSchedule({ keep_last: 1 });
    await runTimes(schedule, 3);
    await changeProvider(catalogue.client, vault, { fail: "open::unreachable" });
    const failed = await expireSchedule(catalogue.client, schedule, environment());
    expect(failed.map(({ state }) => state)).toEqual(["DELETE_FAILED", "DELETE_FAILED"]);
    await changeProvider(catalogue.client, vault, { fail: null });
    const again = await expireSchedule(catalogue.client, schedule, environment());
    expect(again.map(({ state }) => state)).toEqual(["DELETED", "DELETED"]);
    expect(await states()).toEqual(["COMPLETE", "DELETED", "DELETED"]);
  });
});

describe("a provider that is full", () => {
  test("has room for a scheduled backup once others went", async () => {
    const schedule = await addSchedule({ keep_last: 1 });
    await limit(3);
    await runTimes(schedule, 7);
    expect((await states()).filter((state) => state === "COMPLETE").length).toBeLessThanOrEqual(3);
  });

  test("has none where all that lie there are kept: the run is an ERROR, and says why", async () => {
    const schedule = await addSchedule({ keep_last: 2 });
    await limit(2);
    await runTimes(schedule, 2);
    expect(await run(schedule)).toBe("ERROR");
    const { rows } = await catalogue.client.query(
      "select reason from lastgood.execution where schedule_id = $1 and state = 'ERROR'",
      [schedule],
    );
    expect(rows).toEqual([{ reason: `provider "${vault}" may keep 2 backups, and does` }]);
    expect(await states()).toEqual(["COMPLETE", "COMPLETE"]);
  });

  test("has room for anybody once what failed is removed", async () => {
    await limit(1);
    await changeProvider(catalogue.client, vault, { fail: "put:2,delete" });
    expect(await place.run("backup", "create", name, "--provider", vault)).toMatchObject({
      status: 1,
    });
    await changeProvider(catalogue.client, vault, { fail: null });
    await place.ok("backup", "create", name, "--provider", vault);
    expect(await states()).toEqual(["COMPLETE", "FAILED"]);
    const refused = await place.run("backup", "create", name, "--provider", vault);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.errors).toContain(`provider "${vault}" may keep 1 backups, and does`);
  });
});

describe("lastgood backup prune", () => {
  test("says with --dry-run why each is kept or goes, and changes nothing", async () => {
    const schedule = await addSchedule({ keep_last: 1 });
    await runTimes(schedule, 2);
    const printed = await place.ok("backup", "prune", `${name}-nightly`, "--dry-run");
    const [head, newest, oldest] = printed.split("\n");
    expect(head).toMatch(/^ID +NAME +ENDED +IT +WHY$/);
    expect(newest).toMatch(/ kept +newest; last 1 of 1; proven 1 of 1; the last good one/);
    expect(oldest).toMatch(/ goes +beyond what is kept$/);
    expect(await states()).toEqual(["COMPLETE", "COMPLETE"]);
  });

  test("deletes, and prints what became of it", async () => {
    const schedule = await addSchedule({ keep_last: 1 });
    await runTimes(schedule, 2);
    const [, oldest] = await backupsOf(place, name);
    expect(await place.json<ExpiryOutcome[]>("backup", "prune", String(schedule))).toEqual([
      {
        backup_id: oldest?.id,
        name: oldest?.name,
        reason: "beyond what is kept",
        state: "DELETED",
      },
    ]);
    expect(await place.ok("backup", "prune", String(schedule))).toBe("There is nothing to delete.");
  });

  test("ends with 1 where something could not be deleted", async () => {
    const schedule = await addSchedule({ keep_last: 1 });
    await runTimes(schedule, 2);
    await changeProvider(catalogue.client, vault, { fail: "delete" });
    const outcome = await place.run("backup", "prune", String(schedule));
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.output).toContain("DELETE_FAILED");
    expect(outcome.errors).toContain("not all that is kept no longer could be deleted: ");
  });

  test("deletes for a schedule that was deleted, by its id, as it kept them", async () => {
    const schedule = await addSchedule({ keep_last: 1 });
    await runTimes(schedule, 2);
    await place.ok("schedule", "delete", String(schedule));
    expect(await place.ok("backup", "prune", String(schedule), "--dry-run")).toContain(" goes ");
    expect(await place.json<ExpiryOutcome[]>("backup", "prune", String(schedule))).toMatchObject([
      { state: "DELETED" },
    ]);
    expect(await states()).toEqual(["COMPLETE", "DELETED"]);
    expect(await place.run("backup", "prune", `${name}-nightly`)).toMatchObject({ status: 1 });
  });

  test("knows when there is no such schedule", async () => {
    for (const args of [[], ["--dry-run"]]) {
      const outcome = await place.run("backup", "prune", "nowhere", ...args);
      expect(outcome).toMatchObject({ status: 1 });
      expect(outcome.errors).toContain("No schedule with a name or ID of 'nowhere' exists.");
    }
  });
});
