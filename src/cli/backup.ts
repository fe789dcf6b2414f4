import { type Command, Option } from "commander";
import type { Client } from "pg";
import { Backups } from "../admin/backups.ts";
import { BackupDao, type BackupRow } from "../dao/backup.ts";
import { withDatabase } from "../database.ts";
import { formatBytes, formatTime, renderTable } from "../format.ts";
import type { Io } from "../io.ts";
import { printItems, printJson } from "./item-list.ts";
import { parseId, parseLimit } from "./arguments.ts";
import { backupCreateCommand } from "./backup-create.ts";
import { backupPruneCommand } from "./backup-prune.ts";
import { backupVerifyCommand } from "./backup-verify.ts";
import {
  type CommonOptions,
  databaseCommand,
  plainCommand,
  resultCommand,
  printResult,
  wantsJson,
} from "./command.ts";
import { environmentOf, untilCleanedUp } from "./environment.ts";
import { renderProperties } from "./properties.ts";
import { withSignalsHeld } from "./until-aborted.ts";

const states = [
  "RUNNING",
  "COMPLETE",
  "PARTIAL",
  "FAILED",
  "DELETING",
  "DELETED",
  "DELETE_FAILED",
] as const;

interface ListOptions extends CommonOptions {
  readonly state?: (typeof states)[number];
  readonly limit: number;
  readonly marker?: number;
}

export function backupCommand(io: Io): Command {
  return plainCommand("backup", "Take, list, look into, verify, hold and delete backups.")
    .addCommand(backupCreateCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(itemsCommand(io))
    .addCommand(backupVerifyCommand(io))
    .addCommand(holdCommand(io))
    .addCommand(releaseCommand(io))
    .addCommand(deleteCommand(io))
    .addCommand(backupPruneCommand(io));
}

function listCommand(io: Io): Command {
  return resultCommand("list", "List backups, newest first.")
    .argument("[source]", "only those of this source")
    .addOption(new Option("--state <state>", "only those in this state").choices([...states]))
    .option("--limit <n>", "how many", parseLimit, 100)
    .option("--marker <id>", "only those older than this one", parseId)
    .action(async (source: string | undefined, options: ListOptions) => {
      const { state, limit, marker } = options;
      const backups = await withDatabase(io, options, async (client) =>
        new BackupDao(client).getBackups({ source, state, limit, marker }),
      );
      printResult(io, options, backups, renderBackups);
    });
}

function showCommand(io: Io): Command {
  return resultCommand("show", "Show one backup.")
    .argument("<backup>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      const backup = await withDatabase(io, options, async (client) =>
        new BackupDao(client).getBackup(await new Backups(client).find(ref)),
      );
      printResult(io, options, backup, renderBackup);
    });
}

function itemsCommand(io: Io): Command {
  return resultCommand("items", "List what can be picked of a backup; files with their path.")
    .argument("<backup>", "its id or name")
    .argument("[path]", "for trees of files: what lies below this path")
    .action(async (ref: string, path: string | undefined, options: CommonOptions) => {
      const { listItems } = await import("../backup/items.ts");
      await withDatabase(io, options, async (client) => {
        const id = await new Backups(client).find(ref);
        const items = listItems(client, id, path, environmentOf(io));
        await (wantsJson(options) ? printJson(io, items) : printItems(io, items));
      });
    });
}

function holdCommand(io: Io): Command {
  return databaseCommand("hold", "Keep a backup from being deleted, until it is released.")
    .argument("<backup>", "its id or name")
    .option("--reason <text>", "why, for people who find it held")
    .action(async (ref: string, options: CommonOptions & { readonly reason?: string }) => {
      await withDatabase(io, options, async (client) => {
        const backups = new Backups(client);
        await backups.hold(await backups.find(ref), options.reason);
      });
    });
}

function releaseCommand(io: Io): Command {
  return databaseCommand("release", "Let a backup be deleted again.")
    .argument("<backup>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      await withDatabase(io, options, async (client) => {
        const backups = new Backups(client);
        await backups.release(await backups.find(ref));
      });
    });
}

function deleteCommand(io: Io): Command {
  return databaseCommand(
    "delete",
    "Delete a backup, as far as nothing else needs it; its row stays for the history.",
  )
    .argument("<backup>", "its id or name")
    .action(async (ref: string, options: CommonOptions) => {
      const { deleteBackup } = await import("../backup/delete.ts");
      const remove = async (client: Client): Promise<void> => {
        await deleteBackup(client, await new Backups(client).find(ref), environmentOf(io));
      };
      await withSignalsHeld(io, async () => withDatabase(io, untilCleanedUp(options), remove));
    });
}

function renderBackup({ copies, missing, ...backup }: BackupRow): string {
  const copiesByPlace = copies.map((copy) => [`copy at ${copy.provider}`, describeCopy(copy)]);
  return renderProperties({
    ...backup,
    missing: missing.map(({ path, reason }) => `${path}: ${reason}`),
    ...(Object.fromEntries(copiesByPlace) as Record<string, string>),
  });
}

function describeCopy(copy: BackupRow["copies"][number]): string {
  const { state, layout, recipients, proof_level, stored_bytes, last_checked_at, reason } = copy;
  return [
    `${state}, ${layout}, proof level ${proof_level}`,
    ...(recipients.length > 0 ? [`encrypted for ${recipients.length}`] : []),
    ...(stored_bytes === null ? [] : [`${formatBytes(stored_bytes)} stored`]),
    ...(last_checked_at === null ? [] : [`last checked ${formatTime(new Date(last_checked_at))}`]),
    ...(reason === null ? [] : [reason]),
  ].join(", ");
}

function renderBackups(backups: readonly BackupRow[]): string {
  if (backups.length === 0) return "There is no backup.";
  const rows = backups.map((backup) => [
    String(backup.id),
    backup.name,
    backup.type,
    backup.held_at === null ? backup.state : `${backup.state}, held`,
    String(backup.proof_level ?? "-"),
    backup.size_bytes === null ? "-" : formatBytes(backup.size_bytes),
    formatTime(backup.started_at),
    backup.copies.map(({ provider, state }) => `${provider} ${state}`).join(", "),
  ]);
  const head = ["ID", "NAME", "TYPE", "STATE", "PROOF", "SIZE", "STARTED", "COPIES"];
  return renderTable(head, rows);
}
