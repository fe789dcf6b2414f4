import { chown, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ScratchFolder } from "../../src/backup/scratch.ts";
import { makeStaging } from "../../src/sources/postgresql/staging-folder.ts";
import { temporaryFolder } from "../support/folder.ts";
import { skip } from "../support/skip.ts";

test("a scratch folder is closed to others, and gone afterwards", async () => {
  const parent = join(await temporaryFolder(), "scratch");
  let path = "";
  {
    await using scratch = await ScratchFolder.make({ LASTGOOD_SCRATCH_DIR: parent });
    path = scratch.path;
    expect(dirname(path)).toBe(parent);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await writeFile(join(path, "a"), "");
  }
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
});

test("where there is no use for TMPDIR, there is another folder for temporary files", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  await using scratch = await ScratchFolder.make({ TMPDIR: file });
  expect(dirname(scratch.path)).toBe("/var/tmp");
});

test("a folder that was chosen and cannot be used says what to do", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  await expect(ScratchFolder.make({ LASTGOOD_SCRATCH_DIR: file })).rejects.toMatchObject({
    code: "PROGRAM",
    hint: expect.stringContaining("LASTGOOD_SCRATCH_DIR") as string,
  });
});

// No process has so high a number.
const dead = 2 ** 30;
const leftovers = [`lastgood-run-${hostname()}-${dead}-abc`, `lastgood-staging-${dead}.1-abc`];

test("what a dead run of the same user left is removed", async () => {
  const parent = await temporaryFolder();
  for (const name of leftovers) await mkdir(join(parent, name, "below"), { recursive: true });
  await using scratch = await ScratchFolder.make({ LASTGOOD_SCRATCH_DIR: parent });
  const staging = await makeStaging(parent);
  const expected = [scratch.path, staging].map((path) => basename(path));
  expect((await readdir(parent)).toSorted()).toEqual(expected.toSorted());
});

test("root leaves alone what others have put beside it", async (task) => {
  if (process.getuid?.() !== 0) skip(task, "only root can make folders of others");
  const parent = await temporaryFolder();
  for (const name of leftovers) {
    await mkdir(join(parent, name));
    await chown(join(parent, name), 65_534, 65_534);
  }
  await using scratch = await ScratchFolder.make({ LASTGOOD_SCRATCH_DIR: parent });
  await makeStaging(parent);
  expect(basename(scratch.path)).not.toBe("");
  expect(await readdir(parent)).toEqual(expect.arrayContaining(leftovers));
});
