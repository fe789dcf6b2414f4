import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { makeOvf } from "../support/ovf.ts";
import {
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  placeOptions,
  verdict,
} from "./support.ts";

let ground: Ground;
let old: Installation;

const at = (name: string): string[] => placeOptions(join(ground.folder, name));

/** Machines of two data centers, each of which is kept at a place of its own. */
beforeEach(async () => {
  ground = await newGround();
  old = await newInstallation(ground);
  const documents = join(ground.folder, "ovf");
  for (const [index, group] of ["DC1", "DC2"].entries()) {
    await mkdir(join(documents, group), { recursive: true });
    const name = `web${index + 1}`;
    const id = `00000000-0000-4000-8000-00000000000${index}`;
    await writeFile(join(documents, group, `${id}.ovf`), makeOvf({ id, name }));
    await old.ok("provider", "add", group, ...at(group), "--group", group);
  }
  await old.ok(
    "source",
    "add",
    "vms",
    "--type",
    "ovf",
    "--system",
    "engine.test",
    "--scope",
    "files",
    "--set",
    `path=${documents}`,
  );
  await old.ok(
    "backup",
    "create",
    "vms",
    "--provider",
    "DC1",
    "--provider",
    "DC2",
    "--name",
    "all",
  );
});

async function itemsOf(installation: Installation): Promise<string[]> {
  const items = await installation.json<{ name: string }[]>("backup", "items", "all");
  return items.map(({ name }) => name).toSorted();
}

test("a backup whose groups lie apart is good once all of them are attached", async () => {
  const anew = await newInstallation(ground);
  await anew.ok("provider", "attach", "near", ...at("DC1"), "--resume");
  expect(await anew.backups()).toMatchObject([
    { is_good: false, groups: ["DC1", "DC2"], copies: [{ group_name: "DC1" }] },
  ]);
  expect(await itemsOf(anew)).toEqual(["web1"]);
  expect(await verdict(anew)).toMatchObject({ state: "missing" });

  await anew.ok("provider", "attach", "far", ...at("DC2"), "--resume");
  expect(await anew.backups()).toMatchObject([
    { state: "COMPLETE", is_good: true, copies: [{ provider: "near" }, { provider: "far" }] },
  ]);
  expect(await itemsOf(anew)).toEqual(["web1", "web2"]);
  expect(await verdict(anew)).toMatchObject({ state: "ok" });
  // Each place goes on with its group alone.
  await anew.ok("backup", "create", "vms", "--provider", "near", "--provider", "far");
  expect((await anew.backups())[0]?.copies).toMatchObject([
    { provider: "near", group_name: "DC1" },
    { provider: "far", group_name: "DC2" },
  ]);
});

test("what one group lacks, the backup lacks: it is PARTIAL, whichever place is attached first", async () => {
  await writeFile(join(ground.folder, "ovf", "DC2", "bad.ovf"), "no XML");
  const create = ["backup", "create", "vms", "--provider", "DC1", "--provider", "DC2"];
  await old.run(...create, "--name", "lacking");
  for (const order of [
    ["DC1", "DC2"],
    ["DC2", "DC1"],
  ]) {
    const anew = await newInstallation(ground);
    for (const name of order) await anew.ok("provider", "attach", name, ...at(name), "--resume");
    await anew.ok("backup", "items", "lacking");
    expect((await anew.backups())[0]).toMatchObject({
      name: "lacking",
      state: "PARTIAL",
      is_good: false,
      missing: [{ path: "DC2/bad.ovf" }],
    });
    expect((await anew.backups())[1]).toMatchObject({ name: "all", state: "COMPLETE" });
  }
});
