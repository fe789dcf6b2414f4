import type { Command } from "commander";
import { type BackupOutcome, createBackup } from "../backup/create.ts";
import { withDatabase } from "../database.ts";
import { exit } from "../exit.ts";
import { type Io, print, remark } from "../io.ts";
import { collect, parseId } from "./arguments.ts";
import { type CommonOptions, resultCommand, wantsJson } from "./command.ts";
import { environmentOf, untilCleanedUp } from "./environment.ts";
import { startProgress } from "./progress.ts";
import { withSignalsHeld } from "./until-aborted.ts";

interface CreateOptions extends CommonOptions {
  readonly provider?: readonly string[];
  readonly name?: string;
  readonly incremental?: boolean;
  readonly parent?: number;
}

const createHelp = `
Prints the id of the backup last. The status is 0 only when the backup is COMPLETE: stored, read back
and sealed. A backup that lacks something is PARTIAL: the status is 1, and what it lacks is listed.

Examples:
  lastgood backup create shop
  lastgood backup create etc --incremental --provider vault --provider offsite
`;

export function backupCreateCommand(io: Io): Command {
  return resultCommand("create", "Take a backup of a source.")
    .argument("<source>", "the source")
    .option("--provider <name>", "keep a copy there; may be repeated", collect)
    .option("--name <name>", "what to call it; the default is the source and the time in UTC")
    .option("--incremental", "build on the latest backup of the source")
    .option("--parent <id>", "build on this one", parseId)
    .addHelpText("after", createHelp)
    .action(async (source: string, options: CreateOptions) =>
      withSignalsHeld(io, async () => create(io, source, options)),
    );
}

async function create(io: Io, source: string, options: CreateOptions): Promise<void> {
  const outcome = await withDatabase(io, untilCleanedUp(options), async (client) => {
    const progress = await startProgress(io, `backing up ${source}`);
    try {
      return await createBackup(
        client,
        {
          source,
          ...(options.provider ? { providers: options.provider } : {}),
          ...(options.name === undefined ? {} : { name: options.name }),
          isIncremental: options.incremental === true,
          ...(options.parent === undefined ? {} : { parentId: options.parent }),
        },
        environmentOf(io, progress),
      );
    } finally {
      progress.stop();
    }
  });
  if (outcome.state !== "COMPLETE") io.setExitStatus(exit.failed);
  if (wantsJson(options)) print(io, JSON.stringify(documentOf(outcome), null, 2));
  else describe(io, outcome);
}

/** Its fields are called as those of `backup show`. */
function documentOf({ notCollected, ...outcome }: BackupOutcome): object {
  return { ...outcome, not_collected: notCollected };
}

function describe(io: Io, { id, name, state, missing, notCollected }: BackupOutcome): void {
  for (const { path, reason } of missing) remark(io, `missing: ${path}: ${reason}`);
  if (notCollected.length > 0) remark(io, `not collected: ${notCollected.join(", ")}`);
  remark(io, `backup ${name} is ${state}`);
  print(io, String(id));
}
