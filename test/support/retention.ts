import type { Client } from "pg";
import { RetentionDao, type RetentionRow } from "../../src/dao/retention.ts";
import { sha256 } from "./catalogue.ts";

/** A schedule of source `etc` that keeps its backups at `vault`, with these settings. */
export async function addSchedule(
  client: Client,
  settings: Readonly<Record<string, unknown>> = {},
  name = "nightly",
): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    "select lastgood.add_schedule('etc', '0 2 * * *', $1, $2) as id",
    [name, { providers: ["vault"], ...settings }],
  );
  return Number(rows[0]?.id);
}

export interface PastBackup {
  /** When it began; it ended a minute later. */
  readonly at: string;
  readonly state?: string;
  readonly level?: number;
  readonly copy?: string;
  readonly parent?: number | undefined;
  readonly held?: boolean;
  /** Null is nobody's. */
  readonly schedule?: number | null;
}

const usualCopies: Readonly<Record<string, string>> = { PARTIAL: "COMPLETE", FAILED: "DELETED" };

/** Backups of the past, straight into the tables, with one copy each; their ids. */
export async function addBackups(
  client: Client,
  scheduleId: number,
  backups: readonly PastBackup[],
): Promise<number[]> {
  const { rows } = await client.query<{ id: string }>(
    `with given as (
       select nextval(pg_get_serial_sequence('lastgood.backup', 'backup_id')) as id, g.place, g.at,
         g.state, g.parent, g.held, g.level, g.copy, g.schedule
       from rows from (jsonb_to_recordset($1::jsonb) as (place integer, at timestamptz, state text,
         parent bigint, held boolean, level smallint, copy text, schedule bigint)) as g
     ), added as (
       insert into lastgood.backup (backup_id, name, source_id, type, parent_id, state, started_at,
         ended_at, lease_until, token, held_at, held_by, schedule_id)
       overriding system value
       select g.id, 'b' || g.id, s.source_id,
         case when g.parent is null then 'full' else 'incremental' end, g.parent, g.state, g.at,
         case when g.state <> 'RUNNING' then g.at + interval '1 minute' end,
         case when g.state = 'RUNNING' then clock_timestamp() + interval '1 hour' end,
         case when g.state = 'RUNNING' then gen_random_uuid() end,
         case when g.held then g.at end, case when g.held then 'ann' end, g.schedule
       from given as g
       join lastgood.source as s on s.name = 'etc'
     ), copied as (
       insert into lastgood.backup_copy (backup_id, provider_id, state, layout, manifest_key,
         manifest_sha256, manifest_size, stored_bytes, proof_level)
       select g.id, p.provider_id, g.copy, 'pack', 'manifests/' || g.id, $2, 100, 100,
         case g.copy when 'COMPLETE' then g.level else 0 end
       from given as g
       join lastgood.provider as p on p.name = 'vault'
     )
     select g.id from given as g order by g.place`,
    [
      JSON.stringify(
        backups.map(
          ({ at, state = "COMPLETE", level = 2, copy, parent, held, schedule }, place) => ({
            place,
            at,
            state,
            level,
            copy: copy ?? usualCopies[state] ?? state,
            parent: parent ?? null,
            held: held ?? false,
            schedule: schedule === undefined ? scheduleId : schedule,
          }),
        ),
      ),
      sha256,
    ],
  );
  return rows.map(({ id }) => Number(id));
}

export async function planOf(client: Client, scheduleId: number): Promise<RetentionRow[]> {
  return await new RetentionDao(client).getPlan(scheduleId);
}

/** Why each of these backups is kept; null for those that go. */
export async function reasonsOf(
  client: Client,
  scheduleId: number,
  ids: readonly number[],
): Promise<(string | null)[]> {
  const plan = new Map((await planOf(client, scheduleId)).map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = plan.get(id);
    if (row === undefined) throw new Error(`backup ${id} is not in the plan`);
    return row.is_kept ? row.reason : null;
  });
}
