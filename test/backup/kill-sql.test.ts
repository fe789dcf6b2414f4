import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { waitFor } from "../support/wait.ts";
import {
  backupsOf,
  endLeases,
  expectRestores,
  expectTidy,
  killRun,
  startRun,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addVault, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
const lock = 20_260_101;
let count = 0;
let [name, vault, source] = ["", "", ""];
let good = "";

/** A good backup, and something new for the next one. */
beforeEach(async () => {
  count += 1;
  [name, vault, source] = [`steps${count}`, `vault${count}`, join(place.folder, "source")];
  await writeFile(source, "first\n");
  const commands = join(place.folder, "commands.json");
  const dump = { backup: ["cat", source], output: "stdout" };
  await writeFile(commands, JSON.stringify({ commands: { dump } }));
  place.env["LASTGOOD_COMMANDS_FILE"] = commands;
  await place.ok(
    ["source", "add", name, "--type", "command", "--system", `${name}.example`],
    ["--scope", "db", "--set", "command=dump"],
  );
  await addVault(place, vault, "--layout", "pack");
  good = await place.ok("backup", "create", name, "--provider", vault);
  await writeFile(source, "second\n");
});

/** Where each step of a backup changes the catalogue. */
const steps = {
  start_backup: ["insert on lastgood.backup", "true"],
  begin_pack: ["insert on lastgood.pack", "true"],
  complete_pack: ["update on lastgood.pack", "new.state = 'COMPLETE'"],
  seal_copy: ["update on lastgood.backup_copy", "new.state = 'COMPLETE'"],
  add_items: ["insert on lastgood.backup_item", "true"],
  seal_backup: ["update on lastgood.backup", "new.state = 'COMPLETE'"],
} as const;

/** Lets a step wait until a lock is released that is held here. */
async function holdUp(step: keyof typeof steps): Promise<void> {
  const [event, condition] = steps[step];
  await catalogue.client.query(`
    create or replace function public.hold_up() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(${lock});
      return null;
    end $$;
    create trigger hold_up after ${event} for each row when (${condition})
    execute function public.hold_up();
    select pg_advisory_lock(${lock})`);
}

async function letGo(step: keyof typeof steps): Promise<void> {
  const [event] = steps[step];
  await catalogue.client.query(
    `select pg_advisory_unlock(${lock}); drop trigger hold_up ${event.replace(/^\w+ /, "")}`,
  );
}

const waiting = `
  select a.pid from pg_stat_activity as a
  join pg_locks as l on l.pid = a.pid and l.locktype = 'advisory' and not l.granted
  where a.datname = current_database() and l.objid = ${lock}`;

/** The session that waits, once there is one. */
async function whoWaits(): Promise<number> {
  return await waitFor(
    async () => (await catalogue.client.query<{ pid: number }>(waiting)).rows[0]?.pid,
    { what: "a session that waits for the lock" },
  );
}

async function expectUsable(): Promise<void> {
  const next = await place.ok("backup", "create", name, "--provider", vault);
  expect((await backupsOf(place, name)).filter(({ state }) => state === "RUNNING")).toEqual([]);
  await expectTidy(place, catalogue.client, vault);
  await expectRestores(place, next, new Map([["dump.backup", "second\n"]]));
  await expectRestores(place, good, new Map([["dump.backup", "first\n"]]));
}

describe.each(Object.keys(steps) as (keyof typeof steps)[])("killed in %s", (step) => {
  test("before it is committed, nothing half-made counts", async () => {
    const before = await verdictOf(place, name);
    await holdUp(step);
    const run = startRun(place, ["backup", "create", name, "--provider", vault]);
    const pid = await whoWaits();
    await killRun(run);
    await catalogue.client.query("select pg_terminate_backend($1, 10000)", [pid]);
    await letGo(step);
    const unfinished = (await backupsOf(place, name)).filter(({ id }) => id !== Number(good));
    expect(unfinished.map(({ state, is_good }) => ({ state, is_good }))).toEqual(
      step === "start_backup" ? [] : [{ state: "RUNNING", is_good: false }],
    );
    expect(await verdictOf(place, name)).toEqual(before);
    await endLeases(catalogue.client);
    await expectUsable();
    const failed = (await backupsOf(place, name)).filter(({ state }) => state === "FAILED");
    expect(failed.map(({ id }) => id)).toEqual(unfinished.map(({ id }) => id));
    for (const { id, name: runId, reason } of failed) {
      expect(reason).toContain("lease ran out");
      const { rows } = await catalogue.client.query<{ is_passed: boolean }>(
        "select is_passed from lastgood.engine_backup_log where backup_id = $1 and run_id = $2",
        [id, runId],
      );
      expect(rows).toEqual([{ is_passed: false }]);
    }
  });
});

test("killed once its last step is on its way, a backup is whole", async () => {
  await holdUp("seal_backup");
  const run = startRun(place, ["backup", "create", name, "--provider", vault]);
  const pid = await whoWaits();
  await killRun(run);
  await letGo("seal_backup");
  await waitFor(async () => {
    const sql = "select from pg_stat_activity where pid = $1";
    return (await catalogue.client.query(sql, [pid])).rowCount === 0;
  });
  const [newest] = await backupsOf(place, name);
  expect(newest).toMatchObject({ state: "COMPLETE", is_proven: true });
  await expectRestores(place, newest?.id ?? 0, new Map([["dump.backup", "second\n"]]));
  await expectUsable();
});
