import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { AttachOutcome } from "../../src/attach/attach.ts";
import type { SourceRow } from "../../src/dao/source.ts";
import { contentsOf } from "../backup/crash.ts";
import {
  addEtc,
  attach,
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  newOwner,
  restored,
  verdict,
} from "./support.ts";

let ground: Ground;
let anew: Installation;
let outcome: AttachOutcome;

/** A place with two backups, attached beside. */
beforeEach(async () => {
  ground = await newGround();
  const old = await newOwner(ground, "--layout", "pack");
  await old.ok("backup", "create", "etc", "--name", "first");
  await old.ok("backup", "create", "etc", "--name", "second", "--incremental");
  anew = await newInstallation(ground);
  outcome = await attach(anew, ground, "--fresh");
});

/** Reports and alerts of systems; that none has ever reported is no news of one. */
async function events(): Promise<number> {
  const { rowCount } = await anew.client.query(
    "select from lastgood.audit_log where fqdn is not null and (done_at is not null or severity = 10)",
  );
  return rowCount ?? 0;
}

test("nothing is reported or watched, and everything can be restored", async () => {
  expect(outcome).toMatchObject({
    mode: "fresh",
    sources: [{ source: "etc", goes_on: false, backups: 2, newest: "second" }],
  });
  expect(await events()).toBe(0);
  expect(await verdict(anew)).toBeUndefined();
  expect(await anew.json("source", "list")).toEqual([]);
  expect((await anew.backups()).map(({ name, state }) => `${name} ${state}`)).toEqual([
    "second COMPLETE",
    "first COMPLETE",
  ]);
  expect(await restored(anew, ground, "second")).toEqual(await contentsOf(ground.source));
  await anew.ok("backup", "verify", "first", "--level", "decode");
  expect(await events()).toBe(0);
});

test("a source of the same name starts anew, and its system is watched", async () => {
  await addEtc(anew, ground);
  expect(await verdict(anew)).toMatchObject({ state: "missing" });
  const { errors } = await anew.run("backup", "create", "etc", "--incremental");
  expect(errors).toContain("no backup to build on");
  const [newest] = await anew.backups();
  expect(newest).toMatchObject({ type: "full", parent_id: null, state: "COMPLETE" });
  expect(await verdict(anew)).toMatchObject({ state: "ok" });
});

test("its backups may all be deleted, the newest good one too", async () => {
  await anew.ok("backup", "delete", "second");
  await anew.ok("backup", "delete", "first");
  expect((await anew.backups()).map(({ state }) => state)).toEqual(["DELETED", "DELETED"]);
});

test("attached again it goes on: the source is live, and the verdict knows its backups", async () => {
  await anew.ok("provider", "detach", "vault2");
  await attach(anew, ground, "--resume");
  expect(await anew.json<SourceRow[]>("source", "list")).toMatchObject([
    { name: "etc", settings: { path: ground.source }, backups: 2 },
  ]);
  await anew.ok("backup", "create", "etc", "--incremental");
  const [third, second] = await anew.backups();
  expect(third).toMatchObject({ type: "incremental", parent_id: second?.id });
});

test("attached again after a source of that name was added, its backups are of that one", async () => {
  await addEtc(anew, ground);
  await anew.ok("provider", "detach", "vault2");
  await attach(anew, ground, "--resume");
  expect(await anew.json<SourceRow[]>("source", "list")).toMatchObject([
    { name: "etc", backups: 2, last_good_at: expect.any(String) as string },
  ]);
  await writeFile(join(ground.source, "motd"), "welcome\n");
  await anew.ok("backup", "create", "etc", "--incremental");
  expect((await anew.backups())[0]).toMatchObject({ type: "incremental" });
});
