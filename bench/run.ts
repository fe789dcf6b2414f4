// `npm run bench [-- NAME…]`: measures each promise about speed against its yardstick, in turns, and
// writes results.json. Ends with status 1 where a bar is missed, 2 for a name that does not exist.
import { writeFile } from "node:fs/promises";
import { attach } from "./attach.ts";
import { type Benchmark, type Measurement, type Size, withBench } from "./harness.ts";
import { dump } from "./dump.ts";
import { logEvent } from "./log-event.ts";
import { report } from "./report.ts";
import { s3 } from "./s3.ts";
import { swift } from "./swift.ts";
import { schedule } from "./schedule.ts";
import { status } from "./status.ts";
import { describeMachine, renderTable } from "./table.ts";
import { tree } from "./tree.ts";
import { verdict } from "./verdict.ts";
import { vmRestore } from "./vm-restore.ts";

export const benchmarks: readonly Benchmark[] = [
  report,
  logEvent,
  status,
  verdict,
  dump,
  tree,
  vmRestore,
  s3,
  schedule,
  swift,
  attach,
];

/** What people measure; LASTGOOD_BENCH_ROWS takes a smaller log where disk or time are short. */
export function fullSize(env: NodeJS.ProcessEnv): Size {
  const rows = Number(env["LASTGOOD_BENCH_ROWS"] ?? 10_000_000);
  return { rows, systems: Math.ceil(rows / 1000), rounds: 9, events: 1500 };
}

/** Runs these benchmarks on one throw-away server. */
export async function measure(
  chosen: readonly Benchmark[],
  size: Size,
  log: (text: string) => void,
): Promise<Measurement[]> {
  return await withBench(size, log, async (bench) => {
    log(describeMachine(bench.server.version));
    const measurements: Measurement[] = [];
    for (const benchmark of chosen) {
      measurements.push(...(await benchmark.run(bench)));
    }
    return measurements;
  });
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    const known = benchmarks.map(({ name }) => name).join(", ");
    console.error(`there is no benchmark ${unknown.join(", ")}; there are ${known}`);
    return 2;
  }
  const chosen = benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
  const measurements = await measure(chosen, fullSize(process.env), (text) => console.log(text));
  const file = new URL("results.json", import.meta.url);
  await writeFile(file, `${JSON.stringify(measurements, null, 2)}\n`);
  console.log(`\n${renderTable(measurements)}`);
  return measurements.every(({ holds }) => holds) ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
