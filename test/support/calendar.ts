import type { Client } from "pg";
import { type ClaimedExecution, type Claimant, Executions } from "../../src/admin/executions.ts";
import { Backups } from "../../src/admin/backups.ts";
import type { StartedBackup } from "../../src/admin/described.ts";
import { copyId, seal, sealed } from "./catalogue.ts";
import { setClock } from "./database.ts";

export interface NewSchedule {
  readonly source?: string;
  readonly pattern?: string;
  readonly name?: string;
  /** By the names of the columns. */
  readonly [option: string]: unknown;
}

let named = 0;

/** A schedule of source `etc`, every hour unless another pattern is given. */
export async function addSchedule(client: Client, schedule: NewSchedule = {}): Promise<number> {
  named += 1;
  const { source = "etc", pattern = "0 * * * *", name = `plan${named}`, ...options } = schedule;
  const { rows } = await client.query<{ id: string }>(
    "select lastgood.add_schedule($1, $2, $3, $4::jsonb) as id",
    [source, pattern, name, JSON.stringify(options)],
  );
  return Number(rows[0]?.id);
}

export async function setSchedule(
  client: Client,
  id: number,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  await client.query("select lastgood.set_schedule($1, $2::jsonb)", [id, JSON.stringify(changes)]);
}

/** A row of `schedule_status`. */
export async function scheduleOf(client: Client, id: number): Promise<Record<string, unknown>> {
  const { rows } = await client.query<{ row: Record<string, unknown> }>(
    "select to_jsonb(s) as row from lastgood.schedule_status as s where s.schedule_id = $1",
    [id],
  );
  return rows[0]?.row ?? {};
}

/** When a schedule runs next, as text in UTC; null for never. */
export async function nextRunOf(client: Client, id: number): Promise<string | null> {
  const { rows } = await client.query<{ at: string | null }>(
    "select lastgood.time_text(next_run_at) as at from lastgood.schedule where schedule_id = $1",
    [id],
  );
  return rows[0]?.at ?? null;
}

/** Takes all slots that are due at a time; how many these were. */
export async function planAt(client: Client, time: Date | string): Promise<number> {
  await setClock(client, time);
  const executions = new Executions(client);
  let count = 0;
  for (let taken = await executions.planSlots(); taken > 0; taken = await executions.planSlots()) {
    count += taken;
  }
  return count;
}

/** `12:00 QUEUED` for each slot of a schedule on one day, oldest first; `now` for what was asked for. */
export async function slotsOf(client: Client, id: number): Promise<string[]> {
  const { rows } = await client.query<{ slot: string }>(
    `select coalesce(to_char(slot_at at time zone 'UTC', 'HH24:MI'), 'now') || ' ' || state as slot
     from lastgood.execution where schedule_id = $1 order by coalesce(slot_at, queued_at), execution_id`,
    [id],
  );
  return rows.map(({ slot }) => slot);
}

export interface ExecutionRow {
  readonly id: number;
  readonly state: string;
  readonly reason: string | null;
  readonly attempt: number;
  readonly worker: string | null;
  readonly backup_id: number | null;
  readonly backup: string | null;
  readonly backup_state: string | null;
  readonly is_late: boolean;
  readonly output: Readonly<Record<string, unknown>> | null;
  readonly finished_at: string | null;
  readonly not_before: string | null;
}

export async function executionOf(client: Client, id: number): Promise<ExecutionRow> {
  const { rows } = await client.query<{ row: ExecutionRow }>(
    `select to_jsonb(e) || jsonb_build_object('id', e.execution_id) as row
     from lastgood.execution_status as e where e.execution_id = $1`,
    [id],
  );
  if (!rows[0]) throw new Error(`there is no execution ${id}`);
  return rows[0].row;
}

/** A run that was asked for; its execution. */
export async function runNow(client: Client, schedule: number): Promise<number> {
  const { rows } = await client.query<{ id: string }>("select lastgood.run_schedule($1) as id", [
    schedule,
  ]);
  return Number(rows[0]?.id);
}

/** What a worker without limits claims, or undefined. */
export async function claim(
  client: Client,
  claimant: Partial<Claimant> = {},
): Promise<ClaimedExecution | undefined> {
  return await new Executions(client).claim({
    worker: "worker-1",
    host: "host-1",
    labels: [],
    concurrency: 1000,
    ...claimant,
  });
}

/** A schedule with a run that is claimed. */
export async function running(
  client: Client,
  schedule: NewSchedule = {},
): Promise<ClaimedExecution> {
  await runNow(client, await addSchedule(client, schedule));
  return await claimed(client);
}

/** What must be there to be claimed. */
export async function claimed(
  client: Client,
  claimant: Partial<Claimant> = {},
): Promise<ClaimedExecution> {
  const execution = await claim(client, claimant);
  if (!execution) throw new Error("there is nothing to claim");
  return execution;
}

export async function start(
  client: Client,
  execution: ClaimedExecution,
): Promise<StartedBackup & { readonly fell_back: boolean }> {
  return await new Executions(client).startBackup(execution, "host-1");
}

/** Seals the backup of an execution, COMPLETE or PARTIAL. */
export async function complete(
  client: Client,
  backup: StartedBackup,
  missing: readonly { readonly path: string; readonly reason: string }[] = [],
): Promise<string> {
  await new Backups(client).sealCopy(copyId(backup), backup.token, sealed());
  return await seal(client, backup, missing);
}

/** Lets the lease of every execution be over, as if the database had been up for longer than it. */
export async function endExecutionLeases(client: Client): Promise<void> {
  await client.query(
    `update lastgood.execution
     set lease = '1 millisecond', lease_until = clock_timestamp() - interval '1 second'
     where state = 'RUNNING'`,
  );
}

/** Lets every retry be due. */
export async function endBackoff(client: Client): Promise<void> {
  await client.query("update lastgood.execution set not_before = null where state = 'QUEUED'");
}
