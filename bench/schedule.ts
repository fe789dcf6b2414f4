import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { atMost, type Bench, type Benchmark, inTurns, type Measurement } from "./harness.ts";
import { throughput } from "./runs.ts";

const pageSize = 50;

/** Looking for what is due, running it and listing what ran: all that a worker asks of the database. */
export const schedule: Benchmark = {
  name: "schedule",
  async run(bench: Bench): Promise<Measurement[]> {
    return [
      await idleCost(bench),
      await throughput(bench),
      await lateness(bench),
      await listing(bench),
    ];
  },
};

/** A catalogue with so many schedules of one source, none of them due before `nextRunAt`. */
async function fill(bench: Bench, count: number, nextRunAt: string): Promise<[Client, string]> {
  const url = await bench.createDatabase();
  const client = await bench.connect(url);
  await client.query(`
    select lastgood.add_source('etc', 'files', 'engine.test', 'files');
    select lastgood.add_provider('vault', 'debug');
    update lastgood.source set max_running = 1000;
    alter table lastgood.schedule disable trigger user`);
  await client.query(
    `insert into lastgood.schedule (source_id, name, pattern, next_run_at)
     select s.source_id, 'plan' || i, '0 0 1 1 *', ${nextRunAt}
     from lastgood.source as s
     cross join generate_series(1, $1::integer) as i`,
    [count],
  );
  await client.query("alter table lastgood.schedule enable trigger user");
  // Statistics of tables that are empty yet would plan for tables that stay so.
  await client.query("vacuum analyze lastgood.schedule");
  return [client, url];
}

/** What a worker asks every second, with nothing to do. */
async function look(client: Client): Promise<void> {
  await client.query("select lastgood.plan_slots()");
  await client.query("select lastgood.reap_executions()");
  await client.query("select lastgood.claim_execution('bench', 'bench')");
}

async function idleCost(bench: Bench): Promise<Measurement> {
  const many = Math.min(100_000, Math.ceil(bench.size.rows / 100));
  const few = Math.ceil(many / 100);
  const [full] = await fill(bench, many, "clock_timestamp() + interval '1 year'");
  const [small] = await fill(bench, few, "clock_timestamp() + interval '1 year'");
  const lookOften = (client: Client) => async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) await look(client);
  };
  const works = [lookOften(full), lookOften(small)];
  const [ours = 0, bare = 0] = await inTurns(bench.size.rounds, works);
  bench.log(`idle looks: ${perTurn(ours)} with ${many} schedules, ${perTurn(bare)} with ${few}`);
  return atMost(1.5, "idle cost with 100,000 schedules", "the same with 1,000", ours / bare);
}

/** Of 50 turns. */
function perTurn(milliseconds: number): string {
  return `${(milliseconds / 50).toFixed(2)} ms`;
}

/** A thousand schedules of the same minute, and a worker's look every second. */
async function lateness(bench: Bench): Promise<Measurement> {
  const count = Math.min(1_000, Math.ceil(bench.size.rows / 100));
  const soon = "date_trunc('second', clock_timestamp()) + interval '3 seconds'";
  const [client] = await fill(bench, count, soon);
  for (let planned = 0; planned < count; await delay(1_000)) {
    for (let more = 1; more > 0; planned += more) {
      const { rows } = await client.query("select lastgood.plan_slots() as more");
      more = Number(rows[0]?.more);
    }
  }
  const { rows } = await client.query<{ first: string; median: string; last: string }>(
    `select min(l.late) as first, percentile_cont(0.5) within group (order by l.late) as median,
       percentile_cont(0.99) within group (order by l.late) as last
     from lastgood.execution as e
     cross join extract(epoch from e.queued_at - e.slot_at) as l(late)`,
  );
  const [first, half, last] = [rows[0]?.first, rows[0]?.median, rows[0]?.last].map(Number);
  bench.log(`lateness of ${count} slots: ${half} s at the 50th percentile, ${last} s at the 99th`);
  // Early is worse than late.
  const worst = (first ?? -1) < 0 ? Infinity : (last ?? Infinity);
  return atMost(2, "lateness at the 99th percentile", "the slot, in seconds", worst);
}

async function listing(bench: Bench): Promise<Measurement> {
  const many = Math.min(1_000_000, Math.ceil(bench.size.rows / 10));
  const lists = [many, Math.ceil(many / 100)].map(async (rows) => await listOf(bench, rows));
  const [ours = 0, bare = 0] = await inTurns(bench.size.rounds, await Promise.all(lists));
  bench.log(`pages: ${perTurn(ours)} of ${many} executions, ${perTurn(bare)} of a hundredth`);
  return atMost(1.5, "a page of a million executions", "of ten thousand", ours / bare);
}

/** Lists pages from the newest on, and from the middle on. */
async function listOf(bench: Bench, count: number): Promise<() => Promise<void>> {
  const [client] = await fill(bench, 1, "null");
  await client.query(
    `insert into lastgood.execution (schedule_id, slot_at, state, finished_at)
     select s.schedule_id, timestamptz '2020-01-01Z' + i * interval '1 minute', 'MISSED',
       clock_timestamp()
     from lastgood.schedule as s
     cross join generate_series(1, $1::integer) as i`,
    [count],
  );
  await client.query("vacuum analyze lastgood.execution");
  const page = `
    select * from lastgood.list_executions(
      (select s.schedule_id from lastgood.schedule as s), $1, ${pageSize}
    )`;
  return async () => {
    for (let turn = 0; turn < 25; turn += 1) {
      await client.query(page, [null]);
      await client.query(page, [Math.ceil(count / 2)]);
    }
  };
}
