import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findClientProgram } from "../src/server/client-programs.ts";
import { atMost, type Bench, type Benchmark, inTurns, type Measurement } from "./harness.ts";
import { databaseEnv, projectPath, runProgram } from "./processes.ts";

/** The shell helper against the psql that it starts. */
export const logEvent: Benchmark = {
  name: "log-event",
  async run(bench: Bench): Promise<Measurement[]> {
    const psql = await findClientProgram("psql", { env: process.env });
    if (psql === undefined) throw new Error("there is no psql to measure log-backup-event.sh with");
    const url = await bench.createDatabase();
    const stateFolder = await mkdtemp(join(tmpdir(), "lastgood-bench-"));
    const env = {
      ...databaseEnv(bench, url),
      LASTGOOD_PSQL: psql.path,
      LASTGOOD_STATE_DIR: stateFolder,
    };
    const report = `select lastgood_report.log_engine_backup_event(
      'db', now(), 1, 'backup completed', 'host.example.org', '')`;
    try {
      const [helper = 0, alone = 0] = await inTurns(bench.size.rounds * 4, [
        () =>
          runProgram(
            projectPath("bin/log-backup-event.sh"),
            ["--scope", "db", "--status", "completed"].concat(
              ["--message", "backup completed"],
              ["--fqdn", "host.example.org"],
            ),
            env,
          ),
        () => runProgram(psql.path, ["-w", "-t", "-X", "-c", report], env),
      ]);
      bench.log(`log-backup-event.sh: ${helper.toFixed(1)} ms; psql -c: ${alone.toFixed(1)} ms`);
      return [atMost(1.5, "log-backup-event.sh", "psql -c alone", helper / alone)];
    } finally {
      await rm(stateFolder, { recursive: true, force: true });
    }
  },
};
