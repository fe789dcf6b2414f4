import type { Client } from "pg";
import { fill, systemName } from "./fill.ts";
import {
  atLeast,
  atMost,
  type Bench,
  type Benchmark,
  inTurns,
  type Measurement,
} from "./harness.ts";

const groupBy = `
select fqdn, scope, max(counts_from)
from lastgood.engine_backup_log
where is_passed
group by fqdn, scope`;
const oneSystem = "select * from lastgood.system_status where fqdn = $1";
const allSystems = "select * from lastgood.system_status";
const check = "select * from lastgood.check_backup_freshness()";
/** Reads of one system in one measurement: a single one is too short to be timed. */
const reads = 50;

/** Verdicts over a log of years, against the GROUP BY that one would write, and a small log. */
export const verdict: Benchmark = {
  name: "verdict",
  async run(bench: Bench): Promise<Measurement[]> {
    const { systems } = bench.size;
    const large = await filled(bench, bench.size.rows, systems);
    const small = await filled(bench, Math.ceil(bench.size.rows / 1000), Math.ceil(systems / 1000));
    const [smallOne = 0, largeOne = 0] = await inTurns(bench.size.rounds, [
      () => readSome(small, Math.ceil(systems / 1000)),
      () => readSome(large, systems),
    ]);
    const [grouped = 0, all = 0, checked = 0] = await inTurns(bench.size.rounds, [
      () => large.query({ text: groupBy, rowMode: "array" }),
      () => large.query({ text: allSystems, rowMode: "array" }),
      () => large.query(check),
    ]);
    const one = largeOne / reads;
    bench.log(
      `verdict of one system: ${one.toFixed(2)} ms, of all: ${all.toFixed(0)} ms; ` +
        `check: ${checked.toFixed(0)} ms; GROUP BY: ${grouped.toFixed(0)} ms`,
    );
    return [
      atMost(
        1.5,
        "verdict of one system",
        "the same in a log 1000 times smaller",
        largeOne / smallOne,
      ),
      atLeast(100, "verdict of one system, speed", "GROUP BY over the log", grouped / one),
      atLeast(4, "verdict of all systems, speed", "GROUP BY over the log", grouped / all),
      atMost(3, "check_backup_freshness(), nothing changes", "the verdict of all", checked / all),
    ];
  },
};

async function filled(bench: Bench, rows: number, systems: number): Promise<Client> {
  const start = performance.now();
  const client = await bench.connect(await bench.createDatabase());
  await fill(client, rows, systems);
  const seconds = Math.round((performance.now() - start) / 1000);
  bench.log(`filled a log with ${rows} attempts of ${systems} systems in ${seconds} s`);
  return client;
}

async function readSome(client: Client, systems: number): Promise<void> {
  for (let read = 0; read < reads; read += 1) {
    const fqdn = systemName(1 + Math.floor(Math.random() * systems));
    const { rows } = await client.query({ text: oneSystem, values: [fqdn] });
    if (rows.length !== 1) throw new Error(`there is no verdict of ${fqdn}`);
  }
}
