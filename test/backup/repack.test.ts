import { randomBytes } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Backups } from "../../src/admin/backups.ts";
import { type Verification, verifyBackup } from "../../src/backup/verify.ts";
import { environmentOf } from "../../src/cli/environment.ts";
import { BackupDao, type BackupRow } from "../../src/dao/backup.ts";
import { testIo } from "../support/io.ts";
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

  test("by a verification is told nothing false", async () => {
    const [done] = await verifyAfter(kept, () => place.ok("backup", "delete", old));
    expect(await isRepacked()).toBe(true);
    expect(done).toMatchObject({ result: "ok", findings: [] });
    const [backup] = await place.json<BackupRow[]>("backup", "list", name);
    expect(backup).toMatchObject({ id: Number(kept), copies: [{ state: "COMPLETE" }] });
  });
});

test("a backup that is deleted while it is verified is not called missing", async () => {
  const [done] = await verifyAfter(old, () => place.ok("backup", "delete", old));
  expect(done).toMatchObject({ result: "could_not_check" });
  expect(done?.findings[0]?.reason).toContain("deleted meanwhile");
  const audited = await catalogue.client.query(
    "select from lastgood.audit_log where log_type in (9125, 9126) and fqdn = $1",
    [`${name}.example`],
  );
  expect(audited.rowCount).toBe(0);
});

/** Verifies a backup by what the catalogue said before something else was done. */
async function verifyAfter(
  backup: string,
  act: () => Promise<unknown>,
): Promise<readonly Verification[]> {
  const dao = new BackupDao(catalogue.client);
  const rows = await dao.getCopies(Number(backup));
  vi.spyOn(dao, "getCopies").mockImplementation(async () => {
    await act();
    return rows;
  });
  const io = testIo({ env: place.env });
  return await verifyBackup(
    dao,
    new Backups(catalogue.client),
    { backupId: Number(backup), level: "decode", sample: 1 },
    environmentOf(io),
  );
}
