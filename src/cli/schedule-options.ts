import { type Command, InvalidArgumentError, Option } from "commander";
import type { ScheduleSettings } from "../admin/schedules.ts";
import { collect, none, orNone, parseId } from "./arguments.ts";
import type { CommonOptions } from "./command.ts";

type Liftable<T> = {
  readonly [K in keyof T]: null extends T[K] ? Exclude<T[K], null> | typeof none : T[K];
};

/** What `create` and `update` take. */
export interface ScheduleOptions
  extends
    CommonOptions,
    Liftable<Omit<ScheduleSettings, "parentId" | "providers" | "untilAt" | "isEnabled">> {
  readonly parent?: number;
  readonly provider?: readonly string[];
  readonly until?: string | typeof none;
}

const kept = ["hourly", "daily", "weekly", "monthly", "yearly"] as const;

export function addScheduleOptions(command: Command): Command {
  addBackupOptions(command);
  addRunOptions(command);
  return addKeepOptions(command);
}

function addBackupOptions(command: Command): void {
  command
    .option("--description <text>", "what people should know of it")
    .option("--tz <zone>", "the time zone of the pattern, such as Europe/Oslo (UTC)")
    .option("--provider <name>", "where to keep its backups; may be repeated", collect)
    .option("--incremental", "build on the latest backup")
    .addOption(
      new Option("--parent <id>", "build on this backup, every time")
        .argParser(parseId)
        .conflicts("incremental"),
    )
    .addOption(choice("--on-missing-parent <way>", "with nothing to build on", ["full", "fail"]))
    .option(
      "--max-chain <n>",
      "how many may build on one another before a full one, 2 to 10000; or none",
      parseWholeOrNone,
    );
}

function addRunOptions(command: Command): void {
  command
    .addOption(choice("--overlap <policy>", "while a run goes on", ["skip", "queue"]))
    .addOption(choice("--missed <policy>", "what to make up for", ["skip", "once", "all"]))
    .option("--missed-cap <n>", "how many with --missed all, 1 to 1000 (10)", parseWhole)
    .option("--retries <n>", "how often a failed run is tried again (0)", parseWhole)
    .option(
      "--backoff <interval>",
      "before the first retry, doubled for each further one (1 minute)",
    )
    .option(
      "--timeout <interval>",
      "end a run that takes longer, such as 90 minutes; or none",
      parseText,
    )
    .option("--grace <interval>", "how late a good backup may be, such as 2h (1 hour)")
    .option("--first-at <time>", "no run before, such as 2030-01-31T08:00:00Z; or none", parseText)
    .option("--until <time>", "no run after; or none", parseText)
    .option("--max-runs <n>", "no further run after so many; or none", parseWholeOrNone);
}

function addKeepOptions(command: Command): Command {
  command.option("--keep-last <n>", "keep its newest backups, so many; or none", parseWholeOrNone);
  for (const period of kept) {
    command.option(
      `--keep-${period} <n>`,
      `keep the newest of each of so many ${unitOf[period]}; or none`,
      parseWholeOrNone,
    );
  }
  return command.option("--keep-proven <n>", "keep so many proven ones at least (1)", parseWhole);
}

const unitOf = {
  hourly: "hours",
  daily: "days",
  weekly: "weeks",
  monthly: "months",
  yearly: "years",
} as const satisfies Record<(typeof kept)[number], string>;

function choice(flags: string, what: string, choices: readonly string[]): Option {
  return new Option(flags, what).choices([...choices]);
}

/** The settings among the options of a command. */
export function settingsOf(options: ScheduleOptions): ScheduleSettings {
  const { parent, provider, until, json: _json, databaseUrl: _url, ...settings } = options;
  const given = { ...settings, parentId: parent, providers: provider, untilAt: until };
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value === none ? null : value]),
  );
}

function parseWhole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("Give a whole number.");
  }
  return value;
}

const parseText = orNone((text) => text);
const parseWholeOrNone = orNone(parseWhole);
