import { Command, Option } from "commander";
import { findDatabase } from "../database.ts";
import { runReported } from "../exec/reported-run.ts";
import type { Io } from "../io.ts";
import { checkScopes, fqdnOption, reportingSystem, scopeOption } from "./report-options.ts";

interface ExecOptions {
  readonly scope?: readonly string[];
  readonly fqdn?: string;
  readonly logPath?: string;
  readonly runId?: string;
  readonly databaseUrl?: string;
}

const help = `
The command runs without a shell; quote one yourself if you need it: -- sh -c '…'
Its input, output and signals are passed through, and its output is kept in a log file
(of each run the first 1 MB of stdout and 4 MB of stderr; the newest 100 files).
Reported are the program's name, how it ended and its last lines on stderr, never its
arguments. While the database is away, the backup runs all the same; what was to be
reported is kept on disk and sent by a later exec or log-event.

Exit status:
  that of the command; 128+n when signal n ended it
  2    wrong usage: nothing was run
  126  the command could not be started
  127  there is no such command

Example:
  lastgood exec --scope db -- pg_dump --format=custom --file=/backup/app.dump app`;

export function execCommand(io: Io): Command {
  return new Command("exec")
    .description("Run a backup command and report its start and its end.")
    .usage("--scope <scope> [options] -- <command> [args...]")
    .argument("<command>", "the program to run")
    .argument("[args...]", "its arguments")
    .addOption(scopeOption())
    .addOption(fqdnOption())
    .option("--log-path <file>", "the log file, appended to; else one in the state folder")
    .option("--run-id <text>", "what the events of this run have in common; else a new UUID")
    .addOption(
      new Option("--database-url <url>", "the database, before DATABASE_URL and the PG* variables"),
    )
    .addHelpText("after", help)
    .action(async (program: string, args: readonly string[], options: ExecOptions) => {
      const { scope, fqdn, ...others } = options;
      const scopes = checkScopes(scope);
      // A mistyped URL is wrong usage; anything that is wrong with the environment only delays the report.
      if (others.databaseUrl !== undefined) await findDatabase(io.env, others);
      const system = await reportingSystem(io.env, fqdn);
      io.setExitStatus(await runReported(io, { program, args, scopes, fqdn: system, ...others }));
    });
}
