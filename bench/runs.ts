import type { Client } from "pg";
import { PgBoss } from "pg-boss";
import { atLeast, type Bench, type Measurement, median } from "./harness.ts";

const clients = 4;

/** How many runs a system has in a round. */
const runsEach = 10;

/** Something that many clients do at once until there is no more of it. */
interface Work {
  fill(): Promise<unknown>;
  readonly clients: readonly (() => Promise<boolean>)[];
}

/** Runs of schedules, claimed, started and finished, against empty jobs of pg-boss. */
export async function throughput(bench: Bench): Promise<Measurement> {
  const jobs = Math.min(1_000, Math.ceil(bench.size.rows / 100));
  const fresh = await runs(bench, jobs, { isFresh: true });
  const alarmed = await runs(bench, jobs, { isFresh: false });
  const boss = new PgBoss({ connectionString: await bench.createDatabase(), max: clients });
  await boss.start();
  try {
    await boss.createQueue("empty");
    const works = [fresh, alarmed, jobsOf(boss, jobs)];
    const rates = works.map((): number[] => []);
    for (let round = 0; round < bench.size.rounds; round += 1) {
      for (const [index, work] of works.entries()) rates[index]?.push(await rate(work));
    }
    const [ours = 0, withAlert = 0, theirs = 0] = rates.map(median);
    bench.log(
      `runs: ${Math.round(ours)} a second, ${Math.round(withAlert)} of systems with an alert;` +
        ` jobs of pg-boss: ${Math.round(theirs)}`,
    );
    return atLeast(1, "runs claimed, started and finished", "empty jobs of pg-boss", ours / theirs);
  } finally {
    await boss.stop({ graceful: false });
  }
}

/**
 * Systems that were well backed up before, as most are, or else never: then an alert is live, and
 * each report of a run has the system judged anew.
 */
async function runs(bench: Bench, jobs: number, { isFresh }: { isFresh: boolean }): Promise<Work> {
  const url = await bench.createDatabase();
  const admin = await bench.connect(url);
  await admin.query("select lastgood.add_provider('vault', 'debug')");
  for (let system = 1; system <= Math.ceil(jobs / runsEach); system += 1) {
    const name = `host${system}`;
    await admin.query("select lastgood.add_source($1, 'files', $1 || '.test', 'files')", [name]);
    await admin.query("select lastgood.add_schedule($1, '0 0 1 1 *', 'yearly')", [name]);
    if (isFresh) {
      await admin.query(
        "select lastgood.record_event('files', clock_timestamp(), 1, '', $1 || '.test', '')",
        [name],
      );
    }
  }
  await admin.query("update lastgood.source set max_running = 1000");
  await admin.query("select lastgood.check_backup_freshness()");
  const connections = await Promise.all(Array.from({ length: clients }, () => bench.connect(url)));
  let slots = 0;
  const work: Work = {
    fill: async () => {
      await admin.query(
        `insert into lastgood.execution (schedule_id, slot_at)
         select s.schedule_id, timestamptz '2026-01-01Z' + ($1::integer + i) * interval '1 minute'
         from lastgood.schedule as s
         cross join generate_series(1, $2::integer) as i`,
        [slots, runsEach],
      );
      slots += runsEach;
    },
    clients: connections.map((client) => () => runOne(client)),
  };
  // The first round does not count: plans that are made for empty tables read all of full ones.
  await rate(work);
  await admin.query("vacuum analyze");
  return work;
}

function jobsOf(boss: PgBoss, jobs: number): Work {
  return {
    fill: () =>
      boss.insert(
        "empty",
        Array.from({ length: jobs }, () => ({ data: {} })),
      ),
    clients: Array.from({ length: clients }, () => () => completeOne(boss)),
  };
}

/** How many a second. */
async function rate(work: Work): Promise<number> {
  await work.fill();
  let done = 0;
  const start = performance.now();
  const drain = async (one: () => Promise<boolean>): Promise<void> => {
    while (await one()) done += 1;
  };
  await Promise.all(work.clients.map(drain));
  return (done / (performance.now() - start)) * 1_000;
}

/** False where there is none. */
async function runOne(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ id: string | null; token: string }>(
    `select c ->> 'execution_id' as id, c ->> 'token' as token
     from lastgood.claim_execution('bench', 'bench') as c`,
  );
  const [claimed] = rows;
  if (claimed?.id == null) return false;
  const own = [claimed.id, claimed.token];
  await client.query("select lastgood.start_execution_backup($1, $2)", own);
  await client.query("select lastgood.finish_execution($1, $2, 'nothing was read')", own);
  return true;
}

async function completeOne(boss: PgBoss): Promise<boolean> {
  const [job] = await boss.fetch("empty");
  if (job === undefined) return false;
  await boss.complete("empty", job.id);
  return true;
}
