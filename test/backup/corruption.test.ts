import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { Backups } from "../../src/admin/backups.ts";
import { proofLevels, verifyBackup, type VerifyLevel } from "../../src/backup/verify.ts";
import { environmentOf } from "../../src/cli/environment.ts";
import { BackupDao } from "../../src/dao/backup.ts";
import { root } from "../docs/support.ts";
import { testIo } from "../support/io.ts";
import { useCatalogue } from "./crash.ts";
import { damageFile, damages } from "./damage.ts";
import { addFiles, addVault, usePlace } from "./support.ts";
import { corruptionPage, type Row } from "./corruption-page.ts";

const page = join(root, "docs/corruption.md");
const place = usePlace();
const catalogue = useCatalogue(place);
const levels = Object.keys(proofLevels) as VerifyLevel[];

/** A backup, and the same object of it and of another one. */
interface Victim {
  readonly backup: number;
  readonly path: string;
  readonly other: string;
}

/** What each level finds. */
async function resultsOf(backup: number): Promise<readonly string[]> {
  const { client } = catalogue;
  const environment = environmentOf(testIo({ env: place.env }));
  const results: string[] = [];
  for (const level of levels) {
    const request = { backupId: backup, level, sample: 1 };
    const [done] = await verifyBackup(
      new BackupDao(client),
      new Backups(client),
      request,
      environment,
    );
    results.push(done?.result ?? "nothing");
  }
  return results;
}

async function rowsOf({ backup, path, other }: Victim): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const damage of damages) {
    const undo = await damageFile(path, damage, other);
    rows.push({ damage: damage.name, results: await resultsOf(backup) });
    await undo();
  }
  expect(await resultsOf(backup)).toEqual(levels.map(() => "ok"));
  return rows;
}

/** Fills the source with nothing that was there before, and backs it up. */
async function backUp(vault: string): Promise<number> {
  const source = join(place.folder, "source");
  await mkdir(source, { recursive: true });
  await writeFile(join(source, "large"), randomBytes(150_000));
  for (let file = 100; file < 200; file += 1) {
    await writeFile(join(source, `file ${file}`), randomBytes(50));
  }
  return Number(await place.ok("backup", "create", `of-${vault}`, "--provider", vault));
}

async function twoBackups(vault: string, ...options: string[]): Promise<[number, number]> {
  await addVault(place, vault, ...options);
  await addFiles(place, `of-${vault}`, join(place.folder, "source"));
  return [await backUp(vault), await backUp(vault)];
}

/** Where the manifest of a backup lies, and its only pack or the largest file of its tree. */
async function objectsOf(backup: number): Promise<{ manifest: string; content: string }> {
  const { rows } = await catalogue.client.query<{ manifest: string; content: string }>(
    `select p.settings ->> 'path' || '/' || c.manifest_key as manifest,
       p.settings ->> 'path' || '/' || coalesce(
         (select 'packs/' || left(k.name, 2) || '/' || k.name || '.pack' from lastgood.pack as k
          join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id
          where u.backup_copy_id = c.backup_copy_id),
         'trees/' || b.name || '/large') as content
     from lastgood.backup_copy as c
     join lastgood.backup as b on b.backup_id = c.backup_id
     join lastgood.provider as p on p.provider_id = c.provider_id
     where c.backup_id = $1`,
    [backup],
  );
  return rows[0] ?? { manifest: "", content: "" };
}

async function tablesOf([older, backup]: readonly [number, number]): Promise<{
  readonly manifest: readonly Row[];
  readonly content: readonly Row[];
}> {
  const [own, others] = [await objectsOf(backup), await objectsOf(older)];
  const rows = async (kind: "manifest" | "content"): Promise<readonly Row[]> =>
    rowsOf({ backup, path: own[kind], other: others[kind] });
  return { manifest: await rows("manifest"), content: await rows("content") };
}

async function newKey(file: string): Promise<string> {
  const identity = await generateIdentity();
  await writeFile(join(place.folder, file), `${identity}\n`, { mode: 0o600 });
  return await identityToRecipient(identity);
}

async function keyRows(backup: number): Promise<readonly Row[]> {
  delete place.env["LASTGOOD_IDENTITY_FILE"];
  const none = { damage: "no key at hand", results: await resultsOf(backup) };
  place.env["LASTGOOD_IDENTITY_FILE"] = join(place.folder, "eve");
  return [none, { damage: "another key at hand", results: await resultsOf(backup) }];
}

async function placeRows(vault: string, backup: number): Promise<readonly Row[]> {
  const folder = join(place.folder, vault);
  await rename(folder, `${folder}.away`);
  const gone = { damage: "the folder is not there", results: await resultsOf(backup) };
  await mkdir(folder, { mode: 0o700 });
  const empty = { damage: "it is empty: not mounted", results: await resultsOf(backup) };
  return [gone, empty];
}

test("docs/corruption.md says what verification finds of every damage", async () => {
  const pack = await tablesOf(await twoBackups("packs", "--layout", "pack"));
  const tree = await twoBackups("trees", "--layout", "tree");
  const trees = await tablesOf(tree);
  await newKey("eve");
  const recipient = await newKey("alice");
  place.env["LASTGOOD_IDENTITY_FILE"] = join(place.folder, "alice");
  const safe = await twoBackups("safe", "--layout", "pack", "--recipient", recipient);
  const encrypted = await tablesOf(safe);
  const keys = await keyRows(safe[1]);
  const text = corruptionPage(levels, [
    ["Layout `pack`: a pack", pack.content],
    ["Layout `pack`: a manifest", pack.manifest],
    ["Layout `pack`, encrypted: a pack", encrypted.content],
    ["Layout `pack`, encrypted: a manifest", encrypted.manifest],
    ["Layout `pack`, encrypted: keys", keys],
    ["Layout `tree`: a file", trees.content],
    ["Layout `tree`: a manifest", trees.manifest],
    ["The folder of a provider", await placeRows("trees", tree[1])],
  ]);
  if (process.env["LASTGOOD_UPDATE_DOCS"] === "1") await writeFile(page, text);
  expect(await readFile(page, "utf8")).toBe(text);
}, 120_000);
