import { type Command, Option } from "commander";
import { findDatabase, withDatabase } from "../database.ts";
import type { Io } from "../io.ts";
import { jsonLogger, type LogLevel, logLevels } from "../logger.ts";
import { startWorker } from "../workers/index.ts";
import { requireSchema } from "../workers/preflight.ts";
import { databaseCommand, type CommonOptions } from "./command.ts";
import { untilAborted, withSignalsHeld } from "./until-aborted.ts";

interface WorkOptions extends CommonOptions {
  readonly logLevel: LogLevel;
}

export function workCommand(io: Io): Command {
  return databaseCommand("work", "Check freshness on schedule and prune old events, until stopped.")
    .addOption(
      new Option("--log-level <level>", "least level to log, as JSON lines on stderr")
        .choices(logLevels)
        .default("info"),
    )
    .addHelpText("after", "\nAny number of workers may run; each check is run by one of them.")
    .action(async (options: WorkOptions) => {
      await withDatabase(io, options, requireSchema);
      await withSignalsHeld(io, () => work(io, options));
    });
}

async function work(io: Io, options: WorkOptions): Promise<void> {
  const logger = jsonLogger(io.stderr, options.logLevel);
  const connection = await findDatabase(io.env, options);
  const worker = await startWorker({ connection, logger });
  logger.info({}, "ready");
  await untilAborted(io.signal);
  logger.info({ signal: String(io.signal.reason) }, "stopping");
  await worker.stop();
  logger.info({}, "stopped");
}
