import type { Command } from "commander";
import type { Client } from "pg";
import { type NextRun, ScheduleDao } from "../dao/schedule.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { formatTime, renderTable } from "../format.ts";
import { type Io, remark } from "../io.ts";
import { parseLimit } from "./arguments.ts";
import { type CommonOptions, printResult, resultCommand } from "./command.ts";

interface PreviewOptions extends CommonOptions {
  readonly tz?: string;
  readonly from?: string;
  readonly count: number;
}

const help = `
Examples:
  lastgood schedule preview "30 2 * * *" --tz America/Santiago --from 2026-09-05T00:00:00Z
  lastgood schedule preview nightly --count 10 --json
`;

export function previewCommand(io: Io): Command {
  return resultCommand("preview", "Print the next runs, in UTC and in the zone of the schedule.")
    .argument("<pattern|schedule>", "five fields of cron, or a schedule by its id or name")
    .option("--tz <zone>", "the time zone of the pattern, such as Europe/Oslo (UTC)")
    .option("--from <time>", "runs after this time, such as 2030-01-31T08:00:00Z (now)")
    .option("--count <n>", "how many, 1 to 1000", parseLimit, 5)
    .addHelpText("after", help)
    .action(async (subject: string, options: PreviewOptions) => {
      const preview = await withDatabase(io, options, async (client) =>
        previewOf(client, subject, options),
      );
      printResult(io, options, preview.runs, (runs) => renderRuns(runs, preview.tz));
      if (preview.isDisabled) remark(io, "lastgood: the schedule is disabled: it will not run");
    });
}

interface Preview {
  readonly tz: string;
  readonly runs: readonly NextRun[];
  readonly isDisabled: boolean;
}

async function previewOf(
  client: Client,
  subject: string,
  { tz, from, count }: PreviewOptions,
): Promise<Preview> {
  const dao = new ScheduleDao(client);
  // No name has a blank, and every pattern has four; others know words such as @daily.
  if (/[\s@*]/.test(subject)) {
    const zone = tz ?? "UTC";
    return {
      tz: zone,
      runs: await dao.getRunsOf(subject, zone, { from, count }),
      isDisabled: false,
    };
  }
  if (tz !== undefined) {
    throw new UsageError("a schedule has a time zone of its own", {
      hint: "Give --tz with a pattern, in quotes.",
    });
  }
  const schedule = await dao.getSchedule(subject);
  const runs = await dao.getRuns(schedule.id, { from, count });
  return { tz: schedule.tz, runs, isDisabled: !schedule.is_enabled };
}

function renderRuns(runs: readonly NextRun[], tz: string): string {
  if (runs.length === 0) return "It never runs.";
  const rows = runs.map(({ run_at: time, local }) => [
    formatTime(time),
    local.replace("T", " ").replace(/(?=[+-]\d\d:\d\d$)/, " "),
  ]);
  return renderTable(["Next Execution Time", tz], rows);
}
