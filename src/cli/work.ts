import { type Command, Option } from "commander";
import { findDatabase, withDatabase } from "../database.ts";
import type { Io } from "../io.ts";
import { jsonLogger, type LogLevel, logLevels } from "../logger.ts";
import { executorOptions } from "../workers/executor.ts";
import { startWorker } from "../workers/index.ts";
import { requireSchema } from "../workers/preflight.ts";
import { collect, parseCount } from "./arguments.ts";
import { databaseCommand, type CommonOptions } from "./command.ts";
import { untilAborted, withSignalsHeld } from "./until-aborted.ts";

interface WorkOptions extends CommonOptions {
  readonly logLevel: LogLevel;
  readonly label?: readonly string[];
  readonly concurrency: number;
  readonly patience: number;
}

export function workCommand(io: Io): Command {
  return databaseCommand(
    "work",
    "Run schedules, check freshness and prune old events, until stopped.",
  )
    .option("--label <label>", "take sources that have this label, too; may be repeated", collect)
    .option("--concurrency <n>", "how many backups may run on this host at once", parseCount, 2)
    .option(
      "--patience <seconds>",
      "how long a stop waits for backups before it hands them over",
      parseCount,
      60,
    )
    .addOption(
      new Option("--log-level <level>", "least level to log, as JSON lines on stderr")
        .choices(logLevels)
        .default("info"),
    )
    .addHelpText(
      "after",
      "\nAny number of workers may run, on any number of hosts; each run and each check is done by one\n" +
        "of them. A worker takes the sources of which it has all labels.",
    )
    .action(async (options: WorkOptions) => {
      await withDatabase(io, options, requireSchema);
      await withSignalsHeld(io, () => work(io, options));
    });
}

async function work(io: Io, options: WorkOptions): Promise<void> {
  const logger = jsonLogger(io.stderr, options.logLevel);
  const connection = await findDatabase(io.env, options);
  const executor = executorOptions(io.env, {
    labels: options.label ?? [],
    concurrency: options.concurrency,
    patienceMs: options.patience * 1_000,
  });
  const worker = await startWorker({ connection, logger, executor });
  logger.info({}, "ready");
  await untilAborted(io.signal);
  logger.info({ signal: String(io.signal.reason) }, "stopping");
  await worker.stop();
  logger.info({}, "stopped");
}
