import type { Command } from "commander";
import type { Client } from "pg";
import { Systems, type SystemSettings } from "../admin/systems.ts";
import { type System, SystemDao } from "../dao/system.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { inTransaction } from "../transaction.ts";
import { collect } from "./arguments.ts";
import {
  type CommonOptions,
  databaseCommand,
  plainCommand,
  resultCommand,
  printResult,
} from "./command.ts";
import { formatFqdn, formatSeconds, renderTable } from "../format.ts";

interface SettingOptions extends CommonOptions {
  readonly scope?: readonly string[];
  readonly defaultScopes?: boolean;
  readonly alertAfter?: string;
  readonly defaultAlertAfter?: boolean;
  readonly reporter?: readonly string[];
  readonly anyReporter?: boolean;
}

export function systemCommand(io: Io): Command {
  return plainCommand(
    "system",
    "List, add, change, retire and reinstate the systems that are watched.",
  )
    .addCommand(listCommand(io))
    .addCommand(addCommand(io))
    .addCommand(setCommand(io))
    .addCommand(retireCommand(io))
    .addCommand(reinstateCommand(io));
}

function listCommand(io: Io): Command {
  return resultCommand("list", "List all systems, retired ones too.").action(
    async (options: CommonOptions) => {
      const systems = await withDatabase(io, options, async (client) =>
        new SystemDao(client).getSystems(),
      );
      printResult(io, options, systems, renderSystems);
    },
  );
}

function addCommand(io: Io): Command {
  return withSettings(databaseCommand("add", "Watch a system, even before it reports."))
    .argument("<fqdn>", "the name with which it reports")
    .action(async (fqdn: string, options: SettingOptions) => {
      await change(io, options, async (systems) => {
        await systems.add(fqdn);
        await systems.set(fqdn, settingsOf(options));
      });
    });
}

function setCommand(io: Io): Command {
  return withSettings(databaseCommand("set", "Change what a system needs."))
    .option("--default-scopes", "need what BackupRequiredScopes says")
    .option("--default-alert-after", "allow what BackupAlertPeriodInDays says")
    .option("--any-reporter", "let every reporter report about it")
    .argument("<fqdn>", "the system")
    .action(async (fqdn: string, options: SettingOptions) => {
      const settings = settingsOf(options);
      if (Object.keys(settings).length === 0) {
        throw new UsageError("nothing is to be set", {
          hint: "Give --scope, --alert-after or --reporter, or one of their defaults.",
        });
      }
      await change(io, options, async (systems) => systems.set(fqdn, settings));
    });
}

function retireCommand(io: Io): Command {
  return databaseCommand("retire", "Stop watching a system: its alerts end, its history stays.")
    .argument("<fqdn>", "the system")
    .action(async (fqdn: string, options: CommonOptions) => {
      await change(io, options, async (systems) => systems.retire(fqdn));
    });
}

function reinstateCommand(io: Io): Command {
  return databaseCommand("reinstate", "Watch a retired system again.")
    .argument("<fqdn>", "the system")
    .action(async (fqdn: string, options: CommonOptions) => {
      await change(io, options, async (systems) => systems.reinstate(fqdn));
    });
}

function withSettings(command: Command): Command {
  return command
    .option("--scope <scope>", "a scope that its full backup needs; may be repeated", collect)
    .option("--alert-after <interval>", "how old its full backup may be, such as '36 hours'")
    .option("--reporter <role>", "a role that may report about it; may be repeated", collect);
}

function settingsOf(options: SettingOptions): SystemSettings {
  const { scope, alertAfter, reporter } = options;
  return {
    ...(options.defaultScopes ? { requiredScopes: null } : {}),
    ...(scope ? { requiredScopes: scope } : {}),
    ...(options.defaultAlertAfter ? { alertAfter: null } : {}),
    ...(alertAfter ? { alertAfter } : {}),
    ...(options.anyReporter ? { reporters: null } : {}),
    ...(reporter ? { reporters: reporter } : {}),
  };
}

/** All of it or nothing: a name that is refused leaves no half-made system. */
async function change(
  io: Io,
  options: CommonOptions,
  work: (systems: Systems) => Promise<void>,
): Promise<void> {
  await withDatabase(io, options, async (client: Client) =>
    inTransaction(client, async () => work(new Systems(client))),
  );
}

function renderSystems(systems: readonly System[]): string {
  if (systems.length === 0) {
    return "No system is known.";
  }
  const rows = systems.map((system) => [
    formatFqdn(system.fqdn),
    system.retired_at ? "retired" : "watched",
    system.required_scopes?.join(", ") ?? "(default)",
    system.alert_after_seconds === null ? "(default)" : formatSeconds(system.alert_after_seconds),
    system.reporters?.join(", ") ?? "(any)",
    system.is_self_registered ? "first report" : "hand",
  ]);
  const head = ["SYSTEM", "STATE", "REQUIRED SCOPES", "ALERT AFTER", "REPORTERS", "ADDED BY"];
  return renderTable(head, rows);
}
