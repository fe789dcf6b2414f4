import type { Command } from "commander";
import { Schedules } from "../admin/schedules.ts";
import { withDatabase } from "../database.ts";
import type { Io } from "../io.ts";
import { parseId, parseLimit } from "./arguments.ts";
import {
  type CommonOptions,
  databaseCommand,
  plainCommand,
  printResult,
  resultCommand,
} from "./command.ts";
import { renderProperties } from "./properties.ts";
import { renderExecutions } from "./schedule-text.ts";

interface ListOptions extends CommonOptions {
  readonly limit: number;
  readonly marker?: number;
}

export function executionCommand(io: Io): Command {
  return plainCommand("execution", "List, cancel and delete runs of schedules.")
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(cancelCommand(io))
    .addCommand(deleteCommand(io));
}

function listCommand(io: Io): Command {
  return resultCommand("list", "List what became of the slots of a schedule, newest first.")
    .argument("<schedule>", "its id or name; of a deleted one its id")
    .option("--limit <n>", "how many, 1 to 1000", parseLimit, 100)
    .option("--marker <id>", "go on after this one, the last one of the page before", parseId)
    .action(async (schedule: string, options: ListOptions) => {
      const { limit, marker } = options;
      const executions = await withDatabase(io, options, async (client) =>
        new Schedules(client).executionList(schedule, { limit, marker }),
      );
      printResult(io, options, executions, renderExecutions);
    });
}

function showCommand(io: Io): Command {
  return resultCommand("show", "Show one execution.")
    .argument("<execution>", "its id", parseId)
    .action(async (id: number, options: CommonOptions) => {
      const execution = await withDatabase(io, options, async (client) =>
        new Schedules(client).executionShow(id),
      );
      printResult(io, options, execution, renderProperties);
    });
}

function cancelCommand(io: Io): Command {
  return databaseCommand("cancel", "Cancel an execution that waits or runs; its backup fails.")
    .argument("<execution>", "its id", parseId)
    .action(async (id: number, options: CommonOptions) => {
      await withDatabase(io, options, async (client) => new Schedules(client).executionCancel(id));
    });
}

function deleteCommand(io: Io): Command {
  return databaseCommand("delete", "Delete an execution from the history; its backup stays.")
    .argument("<execution>", "its id", parseId)
    .option("--force", "cancel it first, if it waits or runs")
    .action(async (id: number, options: CommonOptions & { readonly force?: boolean }) => {
      await withDatabase(io, options, async (client) =>
        new Schedules(client).executionDelete(id, { force: options.force }),
      );
    });
}
