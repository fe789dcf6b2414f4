import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canRunNode } from "../../server/support.ts";
import { runProgram } from "../../support/programs.ts";
import { skip } from "../../support/skip.ts";
import { Site } from "./restore-support.ts";

const nobody = 65_534;

test("without root's rights all comes back that may, and the rest is said", async (task) => {
  if (process.getuid?.() !== 0) skip(task, "only root can make files of others");
  if (!canRunNode(nobody)) skip(task, "this Node lies where another user cannot reach it");
  const site = await Site.make();
  site.write("closed");
  chmodSync(site.write("of-root"), 0o4755);
  chmodSync(site.write("own"), 0o640);
  mkdirSync(join(site.source, "shut"), { mode: 0o700 });
  mkdirSync(join(site.source, "own-folder"), { mode: 0o500 });
  for (const name of [".", "own", "own-folder"]) chownSync(join(site.source, name), nobody, nobody);
  chownSync(site.folder, nobody, nobody);
  chownSync(site.context.scratchFolder, nobody, nobody);
  chmodSync(join(site.source, "closed"), 0o600);
  await runProgram("mknod", [join(site.source, "null"), "c", "1", "3"]);
  const script = fileURLToPath(new URL("as-user.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, site.folder], {
    uid: nobody,
    gid: nobody,
    encoding: "utf8",
  });
  if (/EACCES|MODULE_NOT_FOUND/.test(stderr) && stdout === "") {
    skip(task, `the code cannot be read by another user: ${stderr}`);
  }
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { missing, warnings } = JSON.parse(stdout) as { missing: unknown; warnings: string[] };
  expect(missing).toEqual([
    { path: "shut", reason: expect.stringContaining("EACCES") },
    { path: "closed", reason: expect.stringContaining("EACCES") },
  ]);
  expect(readdirSync(site.target).toSorted()).toEqual(["of-root", "own", "own-folder", "shut"]);
  expect(statSync(join(site.target, "of-root"))).toMatchObject({ uid: nobody, mode: 0o100755 });
  expect(statSync(join(site.target, "own")).mode).toBe(0o100640);
  expect(statSync(join(site.target, "own-folder")).mode).toBe(0o040500);
  expect(warnings.map((text) => text.replace(/^\d+ /, ""))).toEqual([
    expect.stringContaining("belong to you now: only root"),
    expect.stringContaining("setuid"),
    expect.stringContaining("devices were left out"),
  ]);
});
