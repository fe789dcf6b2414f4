import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { onTestFinished } from "vitest";
import type { AttachOutcome } from "../../src/attach/attach.ts";
import type { BackupRow } from "../../src/dao/backup.ts";
import { contentsOf } from "../backup/crash.ts";
import { lastgood, type Outcome } from "../support/cli.ts";
import { copyTemplate } from "../support/database.ts";
import { temporaryFolder } from "../support/folder.ts";

/** One installation of several, with a catalogue of its own, and `lastgood` as people call it there. */
export interface Installation {
  readonly id: string;
  /** A connection as its owner, for what no command does. */
  readonly client: Client;
  readonly env: Record<string, string>;
  run(...args: string[]): Promise<Outcome>;
  /** As `run`, for what must succeed; what it printed. */
  ok(...args: string[]): Promise<string>;
  /** As `ok`, with `--json`. */
  json<T>(...args: string[]): Promise<T>;
  /** Backups, newest first. */
  backups(): Promise<BackupRow[]>;
}

/** What a test begins with: an empty place, files to back up, and nobody who knows of either. */
export interface Ground {
  readonly folder: string;
  readonly vault: string;
  /** A folder with one file, `hosts`. */
  readonly source: string;
}

export async function newGround(): Promise<Ground> {
  const folder = await temporaryFolder();
  const ground = { folder, vault: join(folder, "vault"), source: join(folder, "source") };
  await mkdir(ground.source);
  await writeFile(join(ground.source, "hosts"), "127.0.0.1 localhost\n");
  return ground;
}

export async function newInstallation(ground: Ground): Promise<Installation> {
  const database = await copyTemplate();
  onTestFinished(() => database.drop());
  const client = await database.connect();
  const { rows } = await client.query<{ id: string }>(
    `update lastgood.installation set installation_id = gen_random_uuid()
     returning installation_id as id`,
  );
  const scratch = join(ground.folder, "scratch");
  await mkdir(scratch, { recursive: true });
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    DATABASE_URL: database.url,
    LASTGOOD_DEBUG: "1",
    TMPDIR: scratch,
  };
  const run = async (...args: string[]): Promise<Outcome> => lastgood(env, ...args);
  const ok = async (...args: string[]): Promise<string> => {
    const { status, output, errors } = await run(...args);
    if (status !== 0) throw new Error(`lastgood ${args.join(" ")}: ${status}\n${output}${errors}`);
    return output.trimEnd();
  };
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await ok(...args, "--json")) as T;
  const backups = async (): Promise<BackupRow[]> => json("backup", "list");
  return { id: rows[0]?.id ?? "", client, env, run, ok, json, backups };
}

/** An installation that keeps backups of a source `etc` in the vault. */
export async function newOwner(ground: Ground, ...options: string[]): Promise<Installation> {
  const owner = await newInstallation(ground);
  await owner.ok("provider", "add", "vault", ...placeOptions(ground.vault), ...options);
  await addEtc(owner, ground);
  return owner;
}

export async function addEtc(installation: Installation, ground: Ground): Promise<void> {
  await installation.ok(
    "source",
    "add",
    "etc",
    "--type",
    "files",
    "--system",
    "engine.test",
    "--scope",
    "files",
    "--set",
    `path=${ground.source}`,
  );
}

export function placeOptions(path: string): string[] {
  return ["--type", "local-fs", "--set", `path=${path}`];
}

/** Attaches the vault; whatever is bad there, it must have been attached. */
export async function attach(
  installation: Installation,
  { vault }: Pick<Ground, "vault">,
  ...options: string[]
): Promise<AttachOutcome> {
  const args = ["provider", "attach", "vault2", ...placeOptions(vault), ...options, "--json"];
  const { output, errors } = await installation.run(...args);
  const outcome = JSON.parse(output) as AttachOutcome | { error: object };
  if ("error" in outcome) throw new Error(`not attached: ${output}${errors}`);
  return outcome;
}

/** The contents of a backup, as restoring all of it gives them. */
export async function restored(
  installation: Installation,
  { folder }: Ground,
  backup: string | number,
  ...options: string[]
): Promise<ReadonlyMap<string, string>> {
  const target = join(folder, "restored");
  await rm(target, { recursive: true, force: true });
  await installation.ok("restore", "create", String(backup), "--to", target, ...options);
  return await contentsOf(target);
}

/** The verdict of scope `files` of `engine.test`. */
export async function verdict({
  client,
}: Installation): Promise<{ state: string; last_success_at: Date | null } | undefined> {
  const { rows } = await client.query<{ state: string; last_success_at: Date | null }>(
    `select state, last_success_at from lastgood.backup_status
     where fqdn = 'engine.test' and scope = 'files'`,
  );
  return rows[0];
}
