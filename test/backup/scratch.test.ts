import { stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ScratchFolder } from "../../src/backup/scratch.ts";
import { temporaryFolder } from "../support/folder.ts";

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
