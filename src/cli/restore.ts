import type { Command } from "commander";
import { Backups } from "../admin/backups.ts";
import { knowItems } from "../backup/known-items.ts";
import { BackupDao } from "../dao/backup.ts";
import { RestoreDao, type RestoreRow } from "../dao/restore.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { formatBytes, formatTime, renderTable } from "../format.ts";
import { type Io, remark } from "../io.ts";
import { createRestore, type RestoreOutcome } from "../restore/create.ts";
import { type ItemList, pick } from "../restore/pick.ts";
import type { Inventory } from "../sources/ovf/restore/inventory.ts";
import { collect, parseId, parseLimit } from "./arguments.ts";
import { type CommonOptions, plainCommand, resultCommand, printResult } from "./command.ts";
import { environmentOf, untilCleanedUp } from "./environment.ts";
import { startProgress } from "./progress.ts";
import { renderProperties } from "./properties.ts";
import { withSignalsHeld } from "./until-aborted.ts";

interface CreateOptions extends CommonOptions {
  readonly to: string;
  readonly item?: readonly string[];
  readonly from?: string;
  readonly dryRun?: boolean;
  readonly replace?: boolean;
  readonly owner: boolean;
  readonly globals: boolean;
  readonly force?: boolean;
  readonly allowOutsideLinks?: boolean;
  readonly jobs?: string;
  readonly staging?: string;
  readonly register?: boolean;
  readonly inventory?: string;
  readonly suffix?: string;
  readonly allowPartial?: boolean;
  readonly reassignBadMacs?: boolean;
}

const createHelp = `
BACKUP is the id or the name of a backup. Nothing is written unless all that was picked can be.
Databases go into a new or empty one, files into a new or empty folder, unless --replace is given:
then the restore is made aside, and swapped in by rename; what was there before is kept.
Virtual machines become copies with new ids and MAC addresses, several with NAME:COPIES, unless
--register is given. What exists where they go is told by --inventory.

Examples:
  lastgood restore create 12 --to secret:scratch_url
  lastgood restore create 12 --to secret:scratch_url --item public.orders --dry-run
  lastgood restore create etc-20260101T030000Z --to /srv/restored --item hosts --item 'ssl/**'
  lastgood restore create 12 --to /srv/restored --item web01:2 --inventory there.json
`;

export function restoreCommand(io: Io): Command {
  return plainCommand("restore", "Bring back what is picked of a backup; list what was restored.")
    .addCommand(createCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io));
}

function createCommand(io: Io): Command {
  return resultCommand("create", "Restore a backup, or what is picked of it.")
    .argument("<backup>", "the backup")
    .requiredOption("--to <target>", "a folder, or secret:NAME or a URL of a database, or command:")
    .option("--item <name>", "an item's name or id, a path or a pattern; may be repeated", collect)
    .option("--from <provider>", "read this copy; the default is the one that is proven best")
    .option("--dry-run", "say what would happen, and do nothing")
    .option("--replace", "restore aside, then swap it in for what is there")
    .option("--no-owner", "databases: everything belongs to who restores")
    .option("--no-globals", "databases: leave roles as they are")
    .option("--jobs <n>", "databases: how many tables at once (2)")
    .option("--staging <folder>", "databases: where its largest tables find room on their way")
    .option("--force", "databases: end connections to the one that is replaced")
    .option("--allow-outside-links", "files: restore links that lead out of the folder too")
    .option("--register", "machines: keep their ids and MAC addresses, and make no copies")
    .option("--inventory <file>", "machines: JSON of what exists where they go")
    .option("--suffix <text>", "machines: put to their names (- and a number for several copies)")
    .option("--allow-partial", "machines: leave out networks and disks that are missing there")
    .option("--reassign-bad-macs", "machines: new addresses for those that are in use, to register")
    .addHelpText("after", createHelp)
    .action(async (backup: string, options: CreateOptions) =>
      withSignalsHeld(io, async () => create(io, backup, options)),
    );
}

async function create(io: Io, backup: string, options: CreateOptions): Promise<void> {
  const outcome = await withDatabase(io, untilCleanedUp(options), async (client) => {
    const dao = new BackupDao(client);
    const backupId = await new Backups(client).find(backup);
    const { size_bytes: total } = await dao.getBackup(backupId);
    await knowItems(client, backupId, environmentOf(io));
    const list = {
      named: async (names: readonly string[]) => dao.getItemsNamed(backupId, names),
      all: async () => dao.getItems(backupId),
    };
    const names = options.item ?? (await namesPicked(io, list, options.inventory));
    const progress = await startProgress(io, "restoring");
    if (names.length === 0 && total !== null) progress.setTotal(total);
    try {
      return await createRestore(
        client,
        {
          backupId,
          from: options.from,
          items: names,
          target: options.to,
          replace: options.replace === true,
          dryRun: options.dryRun === true,
          options: optionsOf(options),
        },
        async (reader) => pick(names, list, reader),
        environmentOf(io, progress),
      );
    } finally {
      progress.stop();
    }
  });
  const { id = null, actions, bytes, warnings } = outcome;
  const document = { id, actions, bytes, warnings };
  printResult(io, options, document, () => renderOutcome(outcome));
  for (const warning of outcome.warnings) remark(io, `lastgood: ${warning}`);
}

async function namesPicked(
  io: Io,
  list: Pick<ItemList, "all">,
  inventory: string | undefined,
): Promise<readonly string[]> {
  const items = io.isTerminal ? await list.all() : [];
  if (items.length < 2) return [];
  const { pickOnTerminal } = await import("./picker.ts");
  return await pickOnTerminal(io, items, await existing(inventory));
}

/** What the picker marks. */
async function existing(inventory: string | undefined): Promise<Inventory | undefined> {
  if (inventory === undefined) return undefined;
  const { readInventory } = await import("../sources/ovf/restore/inventory.ts");
  return await readInventory(inventory);
}

function optionsOf(options: CreateOptions): Record<string, string | boolean> {
  if (options.jobs !== undefined && !/^[1-9]\d?$/.test(options.jobs)) {
    throw new UsageError("--jobs is a whole number from 1 to 99");
  }
  const given = {
    "no-owner": !options.owner,
    "no-globals": !options.globals,
    force: options.force,
    "allow-outside-links": options.allowOutsideLinks,
    jobs: options.jobs,
    staging: options.staging,
    register: options.register,
    inventory: options.inventory,
    suffix: options.suffix,
    "allow-partial": options.allowPartial,
    "reassign-bad-macs": options.reassignBadMacs,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined || value === false ? [] : [[name, value] as const],
    ),
  );
}

function listCommand(io: Io): Command {
  return resultCommand("list", "List restores, newest first.")
    .option("--limit <n>", "how many", parseLimit, 100)
    .action(async (options: CommonOptions & { readonly limit: number }) => {
      const restores = await withDatabase(io, options, async (client) =>
        new RestoreDao(client).getRestores({ limit: options.limit }),
      );
      printResult(io, options, restores, renderRestores);
    });
}

function showCommand(io: Io): Command {
  return resultCommand("show", "Show one restore.")
    .argument("<id>", "the restore", parseId)
    .action(async (id: number, options: CommonOptions) => {
      const restore = await withDatabase(io, options, async (client) =>
        new RestoreDao(client).getRestore(id),
      );
      printResult(io, options, restore, renderProperties);
    });
}

function renderOutcome({ id, actions, bytes }: RestoreOutcome): string {
  const end =
    id === undefined
      ? "Nothing was written: this was a dry run."
      : `Restore ${id} is complete: ${formatBytes(bytes)}, every byte as the manifest says.`;
  return [...actions, end].join("\n");
}

function renderRestores(restores: readonly RestoreRow[]): string {
  if (restores.length === 0) return "Nothing was restored yet.";
  const rows = restores.map((restore) => [
    String(restore.id),
    restore.backup,
    restore.state,
    restore.picked.length === 0 ? "all" : restore.picked.join(", "),
    restore.target,
    formatTime(restore.started_at),
  ]);
  return renderTable(["ID", "BACKUP", "STATE", "PICKED", "TARGET", "STARTED"], rows);
}
