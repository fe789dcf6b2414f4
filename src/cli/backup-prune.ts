import type { Command } from "commander";
import type { ExpiryOutcome } from "../backup/expire.ts";
import { RetentionDao, type RetentionRow } from "../dao/retention.ts";
import { withDatabase } from "../database.ts";
import { exit } from "../exit.ts";
import { formatTime, renderTable } from "../format.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, printResult, resultCommand } from "./command.ts";
import { environmentOf, untilCleanedUp } from "./environment.ts";
import { withSignalsHeld } from "./until-aborted.ts";

interface PruneOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

const help = `
Workers do this after each run of the schedule.

Examples:
  lastgood backup prune nightly --dry-run
  lastgood backup prune nightly --json
`;

export function backupPruneCommand(io: Io): Command {
  return resultCommand("prune", "Delete backups that a schedule keeps no longer.")
    .argument("<schedule>", "its id or name; of a deleted one the id")
    .option("--dry-run", "only say of each backup whether it is kept, and why")
    .addHelpText("after", help)
    .action(async (ref: string, options: PruneOptions) => {
      await (options.dryRun === true ? explain(io, ref, options) : prune(io, ref, options));
    });
}

async function explain(io: Io, ref: string, options: PruneOptions): Promise<void> {
  const plan = await withDatabase(io, options, async (client) =>
    new RetentionDao(client).getPlan(ref),
  );
  printResult(io, options, plan, renderPlan);
}

async function prune(io: Io, ref: string, options: PruneOptions): Promise<void> {
  const { expireSchedule } = await import("../backup/expire.ts");
  await withSignalsHeld(io, async () => {
    const outcomes = await withDatabase(io, untilCleanedUp(options), async (client) =>
      expireSchedule(client, ref, environmentOf(io)),
    );
    printResult(io, options, outcomes, renderOutcomes);
    if (outcomes.some(({ state }) => state !== "DELETED")) io.setExitStatus(exit.failed);
  });
}

function renderPlan(plan: readonly RetentionRow[]): string {
  if (plan.length === 0) return "There is no backup of this schedule.";
  const rows = plan.map(({ id, name, ended_at: endedAt, is_kept: isKept, reason }) => [
    String(id),
    name,
    endedAt === null ? "-" : formatTime(endedAt),
    isKept ? "kept" : "goes",
    reason,
  ]);
  return renderTable(["ID", "NAME", "ENDED", "IT", "WHY"], rows);
}

function renderOutcomes(outcomes: readonly ExpiryOutcome[]): string {
  if (outcomes.length === 0) return "There is nothing to delete.";
  const rows = outcomes.map(({ backup_id: id, name, state, reason }) => [
    String(id),
    name,
    state,
    reason,
  ]);
  return renderTable(["ID", "NAME", "STATE", "WHY"], rows);
}
