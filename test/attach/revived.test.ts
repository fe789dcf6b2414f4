import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { contentsOf } from "../backup/crash.ts";
import {
  attach,
  type Ground,
  type Installation,
  newGround,
  newOwner,
  restored,
  verdict,
} from "./support.ts";

let ground: Ground;
let old: Installation;

/** A place with a good backup, and a catalogue that has forgotten the place. */
beforeEach(async () => {
  ground = await newGround();
  old = await newOwner(ground, "--layout", "pack");
  await old.ok("backup", "create", "etc", "--name", "first");
});

/** As a catalogue that was set back to a moment while the backup ran. */
async function setBackTo(state: "RUNNING" | "FAILED"): Promise<void> {
  await old.ok("provider", "detach", "vault");
  const isRunning = state === "RUNNING";
  await old.client.query(
    `update lastgood.backup
     set state = $1, reason = case $1 when 'FAILED' then 'gone' end, size_bytes = null, entries = null,
       ended_at = case $1 when 'FAILED' then started_at end,
       lease_until = case $1 when 'RUNNING' then clock_timestamp() - interval '1 s' end,
       token = case $1 when 'RUNNING' then gen_random_uuid() end`,
    [state],
  );
  await old.client.query("delete from lastgood.engine_backup_log");
  await old.client.query(
    `delete from lastgood.audit_log where event_id = (select ended_event from lastgood.backup)`,
  );
  if (isRunning) return;
  await old.client.query("select lastgood.report_backup(1, -1, 'The backup failed.')");
}

test.each(["RUNNING", "FAILED"] as const)(
  "a backup that is %s here and whole there is a good one, and told",
  async (state) => {
    await setBackTo(state);
    expect(await verdict(old)).not.toMatchObject({ state: "ok" });
    const { sources, revived } = await attach(old, ground, "--resume");
    expect(sources).toMatchObject([{ backups: 1, complete: 1, newest: "first" }]);
    expect(revived).toEqual([{ backup: "first", was: "FAILED" }]);
    expect(await old.backups()).toMatchObject([
      { name: "first", state: "COMPLETE", is_good: true, reason: null },
    ]);
    expect(await verdict(old)).toMatchObject({ state: "ok" });
    await writeFile(join(ground.source, "motd"), "welcome\n");
    await old.ok("backup", "create", "etc", "--incremental");
    expect((await old.backups())[0]).toMatchObject({ type: "incremental", parent_id: 1 });
    await rm(join(ground.source, "motd"));
    expect(await restored(old, ground, "first")).toEqual(await contentsOf(ground.source));
  },
);

test("one that still runs here is not touched: the place is attached once it has ended", async () => {
  await setBackTo("RUNNING");
  await old.client.query("update lastgood.backup set lease_until = 'infinity'");
  await expect(attach(old, ground, "--resume")).rejects.toThrow("is running");
  expect(await old.backups()).toMatchObject([{ state: "RUNNING", copies: [] }]);
});

test("a backup that was deleted here and lies there again is back, and can be deleted again", async () => {
  await old.ok("backup", "create", "etc", "--name", "second");
  const saved = join(ground.folder, "saved");
  await old.ok("provider", "detach", "vault");
  await cp(ground.vault, saved, { recursive: true });
  await attach(old, ground, "--resume");
  await old.ok("backup", "delete", "first");
  await old.ok("provider", "detach", "vault2");
  await rm(ground.vault, { recursive: true });
  await cp(saved, ground.vault, { recursive: true });

  const { sources, revived } = await attach(old, ground, "--resume");
  expect(sources).toMatchObject([{ backups: 2, newest: "second" }]);
  expect(revived).toEqual([{ backup: "first", was: "DELETED" }]);
  const [, first] = await old.backups();
  expect(first).toMatchObject({ state: "COMPLETE", is_good: true });
  expect(await restored(old, ground, "first")).toEqual(await contentsOf(ground.source));
  await old.ok("backup", "delete", "first");
  expect(await restored(old, ground, "second")).toEqual(await contentsOf(ground.source));
});
