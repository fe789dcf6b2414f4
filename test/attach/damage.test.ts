import { randomBytes } from "node:crypto";
import { cp, mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { contentsOf, filesBelow } from "../backup/crash.ts";
import { manifestKey } from "../../src/manifest/form.ts";
import {
  attach,
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  newOwner,
  placeOptions,
  restored,
  verdict,
} from "./support.ts";

let ground: Ground;
let old: Installation;

beforeEach(async () => {
  ground = await newGround();
});

const at = (key: string): string => join(ground.vault, key);

async function packs(): Promise<string[]> {
  return (await filesBelow(ground.vault)).filter((key) => key.startsWith("packs/"));
}

/** Three backups, each with a pack of its own. */
async function makeThree(): Promise<readonly string[]> {
  old = await newOwner(ground, "--layout", "pack");
  const ownPacks: string[] = [];
  for (const name of ["one", "two", "three"]) {
    await writeFile(join(ground.source, "hosts"), name);
    await old.ok("backup", "create", "etc", "--name", name);
    ownPacks.push(...(await packs()).filter((key) => !ownPacks.includes(key)));
  }
  return ownPacks;
}

/** Changes a word of the head; both have the same length. */
async function changeHead(name: string, from: string, to: string): Promise<void> {
  const path = at(manifestKey(name));
  const text = await readFile(path, "latin1");
  await writeFile(path, text.replace(from, to), "latin1");
}

describe("what is bad is told, and stops nothing", () => {
  test("packs that are gone or cut short, manifests that are none", async () => {
    const [first = "", second = ""] = await makeThree();
    await rm(at(first));
    await truncate(at(second), 10);
    await writeFile(at("manifests/empty.manifest"), "");
    await writeFile(at("manifests/noise.manifest"), randomBytes(5000));
    await writeFile(at("manifests/a-remark"), "not ours\n");
    await cp(at(manifestKey("three")), at(manifestKey("renamed")));
    const anew = await newInstallation(ground);
    const args = ["provider", "attach", "vault2", ...placeOptions(ground.vault), "--resume"];
    const { status, errors, output } = await anew.run(...args);
    expect(status).toBe(1);
    expect(output).toContain("Provider vault2 is attached");
    expect(errors).toContain('backup "one" is missing: pack');
    expect(errors).toContain('backup "two" is corrupt: pack');
    for (const name of ["empty.manifest", "noise.manifest", "a-remark", "renamed.manifest"]) {
      expect(errors).toContain(`manifests/${name} was left out: `);
    }
    const shown = (await anew.backups()).map(({ name, is_good, copies }) => [
      name,
      is_good,
      copies[0]?.state,
      copies[0]?.proof_level,
    ]);
    expect(shown).toEqual([
      ["three", true, "COMPLETE", 1],
      ["two", false, "CORRUPT", 0],
      ["one", false, "MISSING", 0],
    ]);
    expect(await verdict(anew)).toMatchObject({ state: "ok" });
    expect(await restored(anew, ground, "three")).toEqual(await contentsOf(ground.source));
    // What nothing here knows is not removed.
    await anew.ok("backup", "create", "etc");
    expect(await filesBelow(ground.vault)).toContain("manifests/noise.manifest");
  });

  test.each([
    ["a name that leads elsewhere", '"name":"three"', '"name":"../ee"'],
    ["a source that is a number", '"source":"etc"', '"source":"123"'],
    ["a type of sources that there is not", '"files"', '"filez"'],
    ["a later version of the format", '"version":1', '"version":7'],
    ["a time that is none", '"startedAt":"20', '"startedAt":"ab'],
  ])("a head with %s", async (_what, from, to) => {
    old = await newOwner(ground, "--layout", "pack");
    await old.ok("backup", "create", "etc", "--name", "three");
    await changeHead("three", from, to);
    const anew = await newInstallation(ground);
    const { unreadable } = await attach(anew, ground, "--resume");
    expect(unreadable.map(({ key }) => key)).toEqual([manifestKey("three")]);
    expect(await anew.backups()).toEqual([]);
  });

  test("a list of files that is damaged: what is in it is found by verifying", async () => {
    await makeThree();
    const path = at(manifestKey("three"));
    const bytes = await readFile(path);
    const middle = bytes.indexOf(10) + 20;
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    await writeFile(path, bytes);
    const anew = await newInstallation(ground);
    await attach(anew, ground, "--resume");
    expect((await anew.backups())[0]).toMatchObject({ name: "three", is_good: true });
    expect(await anew.run("backup", "verify", "three")).toMatchObject({ status: 1 });
    expect((await anew.backups())[0]).toMatchObject({ is_good: false });
  });

  test("a tree whose folder is gone", async () => {
    old = await newOwner(ground, "--layout", "tree");
    await old.ok("backup", "create", "etc", "--name", "one");
    await old.ok("backup", "create", "etc", "--name", "two");
    await rm(at("trees/one"), { recursive: true });
    const anew = await newInstallation(ground);
    const { damaged } = await attach(anew, ground, "--resume");
    expect(damaged).toEqual([
      { backup: "one", state: "MISSING", reason: "the folder trees/one is not there" },
    ]);
  });
});

describe("of a backup that was rewritten", () => {
  const repacked = "manifests/repacked/kept";
  let before = "";

  /** Two backups that share a small file, and what lay there before the first one was deleted. */
  beforeEach(async () => {
    old = await newOwner(ground, "--layout", "pack");
    for (const name of ["gone", "kept"]) {
      await writeFile(join(ground.source, "large"), randomBytes(4_500_000));
      await old.ok("backup", "create", "etc", "--name", name);
    }
    before = join(ground.folder, "before");
    await cp(ground.vault, before, { recursive: true });
    await old.ok("backup", "delete", "gone");
  });

  async function keyAttached(): Promise<string> {
    const anew = await newInstallation(ground);
    const { damaged, unreadable } = await attach(anew, ground, "--resume");
    expect([damaged, unreadable]).toEqual([[], []]);
    expect(await restored(anew, ground, "kept")).toEqual(await contentsOf(ground.source));
    await anew.ok("backup", "verify", "kept", "--level", "decode");
    const { rows } = await anew.client.query<{ key: string }>(
      "select manifest_key as key from lastgood.copy_status where stored_name = 'kept'",
    );
    return dirname(rows[0]?.key ?? "");
  }

  test("the new manifest counts", async () => {
    expect(await keyAttached()).toBe(repacked);
  });

  test("the new manifest counts where the old one is still there, and lacks a pack", async () => {
    await cp(join(before, manifestKey("kept")), at(manifestKey("kept")));
    expect(await keyAttached()).toBe(repacked);
  });

  test("the one with less that is dead counts where both are whole", async () => {
    await cp(before, ground.vault, { recursive: true, force: false });
    await rm(at(manifestKey("gone")));
    expect(await keyAttached()).toBe(repacked);
  });

  test("the old manifest counts where the new pack was never finished", async () => {
    const now = new Set(await packs());
    const early = new Set((await filesBelow(before)).filter((key) => key.startsWith("packs/")));
    for (const key of now) if (!early.has(key)) await rm(at(key));
    await cp(before, ground.vault, { recursive: true, force: false });
    await rm(at(manifestKey("gone")));
    await mkdir(at(repacked), { recursive: true });
    expect(await keyAttached()).toBe("manifests");
  });
});
