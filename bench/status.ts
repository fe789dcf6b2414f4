import { atMost, type Bench, type Benchmark, inTurns, type Measurement } from "./harness.ts";
import { databaseEnv, projectPath, runProgram } from "./processes.ts";

/** `lastgood status` against a script that does no more than ask and print. */
export const status: Benchmark = {
  name: "status",
  async run(bench: Bench): Promise<Measurement[]> {
    const url = await bench.createDatabase();
    const client = await bench.connect(url);
    await client.query(
      "select lastgood_report.log_engine_backup_event('db', now(), 1, '', 'host.example.org', '')",
    );
    const env = databaseEnv(bench, url);
    const node = process.execPath;
    const [ours = 0, bare = 0] = await inTurns(bench.size.rounds * 4, [
      () => runProgram(node, [projectPath("bin/lastgood.js"), "status"], env),
      () => runProgram(node, [projectPath("bench/bare-status.js")], env),
    ]);
    bench.log(`lastgood status: ${ours.toFixed(0)} ms; a bare script: ${bare.toFixed(0)} ms`);
    return [atMost(1.5, "lastgood status", "a bare Node script with pg", ours / bare)];
  },
};
