import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { addFiles, addVault, usePlace } from "../backup/support.ts";
import type { Finished } from "../support/bin.ts";
import { runProgram } from "../support/programs.ts";
import { examplePath, examplesPath } from "./support.ts";

const place = usePlace();
let count = 0;
let vault = "";
let source = "";

beforeEach(async () => {
  count += 1;
  [vault, source] = [`vault${count}`, `notes${count}`];
  const folder = join(place.folder, "notes");
  await mkdir(folder);
  await writeFile(join(folder, "a"), "hello");
  await addFiles(place, source, folder);
  await addVault(place, vault);
});

async function run(...sources: string[]): Promise<Finished> {
  const env = { ...place.env, PATH: await examplesPath(), BACKUP_PROVIDERS: vault };
  return await runProgram("bash", [examplePath("backup-nightly.sh"), ...sources], { env });
}

test("all is well: not a word, and the backup is proven to level 3", async () => {
  expect(await run(source)).toEqual({ status: 0, stdout: "", stderr: "" });
  const [backup] = await place.json<BackupRow[]>("backup", "list", source);
  expect(backup).toMatchObject({ state: "COMPLETE", proof_level: 3 });
});

test("a source that fails is told, and the others are backed up all the same", async () => {
  const { status, stdout } = await run("nowhere", source);
  expect([status, stdout]).toEqual([1, expect.stringContaining("no complete backup of nowhere")]);
  const [backup] = await place.json<BackupRow[]>("backup", "list", source);
  expect(backup).toMatchObject({ state: "COMPLETE" });
});

test("a provider that is not mounted is told with what to do", async () => {
  await rename(join(place.folder, vault), join(place.folder, "away"));
  await mkdir(join(place.folder, vault));
  const { status, stdout } = await run(source);
  expect(status).toBe(3);
  expect(stdout).toContain("hint: Is it mounted?");
});

test("a database that does not answer could not be asked: status 3", async () => {
  place.env["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none";
  expect(await run(source)).toMatchObject({ status: 3 });
});
