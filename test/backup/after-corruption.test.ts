import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  backupsOf,
  contentsOf,
  expectRestores,
  filesBelow,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source] = ["", "", ""];
let [first, second] = ["", ""];

/** Two backups that share nothing but one small file. */
async function prepare(layout: string): Promise<void> {
  await addVault(place, vault, "--layout", layout);
  first = await backUp();
  await writeFile(join(source, "large"), randomBytes(100_000));
  second = await backUp();
}

beforeEach(async () => {
  count += 1;
  [name, vault, source] = [`rot${count}`, `vault${count}`, join(place.folder, "source")];
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(source, "large"), randomBytes(100_000));
  await addFiles(place, name, source);
  // Nothing else is known, so that `check` tells of this system alone.
  await catalogue.client.query(
    "select lastgood.retire_system(fqdn) from lastgood.system_status where fqdn <> $1",
    [`${name}.example`],
  );
});

async function backUp(...options: string[]): Promise<string> {
  return await place.ok("backup", "create", name, "--provider", vault, options);
}

/** What a backup alone relies on: its newest pack, or the large file of its tree. */
async function contentOf(backup: string): Promise<string> {
  const { rows } = await catalogue.client.query<{ path: string }>(
    `select coalesce((array_agg('packs/' || left(k.name, 2) || '/' || k.name || '.pack'
         order by k.pack_id desc) filter (where k.pack_id is not null))[1], 'trees/' || b.name || '/large') as path
     from lastgood.backup as b
     join lastgood.backup_copy as c on c.backup_id = b.backup_id
     left join lastgood.backup_copy_pack as u on u.backup_copy_id = c.backup_copy_id
     left join lastgood.pack as k on k.pack_id = u.pack_id
     where b.backup_id = $1
     group by b.backup_id`,
    [backup],
  );
  return join(place.folder, vault, rows[0]?.path ?? "");
}

async function flipBit(path: string): Promise<() => Promise<void>> {
  const bytes = await readFile(path);
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(70_000) ^ 1, 70_000);
  await chmod(path, 0o600);
  await writeFile(path, changed);
  return async () => writeFile(path, bytes);
}

async function checkStatus(): Promise<number> {
  return (await place.run("check")).status;
}

async function restoreFails(backup: string): Promise<void> {
  const target = join(place.folder, "target");
  const outcome = await place.run("restore", "create", backup, "--to", target, "--from", vault);
  expect(outcome).toMatchObject({ status: 1 });
  expect(outcome.errors).toMatch(/hint: ./);
  await expect(filesBelow(target)).rejects.toMatchObject({ code: "ENOENT" });
}

describe.each(["pack", "tree"])("a corrupt backup in layout %s", (layout) => {
  test("counts no more at once, is not restored, and counts again when it is whole", async () => {
    await prepare(layout);
    const [newest, older] = await backupsOf(place, name);
    const verdict = await verdictOf(place, name);
    const undo = await flipBit(await contentOf(second));
    // Nobody has looked yet.
    expect(await place.ok("backup", "verify", second, "--level", "stored")).toContain("ok");
    expect(await verdictOf(place, name)).toEqual(verdict);
    await restoreFails(second);

    const verified = await place.run("backup", "verify", second, "--json");
    expect(verified).toMatchObject({ status: 1 });
    expect(JSON.parse(verified.output)).toMatchObject([{ provider: vault, result: "corrupt" }]);
    const [corrupt] = await backupsOf(place, name);
    expect(corrupt).toMatchObject({
      id: newest?.id,
      is_good: false,
      is_proven: false,
      copies: [{ state: "CORRUPT", proof_level: 0 }],
    });
    expect(await verdictOf(place, name)).toEqual({
      state: "ok",
      last_success_at: older?.ended_at,
    });
    const refused = await place.run("restore", "create", second, "--to", join(place.folder, "x"));
    expect(refused).toMatchObject({ status: 1 });

    await undo();
    expect(await place.ok("backup", "verify", second)).toContain("ok");
    expect((await backupsOf(place, name))[0]).toMatchObject({ is_good: true, proof_level: 2 });
    expect(await verdictOf(place, name)).toEqual(verdict);
    await expectRestores(place, second, await contentsOf(source));
  });

  test("that was the only one leaves its system without a backup, and check says so", async () => {
    await addVault(place, vault, "--layout", layout);
    const only = await backUp();
    expect(await checkStatus()).toBe(0);
    const undo = await flipBit(await contentOf(only));
    expect(await place.run("backup", "verify", only)).toMatchObject({ status: 1 });
    expect(await verdictOf(place, name)).toMatchObject({ state: "missing" });
    expect(await checkStatus()).toBe(2);
    const alerts = await place.json<{ fqdn: string }[]>("alerts");
    expect(alerts.map(({ fqdn }) => fqdn)).toContain(`${name}.example`);
    await undo();
    await place.ok("backup", "verify", only);
    expect(await checkStatus()).toBe(0);
    expect(await place.json("alerts")).toEqual([]);
  });

  test("is nothing that a new one relies on: the same content is stored again", async () => {
    await prepare(layout);
    const path = await contentOf(second);
    await flipBit(path);
    expect(await place.run("backup", "verify", second)).toMatchObject({ status: 1 });
    for (const options of [[], ["--incremental"]]) {
      const next = await backUp(...options);
      expect(await contentOf(next)).not.toBe(path);
      await expectRestores(place, next, await contentsOf(source));
      expect(await place.ok("backup", "verify", next, "--level", "decode")).toContain("decode  ok");
    }
    await restoreFails(second);
  });

  test("is no parent, once it was found", async () => {
    await prepare(layout);
    await flipBit(await contentOf(second));
    const refused = await place.run("backup", "verify", second);
    expect(refused.status).toBe(1);
    await backUp("--incremental");
    expect((await backupsOf(place, name))[0]).toMatchObject({ parent_id: Number(first) });
  });

  test("whose object is gone is missing, and good again when that is back", async () => {
    await prepare(layout);
    const path = await contentOf(second);
    const bytes = await readFile(path);
    await rm(path);
    expect(await place.run("backup", "verify", second)).toMatchObject({ status: 1 });
    expect((await backupsOf(place, name))[0]).toMatchObject({
      is_good: false,
      copies: [{ state: "MISSING" }],
    });
    await writeFile(path, bytes, { mode: 0o600 });
    await place.ok("backup", "verify", second, "--level", "stored");
    expect((await backupsOf(place, name))[0]).toMatchObject({ is_good: true, proof_level: 1 });
  });
});

test("damage that nobody has found yet is found by a backup that would rely on it", async () => {
  await prepare("tree");
  await flipBit(await contentOf(second));
  await rm(join(source, "hosts"));
  const next = await backUp();
  expect((await backupsOf(place, name))[0]).toMatchObject({ is_good: true });
  await expectRestores(place, next, await contentsOf(source));
});

test("a parent whose manifest is bad does not keep an incremental backup from being made", async () => {
  await prepare("pack");
  const [parent] = await backupsOf(place, name);
  await writeFile(join(place.folder, vault, "manifests", `${parent?.name}.manifest`), "");
  const outcome = await place.run(["backup", "create", name, "--provider", vault, "--incremental"]);
  expect(outcome).toMatchObject({ status: 0 });
  expect(outcome.errors).toContain("cannot be read, so all of the source is");
  const [newest] = await backupsOf(place, name);
  await expectRestores(place, newest?.id ?? 0, await contentsOf(source));
});
