import type { Command } from "commander";
import type { Client } from "pg";
import { type ScheduleChanges, Schedules } from "../admin/schedules.ts";
import { type Schedule, ScheduleDao } from "../dao/schedule.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { type Io, remark } from "../io.ts";
import {
  type CommonOptions,
  databaseCommand,
  plainCommand,
  printResult,
  resultCommand,
} from "./command.ts";
import { addScheduleOptions, type ScheduleOptions, settingsOf } from "./schedule-options.ts";
import { warnOfQuotas } from "./quota-warnings.ts";
import { previewCommand } from "./schedule-preview.ts";
import { renderSchedule, renderSchedules } from "./schedule-text.ts";

const createHelp = `
PATTERN is five fields of cron, in the time zone of --tz: minute, hour, day of month, month, day of
week. NAME is what the backups are called, with the time of their slot. Intervals are those of
PostgreSQL, such as '90 minutes' or 1h.

Examples:
  lastgood schedule create shop "30 2 * * *" nightly --tz Europe/Oslo --provider vault
  lastgood schedule create shop "*/15 * * * *" often --incremental --retries 2 --timeout 10min
`;

export function scheduleCommand(io: Io): Command {
  return plainCommand("schedule", "Let sources be backed up by themselves, when a pattern says.")
    .addCommand(createCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(updateCommand(io))
    .addCommand(enableCommand(io))
    .addCommand(disableCommand(io))
    .addCommand(runCommand(io))
    .addCommand(previewCommand(io))
    .addCommand(deleteCommand(io));
}

function createCommand(io: Io): Command {
  const command = resultCommand("create", "Back a source up by itself from now on.")
    .argument("<source>", "the source, by its name or id")
    .argument("<pattern>", "when, as five fields of cron")
    .argument("<name>", "what its backups are called");
  return addScheduleOptions(command)
    .addHelpText("after", createHelp)
    .action(async (source: string, pattern: string, name: string, options: ScheduleOptions) => {
      await withDatabase(io, options, async (client) => {
        const schedules = new Schedules(client);
        const schedule = await schedules.scheduleCreate(source, pattern, name, settingsOf(options));
        printResult(io, options, schedule, renderSchedule);
        await warn(io, client, schedule);
        await warnOfQuotas(io, client, { schedule: schedule.id });
      });
    });
}

/** What a pattern may do that its author did not think of. */
async function warn(io: Io, client: Client, { id }: Schedule): Promise<void> {
  for (const warning of await new ScheduleDao(client).getWarnings(id)) {
    remark(io, `lastgood: warning: ${warning}`);
  }
}

function listCommand(io: Io): Command {
  return resultCommand("list", "List schedules, the next to run first.")
    .argument("[source]", "only those of this source, by its name or id")
    .action(async (source: string | undefined, options: CommonOptions) => {
      const schedules = await withDatabase(io, options, async (client) =>
        new Schedules(client).scheduleList(source),
      );
      printResult(io, options, schedules, (rows) => renderSchedules(rows, source !== undefined));
    });
}

function showCommand(io: Io): Command {
  return resultCommand("show", "Show one schedule.")
    .argument("<schedule>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      const schedule = await withDatabase(io, options, async (client) =>
        new Schedules(client).scheduleShow(ref),
      );
      printResult(io, options, schedule, renderSchedule);
    });
}

interface UpdateOptions extends ScheduleOptions {
  readonly name?: string;
  readonly pattern?: string;
  readonly full?: boolean;
}

function updateCommand(io: Io): Command {
  const command = resultCommand("update", "Change a schedule; what is not given stays.")
    .argument("<schedule>", "its id or name")
    .option("--name <name>", "call it, and its backups from now on, so")
    .option("--pattern <pattern>", "when, as five fields of cron")
    .option("--full", "make full backups");
  return addScheduleOptions(command).action(async (ref: string, options: UpdateOptions) => {
    const changes = changesOf(options);
    await withDatabase(io, options, async (client) => {
      const schedule = await new Schedules(client).scheduleUpdate(ref, changes);
      printResult(io, options, schedule, renderSchedule);
      if (changes.pattern !== undefined || changes.tz !== undefined) {
        await warn(io, client, schedule);
      }
      await warnOfQuotas(io, client, { schedule: schedule.id });
    });
  });
}

function changesOf({ full, ...options }: UpdateOptions): ScheduleChanges {
  const { incremental, parent } = options;
  if (full && (incremental || parent !== undefined)) {
    throw new UsageError("full backups build on nothing", {
      hint: "Use one of --full, --incremental and --parent.",
    });
  }
  const { name, pattern } = options;
  const changes = {
    name,
    pattern,
    ...settingsOf(options),
    ...(full ? { incremental: false } : {}),
  };
  if (Object.values(changes).every((value) => value === undefined)) {
    throw new UsageError("nothing is given to change", {
      hint: "See the options with: lastgood schedule update --help",
    });
  }
  return changes;
}

function enableCommand(io: Io): Command {
  return databaseCommand("enable", "Let a schedule run again, from its next slot on.")
    .argument("<schedule>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      await change(io, options, ref, { isEnabled: true });
    });
}

function disableCommand(io: Io): Command {
  return databaseCommand("disable", "Let a schedule run no more, until it is enabled again.")
    .argument("<schedule>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      await change(io, options, ref, { isEnabled: false });
    });
}

async function change(
  io: Io,
  options: CommonOptions,
  ref: string,
  changes: ScheduleChanges,
): Promise<void> {
  await withDatabase(io, options, async (client) =>
    new Schedules(client).scheduleUpdate(ref, changes),
  );
}

function runCommand(io: Io): Command {
  return resultCommand("run", "Ask for a run now, also of a disabled schedule; print its id.")
    .argument("<schedule>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      const execution = await withDatabase(io, options, async (client) =>
        new Schedules(client).scheduleRun(ref),
      );
      printResult(io, options, execution, ({ id }) => String(id));
      const { state, reason } = execution;
      if (state === "SKIPPED") remark(io, `lastgood: it was skipped: ${reason}`);
    });
}

function deleteCommand(io: Io): Command {
  return databaseCommand(
    "delete",
    "Delete a schedule: what waits is cancelled, what runs goes on, its executions stay.",
  )
    .argument("<schedule>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      await withDatabase(io, options, async (client) => new Schedules(client).scheduleDelete(ref));
    });
}
