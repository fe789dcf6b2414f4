import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { Backups, type StartBackup } from "../../src/admin/backups.ts";
import type { DescribedCopy, StartedBackup } from "../../src/admin/described.ts";
import type { SealedCopy } from "../../src/layouts/layout.ts";

/** A source of type `files` of system `engine.test`, scope `files`, and the provider `vault`. */
export async function addCatalogue(client: Client): Promise<void> {
  await client.query("select lastgood.add_source('etc', 'files', 'engine.test', 'files')");
  await client.query("select lastgood.add_provider('vault', 'debug')");
}

export function packName(): string {
  return randomBytes(10).toString("hex");
}

export const sha256: string = "ab".repeat(32);

/** What a layout would say of a copy with these packs. */
export function sealed(packs: Readonly<Record<string, number>> = {}): SealedCopy {
  return {
    manifestKey: "manifests/some.manifest",
    manifestSha256: sha256,
    manifestSize: 1000,
    storedBytes: 5000,
    totals: { entries: 3, files: 2, bytes: 4000 },
    packs: Object.entries(packs).map(([name, used]) => ({ name, size: 1000, sha256, used })),
  };
}

/** The copy of a backup at a provider. */
export function copyOf(backup: Pick<StartedBackup, "copies">, provider = "vault"): DescribedCopy {
  const copy = backup.copies.find((each) => each.provider === provider);
  if (!copy) throw new Error(`there is no copy at ${provider}`);
  return copy;
}

/** Writes one pack of 1000 bytes. */
export async function writePack(
  client: Client,
  backup: StartedBackup,
  name: string,
): Promise<void> {
  const backups = new Backups(client);
  const { backup_copy_id: id } = copyOf(backup);
  await backups.beginPack(id, backup.token, name);
  const contents = Buffer.from("index");
  await backups.completePack(id, backup.token, { name, size: 1000, sha256, contents });
}

export interface MakeBackup extends Partial<StartBackup> {
  /** Names of packs that are written, and how many bytes of them the copies use. */
  readonly packs?: Readonly<Record<string, number>>;
  readonly missing?: readonly { readonly path: string; readonly reason: string }[];
}

/** A backup from start to seal, with all its copies. */
export async function makeBackup(client: Client, options: MakeBackup = {}): Promise<StartedBackup> {
  const { packs = {}, missing = [], ...start } = options;
  const backups = new Backups(client);
  const backup = await backups.start({ source: "etc", ...start });
  for (const name of Object.keys(packs)) await writePack(client, backup, name);
  for (const copy of backup.copies) {
    await backups.sealCopy(copy.backup_copy_id, backup.token, sealed(packs));
  }
  const body = { missing, notCollected: [], versions: {} };
  await backups.seal(backup.backup_id, backup.token, { bytes: 4000, entries: 3 }, body);
  return backup;
}

/** Names of the parts of `engine.test`'s only scope that is backed up here, as the verdict sees it. */
export async function verdictOf(client: Client, scope = "files"): Promise<Record<string, unknown>> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select state, activity, last_success_at, proof_level from lastgood.backup_status
     where fqdn = 'engine.test' and scope = $1`,
    [scope],
  );
  return rows[0] ?? {};
}

/** The SQLSTATE with which a statement fails, undefined where it does not; a transaction goes on. */
export async function codeOf(
  client: Client,
  work: () => Promise<unknown>,
): Promise<string | undefined> {
  await client.query("savepoint attempt");
  try {
    await work();
    await client.query("release savepoint attempt");
    return undefined;
  } catch (error) {
    await client.query("rollback to savepoint attempt");
    return (error as { code: string }).code;
  }
}
