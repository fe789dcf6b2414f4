import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { manifestKey } from "../../src/manifest/form.ts";
import { contentsOf, filesBelow } from "../backup/crash.ts";
import {
  attach,
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  newOwner,
  restored,
} from "./support.ts";

let ground: Ground;
let anew: Installation;
let whole: Buffer;

const at = (key: string): string => join(ground.vault, key);
const key = manifestKey("second");

async function packs(): Promise<string[]> {
  return (await filesBelow(ground.vault)).filter((name) => name.startsWith("packs/")).toSorted();
}

async function countUnreadable(): Promise<unknown> {
  const provider = await anew.json<{ unreadable: unknown }>("provider", "show", "vault2");
  return provider.unreadable;
}

/** Two backups with one pack, the later of which a newer version wrote. */
beforeEach(async () => {
  ground = await newGround();
  const old = await newOwner(ground, "--layout", "pack");
  await old.ok("backup", "create", "etc", "--name", "first");
  await old.ok("backup", "create", "etc", "--name", "second", "--incremental");
  whole = await readFile(at(key));
  const newer = whole.toString("latin1").replace('"version":1', '"version":2');
  await writeFile(at(key), newer, "latin1");
  anew = await newInstallation(ground);
  await attach(anew, ground, "--fresh");
});

test("what a manifest that cannot be read may need stays, and is there once it can be", async () => {
  const before = await packs();
  expect(before).toHaveLength(1);
  await anew.ok("backup", "delete", "first");
  expect(await packs()).toEqual(before);

  await writeFile(at(key), whole);
  await anew.ok("provider", "detach", "vault2");
  await attach(anew, ground, "--fresh");
  expect(await restored(anew, ground, "second")).toEqual(await contentsOf(ground.source));
  expect(await countUnreadable()).toEqual([]);
});

test("it is told wherever one looks, with the way out", async () => {
  expect(await countUnreadable()).toEqual([key]);
  expect(await anew.ok("provider", "list")).toContain("1 manifest at vault2 cannot be read, or ");
  const check = await anew.run("provider", "check", "vault2");
  expect(check).toMatchObject({ status: 1 });
  expect(check.output).toContain(key);
  expect(check.output).toContain("provider detach vault2");
  const { rows } = await anew.client.query("select * from lastgood.diagnose()");
  expect(rows).toContainEqual(
    expect.objectContaining({ subject: "provider vault2", outcome: "warning" }),
  );
});

test("once it was removed there, what nobody needs goes with the next sweep", async () => {
  await anew.ok("backup", "delete", "first");
  await rm(at(key));
  expect(await anew.ok("provider", "check", "vault2")).not.toContain(key);
  expect(await countUnreadable()).toEqual([]);
  await anew.ok("provider", "detach", "vault2");
});

test("a sweep sees by itself that it is gone", async () => {
  await rm(at(key));
  await anew.ok("backup", "delete", "first");
  expect(await packs()).toEqual([]);
});

test("no backup here takes its name, and its place", async () => {
  await anew.ok(
    "source",
    "add",
    "own",
    "--type",
    "files",
    "--system",
    "own.test",
    "--scope",
    "files",
    "--set",
    `path=${ground.source}`,
  );
  const { output } = await anew.run("backup", "create", "own", "--name", "second", "--json");
  expect(JSON.parse(output)).toMatchObject({ error: { code: "LG022" } });
  const packsBefore = await packs();
  await anew.ok("backup", "create", "own", "--name", "third");
  await anew.ok("backup", "create", "own", "--name", "fourth");
  await anew.ok("backup", "delete", "third");
  // What was made here, no such manifest can need.
  const now = await packs();
  expect(now).toEqual(expect.arrayContaining(packsBefore));
  expect(now.length).toBeLessThanOrEqual(packsBefore.length + 1);
});
