import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { Backups, type StartBackup } from "../../src/admin/backups.ts";
import type { DescribedCopy, StartedBackup } from "../../src/admin/described.ts";
import { BackupDao, type BackupRow } from "../../src/dao/backup.ts";
import type { SealedCopy } from "../../src/layouts/layout.ts";

/** A token that belongs to nothing. */
export const strange = "00000000-0000-4000-8000-000000000000";

/** A source of type `files` of system `engine.test`, scope `files`, and the provider `vault`. */
export async function addCatalogue(client: Client): Promise<void> {
  await client.query("select lastgood.add_source('etc', 'files', 'engine.test', 'files')");
  await client.query("select lastgood.add_provider('vault', 'debug')");
}

export function packName(): string {
  return randomBytes(10).toString("hex");
}

export const sha256: string = "ab".repeat(32);

/** What a layout would say of a copy that uses so much of these packs. */
export function sealed(packs: Readonly<Record<string, number>> = {}): SealedCopy {
  return {
    manifestKey: "manifests/some.manifest",
    manifestSha256: sha256,
    manifestSize: 100,
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

/** The id of the copy of a backup at a provider. */
export function copyId(backup: Pick<StartedBackup, "copies">, provider = "vault"): number {
  return copyOf(backup, provider).backup_copy_id;
}

/** Writes one pack of 1000 bytes. */
export async function writePack(
  client: Client,
  backup: StartedBackup,
  name: string,
): Promise<void> {
  const backups = new Backups(client);
  await backups.beginPack(copyId(backup), backup.token, name);
  const contents = Buffer.from("index");
  await backups.completePack(copyId(backup), backup.token, { name, size: 1000, sha256, contents });
}

export async function seal(
  client: Client,
  { backup_id: id, token }: StartedBackup,
  missing: readonly { readonly path: string; readonly reason: string }[] = [],
): Promise<string> {
  const body = { missing, notCollected: ["xattrs"], versions: { tar: "1.34" } };
  return await new Backups(client).seal(id, token, { bytes: 4000, entries: 3 }, body);
}

export interface MakeBackup extends Partial<StartBackup> {
  /** Packs that are written, and how many of their 1000 bytes are used. */
  readonly packs?: Readonly<Record<string, number>>;
  readonly missing?: readonly { readonly path: string; readonly reason: string }[];
}

/** A backup from start to seal, with all its copies. */
export async function makeBackup(client: Client, options: MakeBackup = {}): Promise<StartedBackup> {
  const { packs = {}, missing, ...start } = options;
  const backups = new Backups(client);
  const backup = await backups.start({ source: "etc", ...start });
  for (const name of Object.keys(packs)) await writePack(client, backup, name);
  for (const copy of backup.copies) {
    await backups.sealCopy(copy.backup_copy_id, backup.token, sealed(packs));
  }
  await seal(client, backup, missing);
  return backup;
}

/** A backup with one copy, as people see it: its state and that of the copy. */
export async function statesOf(
  client: Client,
  backup: Pick<StartedBackup, "backup_id">,
): Promise<string> {
  const { state, copies } = await rowOf(client, backup);
  return [state, ...copies.map((copy) => copy.state)].join(" ");
}

export async function rowOf(
  client: Client,
  backup: Pick<StartedBackup, "backup_id">,
): Promise<BackupRow> {
  return await new BackupDao(client).getBackup(backup.backup_id);
}

/** The verdict of a scope of `engine.test`. */
export async function verdictOf(client: Client, scope = "files"): Promise<Record<string, unknown>> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select state, activity, last_success_at, proof_level from lastgood.backup_status
     where fqdn = 'engine.test' and scope = $1`,
    [scope],
  );
  return rows[0] ?? {};
}

/** Lets the lease of everything that runs be over. */
export async function endLeases(client: Client): Promise<void> {
  for (const table of ["backup", "restore"]) {
    await client.query(
      `update lastgood.${table} set lease_until = clock_timestamp() - interval '1 second'
       where lease_until is not null`,
    );
  }
}

/** The SQLSTATE with which work fails, undefined where it does not; the transaction goes on. */
export async function codeOf(
  client: Client,
  work: string | (() => Promise<unknown>),
): Promise<string | undefined> {
  await client.query("savepoint attempt");
  try {
    await (typeof work === "string" ? client.query(work) : work());
    await client.query("release savepoint attempt");
    return undefined;
  } catch (error) {
    await client.query("rollback to savepoint attempt");
    return (error as { code: string }).code;
  }
}

/** Events of these types, oldest first. */
export async function eventsOf(
  client: Client,
  ...names: readonly string[]
): Promise<{ name: string; message: string; fqdn: string | null; scope: string | null }[]> {
  const { rows } = await client.query<{
    name: string;
    message: string;
    fqdn: string | null;
    scope: string | null;
  }>(
    `select log_type_name as name, message, fqdn, scope from lastgood.audit_log
     where log_type_name = any ($1) order by audit_log_id`,
    [names],
  );
  return rows;
}

/** Lets a backup have ended at this time, for tests that set the clock. */
export async function backdate(
  client: Client,
  { backup_id: id }: Pick<StartedBackup, "backup_id">,
  time: Date,
): Promise<void> {
  await client.query(
    `update lastgood.backup set started_at = $2, ended_at = $2 where backup_id = $1`,
    [id, time],
  );
  await client.query(
    `update lastgood.audit_log set log_time = $2, done_at = $2
     where backup_id = $1 and done_at is not null`,
    [id, time],
  );
  await client.query(
    `update lastgood.engine_backup_log set done_at = $2, counts_from = $2 where backup_id = $1`,
    [id, time],
  );
}

/** Lets no report be kept that a backup of this system failed. */
export async function refuseFailures(client: Client, fqdn: string): Promise<void> {
  await client.query(`
    create function public.refuse_failures() returns trigger language plpgsql as
      $$ begin raise exception 'refused'; end; $$;
    create trigger refuse_failures before insert on lastgood.audit_log for each row
      when (new.fqdn = '${fqdn}' and new.log_type = 9026) execute function public.refuse_failures()`);
}
