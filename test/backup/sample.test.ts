import { mkdir, open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
let count = 0;
let vault = "";
let id = "";

beforeEach(async () => {
  count += 1;
  const folder = join(place.folder, "notes");
  await mkdir(folder);
  for (let each = 0; each < 50; each += 1) await writeFile(join(folder, `${each}`), `note ${each}`);
  await addFiles(place, `notes${count}`, folder);
  vault = await addVault(place, `vault${count}`, "--layout", "pack");
  id = await place.ok("backup", "create", `notes${count}`, "--provider", `vault${count}`);
});

async function backup(): Promise<BackupRow> {
  return await place.json<BackupRow>("backup", "show", id);
}

test("a sample does not raise the proof level, all of it does", async () => {
  await place.ok("backup", "verify", id, "--level", "decode", "--sample", "10%");
  expect(await backup()).toMatchObject({ proof_level: 2, copies: [{ last_result: "ok" }] });
  await place.ok("backup", "verify", id, "--level", "decode");
  expect(await backup()).toMatchObject({ proof_level: 3 });
});

test("a rehearsal restores all of it, whatever the sample", async () => {
  await place.ok("backup", "verify", id, "--level", "restore", "--sample", "10%");
  expect(await backup()).toMatchObject({ proof_level: 4 });
});

test("a lucky sample does not make a corrupt copy good again", async () => {
  const packs = join(vault, "packs");
  const names = await readdir(packs, { recursive: true });
  const name = names.find((each) => each.endsWith(".pack")) ?? "";
  const file = await open(join(packs, name), "r+");
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 40);
  const flipped = Buffer.from([(buffer[0] ?? 0) ^ 1]);
  await file.write(flipped, 0, 1, 40);
  expect((await place.run("backup", "verify", id)).status).toBe(1);
  expect(await backup()).toMatchObject({ is_good: false, copies: [{ state: "CORRUPT" }] });
  await file.write(buffer, 0, 1, 40);
  await file.close();
  await place.ok("backup", "verify", id, "--sample", "10%");
  expect(await backup()).toMatchObject({ is_good: false, copies: [{ state: "CORRUPT" }] });
  await place.ok("backup", "verify", id);
  expect(await backup()).toMatchObject({ is_good: true, proof_level: 2 });
});
