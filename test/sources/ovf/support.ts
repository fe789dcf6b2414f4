import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BackupRow } from "../../../src/dao/backup.ts";
import type { Item } from "../../../src/manifest/entry.ts";
import type { Place } from "../../backup/support.ts";
import type { Outcome } from "../../support/cli.ts";
import { makeOvf, type OvfOptions } from "../../support/ovf.ts";

/** Writes documents below the test's folder `ovf`, by their paths in it; returns that folder. */
export async function writeDocuments(
  place: Place,
  documents: Readonly<Record<string, OvfOptions | Buffer | string>>,
): Promise<string> {
  const folder = join(place.folder, "ovf");
  await mkdir(folder, { recursive: true });
  for (const [path, document] of Object.entries(documents)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytesOf(document));
  }
  return folder;
}

export function bytesOf(document: OvfOptions | Buffer | string): Buffer | string {
  return typeof document === "string" || Buffer.isBuffer(document) ? document : makeOvf(document);
}

/** A new source of type `ovf` under this name. */
export async function addOvf(place: Place, name: string, setting: string): Promise<void> {
  await place.ok(
    ["source", "add", name, "--type", "ovf", "--system", `${name}.example`],
    ["--scope", "files", "--set", setting],
  );
}

/** A backup and what it has, as people see it. */
export interface Taken extends Outcome {
  readonly backup: BackupRow;
  readonly items: readonly Item[];
  /** As `path: reason`. */
  readonly missing: readonly string[];
}

/** Backs a source up, however that ends. */
export async function takeBackup(place: Place, ...args: readonly string[]): Promise<Taken> {
  const outcome = await place.run(["backup", "create"], args);
  const [latest] = await place.json<readonly { id: number }[]>("backup", "list");
  if (latest === undefined) throw new Error(`there is no backup: ${outcome.errors}`);
  const backup = await place.json<BackupRow>("backup", "show", `${latest.id}`);
  return {
    ...outcome,
    backup,
    items: await itemsOf(place, latest.id),
    missing: backup.missing.map(({ path, reason }) => `${path}: ${reason}`),
  };
}

async function itemsOf(place: Place, id: number): Promise<readonly Item[]> {
  const client = await place.database.connect();
  try {
    const { rows } = await client.query<Item>(
      `select kind, name, size_bytes::integer as "sizeBytes", details from lastgood.backup_item
       where backup_id = $1 order by details ->> 'id'`,
      [id],
    );
    return rows;
  } finally {
    await client.end();
  }
}
