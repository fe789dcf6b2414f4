import { Command, Option } from "commander";
import { type Io, print } from "../io.ts";
import { exitHelp } from "../exit.ts";

export interface CommonOptions {
  readonly databaseUrl?: string;
  readonly json?: boolean;
}

/** A command that needs the database: with the options and the help that all of them share. */
export function databaseCommand(name: string, summary: string, help?: string): Command {
  return plainCommand(name, summary, help).addOption(
    new Option("--database-url <url>", "the database, before DATABASE_URL and the PG* variables"),
  );
}

/** As {@link databaseCommand}, for one that prints a result. */
export function resultCommand(name: string, summary: string): Command {
  return databaseCommand(name, summary)
    .option("--json", "print one JSON document")
    .addOption(
      new Option("--output <format>", "how to print").choices(["human", "json"]).hideHelp(),
    );
}

/** A command with a summary and the exit statuses in its help. */
export function plainCommand(name: string, summary: string, help: string = exitHelp): Command {
  return new Command(name).description(summary).addHelpText("after", help);
}

/** Whether a command was asked for JSON, by `--json` or `--output json`. */
export function wantsJson(options: { json?: boolean; output?: string }): boolean {
  return options.json === true || options.output === "json";
}

/** Prints a result as it was asked for: one JSON document, or what `render` makes of it for people. */
export function printResult<T>(
  io: Io,
  options: { json?: boolean; output?: string },
  result: T,
  render: (result: T) => string,
): void {
  print(io, wantsJson(options) ? JSON.stringify(result, null, 2) : render(result));
}
