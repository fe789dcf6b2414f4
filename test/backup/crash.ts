import { lstat, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "pg";
import { beforeAll, expect } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { type Background, startLastgood } from "../support/background.ts";
import { waitFor } from "../support/wait.ts";
import type { Place } from "./support.ts";

/** A connection to the catalogue as its owner, for what no command does. */
export function useCatalogue(place: Place): { readonly client: Client } {
  const catalogue: { client?: Client } = {};
  beforeAll(async () => {
    catalogue.client = await place.database.connect();
  });
  return catalogue as { readonly client: Client };
}

/** Starts `lastgood` as a process of its own, in the test's environment. */
export function startRun(
  place: Place,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Background {
  // The scratch folder is to hold what the run makes there, and nothing of Node itself.
  const cache = join(tmpdir(), "node-compile-cache");
  return startLastgood(args, { env: { ...place.env, NODE_COMPILE_CACHE: cache, ...env } });
}

const preload = fileURLToPath(new URL("steps.child.ts", import.meta.url));

export interface StepOptions {
  /** The folder whose changes are steps. */
  readonly below: string;
  /** In place of which step the process is killed; without it, it may end. */
  readonly nth?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command; how it ended, and its steps where it was not killed. */
export async function runTo(
  place: Place,
  args: readonly string[],
  { below, nth, env }: StepOptions,
): Promise<{ readonly end: number | string; readonly steps: readonly string[] }> {
  const file = join(place.folder, "steps");
  await rm(file, { force: true });
  const run = startRun(place, args, {
    ...env,
    NODE_OPTIONS: `--import=${preload}`,
    LASTGOOD_TEST_STEPS_BELOW: below,
    ...(nth === undefined
      ? { LASTGOOD_TEST_STEPS_FILE: file }
      : { LASTGOOD_TEST_KILL_AT: String(nth) }),
  });
  const end = await run.ended();
  const text = await readFile(file, "utf8").catch(() => "");
  return { end, steps: text.trimEnd().split("\n") };
}

interface StopOptions extends Required<Pick<StepOptions, "below" | "nth">> {
  /** In place of which step it is killed once it goes on. */
  readonly dieAt?: number;
}

/** Starts a command that stops in place of a step, as a host does that is put to sleep; waits for that. */
export async function startToStop(
  place: Place,
  args: readonly string[],
  { below, nth, dieAt }: StopOptions,
): Promise<Background> {
  const run = startSleeper(place, args, { below, nth, ...(dieAt === undefined ? {} : { dieAt }) });
  await untilAsleep(run);
  return run;
}

/** Starts a command that will stop in place of a step, as a host does that is put to sleep. */
export function startSleeper(
  place: Place,
  args: readonly string[],
  { below, nth, dieAt }: StopOptions,
): Background {
  return startRun(place, args, {
    NODE_OPTIONS: `--import=${preload}`,
    LASTGOOD_TEST_STEPS_BELOW: below,
    LASTGOOD_TEST_KILL_AT: String(nth),
    LASTGOOD_TEST_SIGNAL: "SIGSTOP",
    ...(dieAt === undefined ? {} : { LASTGOOD_TEST_DIE_AT: String(dieAt) }),
  });
}

/** Waits until a process has been stopped by SIGSTOP. */
export async function untilAsleep(run: Background): Promise<void> {
  await waitFor(
    async () => {
      if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`);
      const stat = await readFile(`/proc/${run.child.pid}/stat`, "latin1");
      return stat.slice(stat.lastIndexOf(")")).startsWith(") T");
    },
    { what: "a process that is stopped" },
  );
}

/** Kills a process as `kill -9` does, and waits for its end. */
export async function killRun(run: Background): Promise<void> {
  run.child.kill("SIGKILL");
  expect(await run.ended()).toBe("SIGKILL");
}

/** A call that a debug provider traced. */
export interface TracedCall {
  readonly operation: string;
  readonly nth: number;
  readonly hangs?: boolean;
}

export async function readTrace(path: string): Promise<readonly TracedCall[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TracedCall);
}

/** Waits until a call says that it hangs, or the process has ended. */
export async function untilItHangs(run: Background, trace: string): Promise<void> {
  await waitFor(
    async () => {
      if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`);
      return (await readTrace(trace)).some(({ hangs }) => hangs === true);
    },
    { what: "a call that hangs" },
  );
}

/** Changes settings of a provider behind its back; null takes one away. */
export async function changeProvider(
  client: Client,
  name: string,
  settings: Readonly<Record<string, string | null>>,
): Promise<void> {
  await client.query(
    `update lastgood.provider set settings = jsonb_strip_nulls(settings || $2::jsonb)
     where name = $1`,
    [name, JSON.stringify(settings)],
  );
}

/** Lets the leases of whatever runs have run out a second ago. */
export async function endLeases(client: Client): Promise<void> {
  for (const table of ["backup", "restore"]) {
    await client.query(
      `update lastgood.${table} set lease_until = clock_timestamp() - interval '1 second'
       where state = 'RUNNING'`,
    );
  }
}

/** What `status` says of the only scope of a source's system. */
export async function verdictOf(
  place: Place,
  source: string,
): Promise<{ readonly state: string; readonly last_success_at: string | null }> {
  const [system] = await place.json<
    { scopes: { state: string; last_success_at: string | null }[] }[]
  >("status", `${source}.example`);
  const [scope] = system?.scopes ?? [];
  if (scope === undefined) throw new Error(`${source} has no scope`);
  return { state: scope.state, last_success_at: scope.last_success_at };
}

export async function backupsOf(place: Place, source: string): Promise<BackupRow[]> {
  return await place.json<BackupRow[]>("backup", "list", source);
}

/** Every file below a folder by its path, symbolic links too; sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** Objects that complete copies at a provider consist of, as the catalogue knows them. */
export async function expectedObjects(client: Client, provider: string): Promise<string[]> {
  const { rows } = await client.query<{ key: string }>(
    `select c.manifest_key as key from lastgood.copy_status as c
     join lastgood.backup as b on b.backup_id = c.backup_id
     where c.provider = $1 and b.state in ('COMPLETE', 'PARTIAL') and c.state = 'COMPLETE'
     union all
     select 'packs/' || left(k.name, 2) || '/' || k.name || '.pack' from lastgood.pack as k
     join lastgood.provider as p on p.provider_id = k.provider_id
     where p.name = $1 and k.forgotten_at is null`,
    [provider],
  );
  return rows.map(({ key }) => key);
}

/** Holds that a provider's folder has nothing but complete backups, and that no scratch is left. */
export async function expectTidy(place: Place, client: Client, vault: string): Promise<void> {
  const folder = join(place.folder, vault);
  const files = await filesBelow(folder);
  const objects = files.filter((file) => !/^(?:trees|contents)\//.test(file));
  const expected = await expectedObjects(client, vault);
  expect(objects).toEqual([...expected, "lastgood-provider.json"].toSorted());
  const { rows } = await client.query(
    `select from lastgood.pack as k join lastgood.provider as p on p.provider_id = k.provider_id
     where p.name = $1 and k.state <> 'COMPLETE' and k.forgotten_at is null`,
    [vault],
  );
  expect(rows).toEqual([]);
  await expectTreesTidy(folder, expected);
  expect(await readdir(join(place.folder, "scratch"))).toEqual([]);
}

/** Each tree belongs to a manifest, and each content to a tree. */
async function expectTreesTidy(folder: string, objects: readonly string[]): Promise<void> {
  const trees = await readdir(join(folder, "trees")).catch(() => []);
  const names = new Set(objects.map((key) => /^manifests\/(.+)\.manifest$/.exec(key)?.[1]));
  expect(trees.filter((tree) => !names.has(tree))).toEqual([]);
  const contents = await filesBelow(join(folder, "contents")).catch(() => []);
  for (const content of contents) {
    expect((await lstat(join(folder, "contents", content))).nlink).toBeGreaterThan(1);
  }
  for (const aside of [".incomplete", ".trash"]) {
    expect(await readdir(join(folder, aside)).catch(() => [])).toEqual([]);
  }
}

/** Restores a backup into a new folder and compares it with what was backed up. */
export async function expectRestores(
  place: Place,
  backup: string | number,
  wanted: ReadonlyMap<string, string>,
): Promise<void> {
  const target = join(place.folder, `restored-${String(backup)}-${String(Math.random()).slice(2)}`);
  await place.ok("restore", "create", String(backup), "--to", target);
  expect(await contentsOf(target)).toEqual(wanted);
}

/** Files below a folder with their bytes, symbolic links with where they lead. */
export async function contentsOf(folder: string): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const file of await filesBelow(folder)) {
    const path = join(folder, file);
    const isLink = (await lstat(path)).isSymbolicLink();
    contents.set(file, isLink ? await readlink(path) : await readFile(path, "latin1"));
  }
  return contents;
}

/** Whether every point is to be tried, and not a few of them. */
export const isSlow: boolean = process.env["LASTGOOD_SLOW_TESTS"] === "1";

/** So many whole numbers from 1 to the last one, evenly: both ends are among them. */
export function spread(last: number, most: number): number[] {
  const steps = Math.min(last, most);
  if (steps === 1) return [last];
  return Array.from({ length: steps }, (_, index) =>
    Math.round(1 + (index * (last - 1)) / (steps - 1)),
  );
}
