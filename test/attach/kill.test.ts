import { beforeEach, expect, test } from "vitest";
import { contentsOf, runTo } from "../backup/crash.ts";
import type { Place } from "../backup/support.ts";
import {
  attach,
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  newOwner,
  placeOptions,
  restored,
} from "./support.ts";

let ground: Ground;
let anew: Installation;
let old: Installation;

beforeEach(async () => {
  ground = await newGround();
  old = await newOwner(ground, "--layout", "pack");
  await old.ok("backup", "create", "etc", "--name", "first");
  anew = await newInstallation(ground);
});

/** Attaches in a process of its own, up to a change below the vault. */
async function attachTo(
  { env }: Installation,
  nth?: number,
): Promise<{ end: number | string; steps: readonly string[] }> {
  const args = ["provider", "attach", "vault2", ...placeOptions(ground.vault), "--resume"];
  const place = { env, folder: ground.folder } as Place;
  return await runTo(place, args, { below: ground.vault, ...(nth === undefined ? {} : { nth }) });
}

async function expectAttached(): Promise<void> {
  expect(await anew.backups()).toMatchObject([{ name: "first", is_good: true, copies: [{}] }]);
  expect(await restored(anew, ground, "first")).toEqual(await contentsOf(ground.source));
  await anew.ok("backup", "create", "etc", "--incremental");
  const { rowCount } = await anew.client.query(
    "select from lastgood.engine_backup_log where run_id = 'first'",
  );
  expect(rowCount).toBe(1);
}

test("killed in place of any change it leaves nothing, and is repeated", async () => {
  const { end, steps } = await attachTo(await newInstallation(ground));
  expect(end).toBe(0);
  expect(steps.some((step) => step.startsWith("rename /.lastgood-provider.json"))).toBe(true);
  for (const nth of steps.keys()) {
    expect(await attachTo(anew, nth + 1)).toMatchObject({ end: "SIGKILL" });
    expect(await anew.json("provider", "list")).toMatchObject([{ name: "noop" }]);
    expect(await anew.backups()).toEqual([]);
  }
  await attach(anew, ground, "--resume");
  await expectAttached();
});

test("where the commit fails after the marker was replaced, the place is taken from there", async () => {
  await anew.client.query(`
    create function fail() returns trigger language plpgsql as $$
      begin raise exception 'the commit fails'; end; $$;
    create constraint trigger fail_at_commit after insert on lastgood.provider
      deferrable initially deferred for each row execute function fail()`);
  const args = ["provider", "attach", "vault2", ...placeOptions(ground.vault), "--resume"];
  const { status, errors } = await anew.run(...args);
  expect([status, errors]).toEqual([1, expect.stringContaining("the commit fails") as string]);
  // The place is ours by its marker, and nobody's by the catalogue.
  expect(await old.run("backup", "create", "etc")).toMatchObject({ status: 1 });
  await anew.client.query("drop trigger fail_at_commit on lastgood.provider");
  await attach(anew, ground, "--resume");
  await expectAttached();
});
