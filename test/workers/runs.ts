import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { beforeAll, beforeEach } from "vitest";
import { executorOptions, type ExecutorOptions } from "../../src/workers/executor.ts";
import { addFiles, type Place } from "../backup/support.ts";
import { waitFor, type WaitOptions } from "../support/wait.ts";
import { type TestWorker, worker } from "./support.ts";

export interface ExecutionRow {
  readonly id: string;
  readonly slot: Date | null;
  readonly state: string;
  readonly reason: string | null;
  readonly attempt: number;
  readonly backup_id: string | null;
  readonly worker: string | null;
}

/** Schedules of a test, and what runs them. */
export interface Runs {
  /** To the catalogue, as its owner. */
  readonly client: Client;
  /** A source of files, new for each test. */
  readonly name: string;
  /** A debug provider, new for each test. */
  readonly vault: string;
  /** After a restart of the server. */
  reconnect(): Promise<void>;
  /** A schedule that is never due by itself while a test runs. */
  addSchedule(
    options?: Readonly<Record<string, unknown>>,
    source?: string,
    name?: string,
  ): Promise<string>;
  runNow(schedule: string): Promise<string>;
  executionsOf(schedule: string): Promise<ExecutionRow[]>;
  /** Waits until the newest execution has such a state. */
  until(schedule: string, state: string, options?: WaitOptions): Promise<ExecutionRow>;
  /** A worker in this process that looks often and gives up at once. */
  executor(options?: Partial<ExecutorOptions>): Promise<TestWorker>;
  /** A source whose backups go on until the gate is opened. */
  addGated(source: string): Promise<Gate>;
}

export interface Gate {
  open(): Promise<void>;
}

/** Call it once at the top of a file. */
export function useRuns(place: Place): Runs {
  const own = { name: "", vault: "" } as { client: Client; name: string; vault: string };
  const commands: Record<string, unknown> = {};
  let count = 0;
  const reconnect = async (): Promise<void> => {
    own.client = await place.database.connect();
  };
  beforeAll(reconnect);
  beforeEach(async () => {
    // What an earlier test left is not this one's.
    await own.client.query(`
      update lastgood.schedule set is_enabled = false where is_enabled;
      delete from lastgood.execution where state = 'QUEUED'`);
    count += 1;
    [own.name, own.vault] = [`plan${count}`, `store${count}`];
    const source = join(place.folder, "source");
    await mkdir(source);
    await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
    await addFiles(place, own.name, source);
    const path = join(place.folder, own.vault);
    await place.ok("provider", "add", own.vault, "--type", "debug", "--set", `path=${path}`);
  });
  const executionsOf = async (schedule: string): Promise<ExecutionRow[]> =>
    await readExecutions(own.client, schedule);
  return Object.assign(own, {
    reconnect,
    async addSchedule(options = {}, source = own.name, name = "yearly") {
      const { rows } = await own.client.query<{ id: string }>(
        "select lastgood.add_schedule($1, '0 0 1 1 *', $2, $3::jsonb) as id",
        [source, name, JSON.stringify({ providers: [own.vault], ...options })],
      );
      return rows[0]?.id ?? "";
    },
    async runNow(schedule) {
      const { rows } = await own.client.query<{ id: string }>(
        "select lastgood.run_schedule($1) as id",
        [schedule],
      );
      return rows[0]?.id ?? "";
    },
    executionsOf,
    async until(schedule, state, options) {
      let newest: ExecutionRow | undefined;
      try {
        return await waitFor(async () => {
          newest = (await executionsOf(schedule)).at(-1);
          return newest?.state === state ? newest : undefined;
        }, options);
      } catch (cause) {
        throw new Error(`${state} instead of ${JSON.stringify(newest)}`, { cause });
      }
    },
    async executor(options = {}) {
      const quick = { tickMs: 50, patienceMs: 10 };
      return await worker(place.database.url, {
        executor: { ...executorOptions(place.env), ...quick, ...options },
      });
    },
    async addGated(source) {
      const [gate, file] = [join(place.folder, `${source}.gate`), join(place.folder, "commands")];
      const script = 'until [ -e "$0" ]; do sleep 0.05; done; echo done';
      commands[source] = { backup: ["sh", "-c", script, gate], output: "stdout" };
      await writeFile(file, JSON.stringify({ commands }));
      place.env["LASTGOOD_COMMANDS_FILE"] = file;
      await place.ok(
        ["source", "add", source, "--type", "command", "--system", `${source}.example`],
        ["--scope", "db", "--set", `command=${source}`],
      );
      return { open: () => writeFile(gate, "") };
    },
  } satisfies Omit<Runs, "client" | "name" | "vault">);
}

async function readExecutions(client: Client, schedule: string): Promise<ExecutionRow[]> {
  const { rows } = await client.query<ExecutionRow>(
    `select execution_id as id, slot_at as slot, state, reason, attempt, backup_id, worker
     from lastgood.execution where schedule_id = $1 order by execution_id`,
    [schedule],
  );
  return rows;
}

/**
 * Lets the leases of what runs have run out a second ago. After a restart of the server nothing is reaped
 * for as long as a lease is: it is short here.
 *
 * @param pids only what these processes run
 */
export async function endExecutionLeases(
  client: Client,
  pids?: readonly (number | undefined)[],
): Promise<void> {
  await client.query(
    `update lastgood.execution
     set lease_until = clock_timestamp() - interval '1 second', lease = '1 millisecond'
     where state = 'RUNNING'
       and ($1::text[] is null or split_part(worker, ':', 2) = any ($1::text[]))`,
    [pids?.map(String) ?? null],
  );
}
