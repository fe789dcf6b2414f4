import type { Command } from "commander";
import type { Client } from "pg";
import { Sources } from "../admin/sources.ts";
import { checkSource } from "../backup/check-source.ts";
import { type SourceRow, SourceDao } from "../dao/source.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { formatTime, renderTable } from "../format.ts";
import type { Io } from "../io.ts";
import { findSourceType } from "../sources/registry.ts";
import { parseSettings } from "../settings.ts";
import { inTransaction } from "../transaction.ts";
import { collect, parseCount } from "./arguments.ts";
import {
  type CommonOptions,
  databaseCommand,
  plainCommand,
  resultCommand,
  printResult,
} from "./command.ts";
import { environmentOf } from "./environment.ts";
import { ownHost } from "./own-host.ts";
import { renderProperties } from "./properties.ts";
import { collectSetting } from "./setting-options.ts";

interface AddOptions extends CommonOptions {
  readonly type: string;
  readonly system?: string;
  readonly scope: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly label?: readonly string[];
}

const addExamples = `
Examples:
  lastgood source add shop --type postgresql --system shop.example --scope db --set url=secret:shop_url
  lastgood source add etc --type files --system shop.example --scope files --set path=/etc
  lastgood source add mail --type command --scope mail --set command=dump-mail
`;

export function sourceCommand(io: Io): Command {
  return plainCommand(
    "source",
    "List, add, change, check and delete what lastgood backs up itself.",
  )
    .addCommand(addCommand(io))
    .addCommand(setCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(checkCommand(io))
    .addCommand(deleteCommand(io));
}

function addCommand(io: Io): Command {
  return databaseCommand("add", "Make something known that lastgood can back up.")
    .argument("<name>", "what to call it")
    .requiredOption(
      "--type <type>",
      "what it is: postgresql, files, command or ovf; see docs/sources.md",
    )
    .option("--system <fqdn>", "the system it is a part of; the default is this host")
    .requiredOption("--scope <scope>", "the scope that its backups report")
    .option("--set <key=value>", "a setting of its type; may be repeated", collectSetting)
    .option("--label <label>", "only workers with this label back it up; may be repeated", collect)
    .addHelpText("after", addExamples)
    .action(async (name: string, options: AddOptions) => {
      const { type, scope, set: settings = {}, label: labels } = options;
      parseSettings(await findSourceType(type), settings);
      const fqdn = options.system ?? (await ownHost(io.env));
      await withDatabase(io, options, async (client) =>
        new Sources(client).add({ name, type, fqdn, scope, settings, labels }),
      );
    });
}

interface SetOptions extends CommonOptions {
  readonly set?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
  /** False for `--no-label`. */
  readonly label?: readonly string[] | boolean;
  readonly maxRunning?: number;
}

function setCommand(io: Io): Command {
  return databaseCommand("set", "Change settings and limits of a source.")
    .argument("<source>", "the source, by its name or id")
    .option("--set <key=value>", "a setting of its type; may be repeated", collectSetting)
    .option("--unset <key>", "a setting to leave out from now on; may be repeated", collect)
    .option(
      "--label <label>",
      "only workers with these labels back it up; may be repeated",
      // Earlier is false after --no-label.
      (label: string, earlier?: readonly string[] | false) => collect(label, earlier || []),
    )
    .option("--no-label", "every worker backs it up")
    .option("--max-running <n>", "how many of its scheduled backups may run at once", parseCount)
    .action(async (ref: string, { set, unset, label, maxRunning, ...options }: SetOptions) => {
      const labels = label === false ? [] : Array.isArray(label) ? label : undefined;
      const changesSettings = set !== undefined || unset !== undefined;
      const changesLimits = labels !== undefined || maxRunning !== undefined;
      if (!changesSettings && !changesLimits) {
        throw new UsageError("nothing is given to change", {
          hint: "See the options with: lastgood source set --help",
        });
      }
      await withDatabase(io, options, async (client) =>
        inTransaction(client, async () => {
          const source = await new SourceDao(client).getSource(ref);
          if (changesSettings) await changeSettings(client, source, set ?? {}, unset ?? []);
          if (changesLimits)
            await new Sources(client).setLimits(source.name, { labels, maxRunning });
        }),
      );
    });
}

async function changeSettings(
  client: Client,
  { name, type, settings }: SourceRow,
  set: Readonly<Record<string, string>>,
  unset: readonly string[],
): Promise<void> {
  const kept = Object.entries(settings).filter(([key]) => !unset.includes(key));
  const changed = { ...Object.fromEntries(kept), ...set };
  parseSettings(await findSourceType(type), changed);
  await new Sources(client).setSettings(name, changed);
}

function listCommand(io: Io): Command {
  return resultCommand("list", "List all sources.").action(async (options: CommonOptions) => {
    const sources = await withDatabase(io, options, async (client) =>
      new SourceDao(client).getSources(),
    );
    printResult(io, options, sources, renderSources);
  });
}

function showCommand(io: Io): Command {
  return resultCommand("show", "Show one source.")
    .argument("<name>", "the source")
    .action(async (name: string, options: CommonOptions) => {
      const source = await withDatabase(io, options, async (client) =>
        new SourceDao(client).getSource(name),
      );
      printResult(io, options, source, renderProperties);
    });
}

function checkCommand(io: Io): Command {
  return resultCommand("check", "Try what a backup of a source needs, and change nothing.")
    .argument("<name>", "the source")
    .action(async (name: string, options: CommonOptions) => {
      const remarks = await withDatabase(io, options, async (client) =>
        checkSource(client, name, environmentOf(io)),
      );
      printResult(io, options, remarks, () => remarks.join("\n"));
    });
}

function deleteCommand(io: Io): Command {
  return databaseCommand("delete", "Forget a source; its backups and its system stay.")
    .argument("<name>", "the source")
    .option("--force", "delete its schedules, too; their executions stay")
    .action(async (name: string, options: CommonOptions & { readonly force?: boolean }) => {
      await withDatabase(io, options, async (client) =>
        new Sources(client).delete(name, { force: options.force }),
      );
    });
}

function renderSources(sources: readonly SourceRow[]): string {
  if (sources.length === 0) return "No source is known.";
  const rows = sources.map((source) => [
    source.name,
    source.type,
    source.fqdn,
    source.scope,
    String(source.backups),
    source.last_backup_state ?? "-",
    source.last_good_at === null ? "never" : formatTime(source.last_good_at),
    source.labels.join(", "),
  ]);
  const head = ["SOURCE", "TYPE", "SYSTEM", "SCOPE", "BACKUPS", "LAST", "LAST GOOD", "LABELS"];
  return renderTable(head, rows);
}
