import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { addFiles, addVault, usePlace } from "../backup/support.ts";

const place = usePlace();
let count = 0;
let name = "";

beforeEach(async () => {
  count += 1;
  name = `notes${count}`;
  const folder = join(place.folder, "notes");
  await mkdir(folder);
  await writeFile(join(folder, "a"), "hello");
  await addFiles(place, name, folder);
});

test("backup show tells of each copy on a line of its own", async () => {
  await addVault(place, `vault${count}`, "--layout", "pack");
  const id = await place.ok("backup", "create", name, "--provider", `vault${count}`);
  const shown = await place.ok("backup", "show", id);
  expect(shown).toMatch(
    /^copy at vault\d+ +COMPLETE, pack, proof level 2, [\d.]+ k?B stored, last/m,
  );
  expect(shown).not.toContain("{");
});

test("times in JSON are in UTC, with milliseconds, those of copies too", async () => {
  await addVault(place, `vault${count}`);
  const id = await place.ok("backup", "create", name, "--provider", `vault${count}`);
  const backup = await place.json<BackupRow>("backup", "show", id);
  const [copy] = backup.copies;
  for (const time of [backup.ended_at, copy?.proven_at, copy?.last_checked_at]) {
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
});

test("a provider that does not answer could not be asked: status 3", async () => {
  const away = `away${count}`;
  await place.ok(
    ["provider", "add", away, "--type", "debug"],
    ["--set", `path=${join(place.folder, "away")}`, "--set", "fail=open::unreachable"],
  );
  const { status, errors } = await place.run("backup", "create", name, "--provider", away);
  expect([status, errors]).toEqual([3, expect.stringContaining("lastgood: ")]);
  expect((await place.run("provider", "check", away)).status).toBe(3);
});

test("a path that a backup does not have is no empty list", async () => {
  await addVault(place, `vault${count}`);
  const id = await place.ok("backup", "create", name, "--provider", `vault${count}`);
  expect(await place.ok("backup", "items", id, "a")).toContain("file");
  const { status, errors } = await place.run("backup", "items", id, "b");
  expect([status, errors]).toEqual([1, expect.stringContaining('has no path "b"')]);
});
