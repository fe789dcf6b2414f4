import type { Client } from "pg";

const perSystem = 2;

const insertSystems = `
insert into lastgood.system (fqdn)
select format('host%s.example.org', lpad(i::text, 5, '0'))
from generate_series(1, $1::integer) as i`;

// Twice a day every system backs up its two scopes. One attempt in twenty fails, never two in a
// row, so that every system is fresh at the end; one system in ten names its runs, as exec does.
const insertReports = `
insert into lastgood.audit_log (
  audit_log_id, log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at,
  run_id, log_path, arrived_at
)
overriding system value
select
  2 * run.number - 1 + report.is_end, report.at, t.log_type, t.log_type_name, t.severity,
  case report.is_end when 1 then 'backup ended' else 'backup started' end,
  format('host%s.example.org', lpad(run.host::text, 5, '0')), run.scope, report.at,
  case when run.host % 10 = 0 then md5(run.number::text) end, '/var/log/backup.log', report.at
from (
  select
    row_number() over () as number,
    host,
    scope,
    statement_timestamp() - interval '12 h' * ($2::integer - place) - interval '9 h'
      + interval '8 h' * host / $1::integer as started_at,
    case when (place * 7 + host) % 20 = 0 then 9026 else 9025 end as end_type
  from generate_series(1, $2::integer) as place
  cross join generate_series(1, $1::integer) as host
  cross join unnest(array['db', 'files']) as required(scope)
) as run
cross join lateral (
  values (0, 9024, run.started_at), (1, run.end_type, run.started_at + interval '10 min')
) as report(is_end, log_type, at)
join lastgood.event_type as t on t.log_type = report.log_type`;

const insertAttempts = `
insert into lastgood.engine_backup_log (
  scope, done_at, is_passed, output_message, fqdn, log_path, audit_log_id, counts_from, run_id
)
select
  scope, done_at, log_type = 9025, message, fqdn, log_path, audit_log_id, log_time, run_id
from lastgood.audit_log
where log_type in (9025, 9026)`;

interface IndexStatements {
  readonly take: string;
  readonly bring: string;
}

/** What takes each index away, and what brings it back. */
const indexStatements = `
select
  case when c.oid is null
    then format('drop index %s', i.indexrelid::regclass)
    else format('alter table %s drop constraint %I', i.indrelid::regclass, c.conname)
  end as take,
  case when c.oid is null
    then pg_get_indexdef(i.indexrelid)
    else format('alter table %s add constraint %I %s',
      i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
  end as bring
from pg_index as i
left join pg_constraint as c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
where i.indrelid in ('lastgood.audit_log'::regclass, 'lastgood.engine_backup_log'::regclass)`;

/**
 * Fills the log as years of reports would: each row of engine_backup_log has its event in
 * audit_log and a start before it. Ends with a vacuum.
 */
export async function fill(client: Client, rows: number, systems: number): Promise<void> {
  const runs = Math.max(1, Math.round(rows / systems / perSystem));
  const { rows: indexes } = await client.query<IndexStatements>(indexStatements);
  await client.query("set maintenance_work_mem = '1GB'");
  await client.query("begin");
  await client.query("truncate lastgood.audit_log, lastgood.engine_backup_log");
  for (const { take } of indexes) await client.query(take);
  await client.query(insertSystems, [systems]);
  await client.query(insertReports, [systems, runs]);
  await client.query(insertAttempts);
  for (const { bring } of indexes) await client.query(bring);
  await client.query(
    `select setval(
       pg_get_serial_sequence('lastgood.audit_log', 'audit_log_id'), max(audit_log_id)
     )
     from lastgood.audit_log`,
  );
  await client.query("commit");
  await client.query("vacuum (analyze)");
}

/** The name of a system that `fill` made. */
export function systemName(number: number): string {
  return `host${String(number).padStart(5, "0")}.example.org`;
}
