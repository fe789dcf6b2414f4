import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { manifestKey } from "../../src/manifest/form.ts";
import { contentsOf, filesBelow } from "../backup/crash.ts";
import { forgetBackup } from "../support/set-back.ts";
import {
  type Ground,
  type Installation,
  newGround,
  newOwner,
  placeOptions,
  restored,
} from "./support.ts";

let ground: Ground;
let owner: Installation;
let far: string;
let before: ReadonlyMap<string, string>;
const both = ["--provider", "vault", "--provider", "far"];

async function copiesOf(name: string): Promise<Record<string, string>> {
  const backup = (await owner.backups()).find((each) => each.name === name);
  return Object.fromEntries((backup?.copies ?? []).map((each) => [each.provider, each.state]));
}

const manifestAtFar = async (): Promise<Buffer> => readFile(join(far, manifestKey("first")));

/** Attached anew: the backup that was lost, under the name that it has here. */
async function restoredAnew(): Promise<ReadonlyMap<string, string>> {
  await owner.ok("provider", "detach", "far");
  await owner.ok("provider", "attach", "far", ...placeOptions(far), "--resume");
  return await restored(owner, ground, "first-2", "--from", "far");
}

describe.each(["pack", "tree"])("in layout %s, a backup whose row was lost", (layout) => {
  beforeEach(async () => {
    ground = await newGround();
    far = join(ground.folder, "far");
    owner = await newOwner(ground, "--layout", layout);
    await owner.ok("provider", "add", "far", ...placeOptions(far), "--layout", layout);
    await owner.ok("backup", "create", "etc", "--name", "base", ...both);
    await writeFile(join(ground.source, "motd"), "welcome\n");
    await owner.ok("backup", "create", "etc", "--name", "first", "--provider", "far");
    before = await contentsOf(ground.source);
    await forgetBackup(owner.client, "first");
    await rm(join(ground.source, "motd"));
  });

  test("is not touched by another of its name, which is complete elsewhere", async () => {
    const manifest = await manifestAtFar();
    const { status, errors } = await owner.run(
      "backup",
      "create",
      "etc",
      "--name",
      "first",
      ...both,
    );
    expect(status).toBe(0);
    expect(errors).toContain("no copy at far: a backup called first lies at far already");
    expect((await owner.backups())[0]).toMatchObject({ name: "first", state: "COMPLETE" });
    expect(await copiesOf("first")).toEqual({ vault: "COMPLETE", far: "DELETED" });
    await owner.ok("backup", "create", "etc", "--name", "second", "--provider", "far");
    await owner.ok("backup", "delete", "first");
    expect(await manifestAtFar()).toEqual(manifest);
    expect(await restoredAnew()).toEqual(before);
  });

  test("is told as what to attach anew, and needs its packs until then", async () => {
    const args = ["backup", "create", "etc", "--name", "first", "--provider", "far"];
    const { output } = await owner.run(...args, "--json");
    expect(JSON.parse(output)).toMatchObject({
      error: {
        message: expect.stringContaining(manifestKey("first")),
        hint: expect.stringContaining("lastgood provider detach far"),
      },
    });
    expect(await copiesOf("first")).toEqual({ far: "DELETED" });
    expect((await owner.run(...args)).status).not.toBe(0);
    expect((await owner.run("provider", "check", "far")).output).toContain(manifestKey("first"));
    await owner.ok("backup", "create", "etc", "--name", "second", ...both);
    await owner.ok("backup", "delete", "base");
    expect(await restoredAnew()).toEqual(before);
  });

  test("outlives another of its name that failed before it looked", async () => {
    const there = await filesBelow(far);
    await rm(ground.source, { recursive: true });
    expect(
      (await owner.run("backup", "create", "etc", "--name", "first", ...both)).status,
    ).not.toBe(0);
    expect(await copiesOf("first")).toEqual({ vault: "DELETING", far: "DELETED" });
    await owner.run("backup", "create", "etc", "--name", "second", ...both.toReversed());
    expect(await filesBelow(far)).toEqual(expect.arrayContaining([...there]));
  });
});
