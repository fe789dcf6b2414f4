import { randomBytes } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  contentsOf,
  expectRestores,
  expectTidy,
  killRun,
  startRun,
  untilItHangs,
  useCatalogue,
} from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source, trace] = ["", "", "", ""];
let [old, kept] = ["", ""];

/** Two backups that share one small file; the pack of the first is mostly dead without it. */
beforeEach(async () => {
  count += 1;
  [name, vault] = [`shared${count}`, `vault${count}`];
  [source, trace] = [join(place.folder, "source"), join(place.folder, "trace")];
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await addFiles(place, name, source);
  await place.ok(
    ["provider", "add", vault, "--type", "debug", "--layout", "pack"],
    ["--set", `path=${join(place.folder, vault)}`, "--set", `trace=${trace}`],
  );
  [old, kept] = [await backUp(), await backUp()];
});

async function backUp(): Promise<string> {
  await writeFile(join(source, "large"), randomBytes(4_500_000));
  return await place.ok("backup", "create", name, "--provider", vault);
}

async function manifests(): Promise<string[]> {
  return await readdir(join(place.folder, vault, "manifests"), { recursive: true });
}

async function isRepacked(): Promise<boolean> {
  return (await manifests()).some((path) => /^repacked\/.*\.manifest$/.test(path));
}

/** Does what a repack does at its end, and changes nothing by it. */
async function replaceManifest(backup: string): Promise<void> {
  await catalogue.client.query(
    `select lastgood.replace_manifest(c.backup_copy_id, c.manifest_sha256, c.manifest_key,
       c.manifest_sha256, c.manifest_size, '[]')
     from lastgood.backup_copy as c where c.backup_id = $1`,
    [backup],
  );
}

async function setHang(hang: string | undefined): Promise<void> {
  await catalogue.client.query(
    "update lastgood.provider set settings = settings - 'hang' || $2::jsonb where name = $1",
    [vault, JSON.stringify(hang === undefined ? {} : { hang })],
  );
}

test("what a deleted backup leaves mostly dead is rewritten, and nothing else changes", async () => {
  await place.ok("backup", "delete", old);
  expect(await isRepacked()).toBe(true);
  await expectTidy(place, catalogue.client, vault);
  await expectRestores(place, kept, await contentsOf(source));
  expect(await place.ok("backup", "verify", kept, "--level", "decode")).toContain("decode  ok");
});

describe("while it is rewritten, whoever reads it", () => {
  test("by a restore is left alone: packs stay until that has ended", async () => {
    const target = join(place.folder, "restored");
    await setHang("get:1");
    const restore = startRun(place, ["restore", "create", kept, "--to", target]);
    await untilItHangs(restore, trace);
    await setHang(undefined);
    await place.ok("backup", "delete", old);
    expect(await isRepacked()).toBe(false);
    // One that had begun before the restore did is refused at its last step.
    await expect(replaceManifest(kept)).rejects.toMatchObject({ code: "LG042" });
    await killRun(restore);
    await catalogue.client.query(
      "update lastgood.restore set lease_until = clock_timestamp() - interval '1 second' where state = 'RUNNING'",
    );
    await backUp();
    await place.ok("backup", "delete", kept);
    await expectTidy(place, catalogue.client, vault);
  });
});
