import { Pool } from "pg";
import { atLeast, type Bench, type Benchmark, inTurns, type Measurement } from "./harness.ts";
import { systemName } from "./fill.ts";

const clients = 8;
const systems = 100;

// Nothing but the same two INSERTs, into tables with the same columns, defaults and indexes.
const yardstick = `
create schema bare;
create table bare.audit_log (like lastgood.audit_log including all);
create table bare.engine_backup_log (like lastgood.engine_backup_log including all);
create function bare.report(
  p_scope text, p_done_at timestamptz, p_status integer, p_message text, p_fqdn text,
  p_log_path text
)
  returns void
  language plpgsql
as $$
declare
  v_id bigint;
begin
  insert into bare.audit_log (
    log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at, log_path,
    arrived_at, awaits_system
  )
  values (
    p_done_at, 9025, 'ENGINE_BACKUP_COMPLETED', 0, p_message, p_fqdn, p_scope, p_done_at,
    p_log_path, clock_timestamp(), false
  )
  returning audit_log_id into v_id;
  insert into bare.engine_backup_log (
    scope, done_at, is_passed, output_message, fqdn, log_path, audit_log_id, counts_from
  )
  values (p_scope, p_done_at, true, p_message, p_fqdn, p_log_path, v_id, p_done_at);
end;
$$`;

const call = (name: string): string => `
select ${name}(
  'db', $1::timestamptz, 1, 'backup completed', $2, '/var/log/backup.log'
)`;

/** Throughput of reports against that of the bare INSERTs, each one transaction of a pooled client. */
export const report: Benchmark = {
  name: "report",
  async run(bench: Bench): Promise<Measurement[]> {
    const url = await bench.createDatabase();
    const admin = await bench.connect(url);
    await admin.query(yardstick);
    await admin.query("insert into lastgood.system (fqdn) select unnest($1::text[])", [
      Array.from({ length: systems }, (_, index) => systemName(index)),
    ]);
    const pool = new Pool({ connectionString: url, max: clients });
    // The end of a pool waits for no goodbye: the server may be stopped before it came.
    pool.on("connect", (client) => client.on("error", () => undefined));
    // Each report another millisecond of the last month, so that none is another one's duplicate.
    const start = Date.now() - 30 * 86_400_000;
    let count = 0;
    const reportAll = async (statement: string): Promise<void> => {
      const reportSome = async (): Promise<void> => {
        for (let event = 0; event < bench.size.events; event += 1) {
          count += 1;
          const doneAt = new Date(start + count);
          await pool.query(statement, [doneAt, systemName(count % systems)]);
        }
      };
      await Promise.all(Array.from({ length: clients }, reportSome));
    };
    try {
      const [ours = 0, bare = 0] = await inTurns(bench.size.rounds, [
        () => reportAll(call("lastgood_report.log_engine_backup_event")),
        () => reportAll(call("bare.report")),
      ]);
      const total = clients * bench.size.events;
      bench.log(
        `reports: ${perSecond(total, ours)}; bare INSERTs: ${perSecond(total, bare)}, ` +
          `${clients} clients each`,
      );
      return [
        atLeast(0.75, "throughput of reports, 8 clients", "the same INSERTs alone", bare / ours),
      ];
    } finally {
      await pool.end();
    }
  },
};

function perSecond(count: number, milliseconds: number): string {
  return `${Math.round((count / milliseconds) * 1000)} a second`;
}
