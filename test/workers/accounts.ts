import type { Client } from "pg";
import { expect } from "vitest";
import { backupsOf, endLeases, expectTidy } from "../backup/crash.ts";
import type { Place } from "../backup/support.ts";

/**
 * Lets a schedule of every minute have so many slots to catch up with, each of which is to run.
 *
 * @returns its id
 */
export async function addBacklog(
  client: Client,
  source: string,
  slots: number,
  options: Readonly<Record<string, unknown>>,
): Promise<string> {
  const policies = { missed: "all", missed_cap: 1_000, overlap: "queue" };
  const { rows } = await client.query<{ id: string }>(
    "select lastgood.add_schedule($1, '* * * * *', 'often', $2::jsonb) as id",
    [source, JSON.stringify({ ...policies, ...options })],
  );
  const schedule = rows[0]?.id ?? "";
  await client.query(
    `update lastgood.schedule
     set next_run_at = date_trunc('minute', clock_timestamp()) - $2 * interval '1 minute'
     where schedule_id = $1`,
    [schedule, slots - 1],
  );
  return schedule;
}

/** Lets nothing more be due, and cancels what has not begun. */
export async function endSchedule(client: Client, schedule: string): Promise<void> {
  await client.query("update lastgood.schedule set is_enabled = false where schedule_id = $1", [
    schedule,
  ]);
  await client.query(
    `select lastgood.cancel_execution(e.execution_id)
     from lastgood.execution as e
     where e.schedule_id = $1 and e.state = 'QUEUED'`,
    [schedule],
  );
}

/** How many executions of these schedules are in such a state. */
export async function countStates(
  client: Client,
  schedules: readonly string[],
  ...states: readonly string[]
): Promise<number> {
  const { rows } = await client.query(
    "select from lastgood.execution where schedule_id = any ($1) and state = any ($2)",
    [schedules, states],
  );
  return rows.length;
}

const hasEnded = /^(SUCCESS|ERROR|SKIPPED|MISSED|CANCELLED|INTERRUPTED)$/;

interface Account {
  readonly slot: string;
  readonly state: string;
  readonly rows: number;
  readonly complete: number;
}

/**
 * Holds that each minute since a time is one execution of a schedule, which has ended, and that there is
 * one COMPLETE backup of a SUCCESS and none of anything else.
 *
 * @returns how many executions there are of each state
 */
export async function expectAccounted(
  client: Client,
  schedule: string,
): Promise<Map<string, number>> {
  const { rows } = await client.query<Account>(
    `with slots as (
       select min(e.slot_at) as first, max(e.slot_at) as last
       from lastgood.execution as e
       where e.schedule_id = $1
     )
     select
       d.slot::text,
       coalesce(string_agg(e.state, ', '), 'none') as state,
       count(e.execution_id)::integer as rows,
       (
         select count(*)
         from lastgood.backup as b
         join lastgood.schedule as s on s.source_id = b.source_id
         where s.schedule_id = $1 and b.state = 'COMPLETE'
           and b.name ~ ('^' || s.name || '-'
             || to_char(d.slot at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') || '(-\\d+)?$')
       )::integer as complete
     from slots
     cross join generate_series(slots.first, slots.last, interval '1 minute') as d(slot)
     left join lastgood.execution as e on e.schedule_id = $1 and e.slot_at = d.slot
     group by d.slot
     order by d.slot`,
    [schedule],
  );
  expect(rows.length).toBeGreaterThan(0);
  const wrong = rows.filter(
    ({ state, rows: count, complete }) =>
      count !== 1 || !hasEnded.test(state) || complete !== Number(state === "SUCCESS"),
  );
  expect(wrong).toEqual([]);
  const counts = new Map<string, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** Holds that every backup of a source has ended, and that each good one can be restored. */
export async function expectAllRestore(
  place: Place,
  source: string,
  restore: (id: number) => Promise<unknown>,
): Promise<void> {
  for (const { id, state } of await backupsOf(place, source)) {
    expect(state).not.toBe("RUNNING");
    if (state === "COMPLETE") await restore(id);
  }
}

/** Holds that a last backup of a source leaves nothing half-made anywhere. */
export async function expectSwept(
  place: Place,
  client: Client,
  source: string,
  vault: string,
): Promise<void> {
  await endLeases(client);
  await place.ok("backup", "create", source, "--provider", vault);
  await expectTidy(place, client, vault);
}
