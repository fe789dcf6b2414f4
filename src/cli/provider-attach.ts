import { type Command, Option } from "commander";
import type { AttachOutcome } from "../attach/attach.ts";
import type { AttachMode } from "../attach/fill-catalogue.ts";
import type { PlaceScan } from "../attach/found-copy.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { exit } from "../exit.ts";
import { formatTime, renderTable } from "../format.ts";
import { type Io, remark } from "../io.ts";
import { printResult, resultCommand } from "./command.ts";
import { environmentOf } from "./environment.ts";
import { addPlaceOptions, newProvider, type PlaceOptions } from "./place-options.ts";

interface AttachOptions extends PlaceOptions {
  readonly resume?: boolean;
  readonly fresh?: boolean;
}

const attachHelp = `
The place is read, and becomes that of this installation: another one that still uses it is refused
there from then on. Whatever its manifests claim, its backups start at proof level 1:
lastgood backup verify raises it. It is safe to repeat after it was ended.

Examples:
  lastgood provider attach vault2 --type local-fs --set path=/mnt/old --resume
  lastgood provider attach archive --type local-fs --set path=/mnt/older --fresh
`;

export function attachCommand(io: Io): Command {
  const command = resultCommand("attach", "Take over a place that has backups already.").argument(
    "<name>",
    "what to call it",
  );
  return addPlaceOptions(command)
    .addOption(
      new Option("--resume", "sources go on from their latest backup there").conflicts("fresh"),
    )
    .option("--fresh", "sources start anew; what is there can be restored")
    .addHelpText("after", attachHelp)
    .action(async (name: string, options: AttachOptions) => attach(io, name, options));
}

async function attach(io: Io, name: string, options: AttachOptions): Promise<void> {
  const given = modeOf(options);
  if (given === undefined && !io.isTerminal) {
    throw new UsageError("say how to go on: --resume or --fresh", {
      hint: "--resume goes on from the latest backup of each source there, --fresh starts anew beside it.",
    });
  }
  const { attachProvider } = await import("../attach/attach.ts");
  const outcome = await withDatabase(io, options, async (client) =>
    attachProvider(
      client,
      newProvider(name, options),
      async (found) => given ?? (await askMode(io, found)),
      environmentOf(io),
    ),
  );
  printResult(io, options, outcome, renderOutcome);
  for (const { backup, state, reason } of outcome.damaged) {
    remark(io, `lastgood: backup "${backup}" is ${state.toLowerCase()}: ${reason}`);
  }
  for (const { key, reason } of outcome.unreadable) {
    remark(io, `lastgood: ${key} was left out: ${reason}`);
  }
  if (outcome.unreadable.length > 0) {
    remark(io, `lastgood: what these may need stays there: lastgood provider check ${name}`);
  }
  for (const { backup, was } of outcome.revived) {
    remark(io, `lastgood: backup "${backup}" was ${was} here, lies there, and is back`);
  }
  if (outcome.damaged.length + outcome.unreadable.length > 0) io.setExitStatus(exit.failed);
}

function modeOf({ resume, fresh }: AttachOptions): AttachMode | undefined {
  if (resume) return "resume";
  return fresh ? "fresh" : undefined;
}

async function askMode(io: Io, found: PlaceScan): Promise<AttachMode> {
  const { askOnTerminal } = await import("./attach-prompt.ts");
  return await askOnTerminal(io, found);
}

function renderOutcome({ provider, mode, sources, needs }: AttachOutcome): string {
  const end =
    mode === "resume"
      ? `Provider ${provider} is attached; its sources go on from their latest backup.`
      : `Provider ${provider} is attached; its backups can be restored, and sources start anew.`;
  if (sources.length === 0) return `There was no backup.\n${end}`;
  const rows = sources.map((source) => [
    source.source,
    source.type,
    source.fqdn,
    source.scope,
    String(source.backups),
    String(source.complete),
    source.newest ?? "-",
    source.newest_at === null ? "-" : formatTime(new Date(source.newest_at)),
  ]);
  const head = ["SOURCE", "TYPE", "SYSTEM", "SCOPE", "BACKUPS", "COMPLETE", "NEWEST", "STARTED"];
  const remarks = [...sources.flatMap(renderSettings), ...needs.map(renderNeed), end];
  return `${renderTable(head, rows)}\n${remarks.join("\n")}`;
}

/** Others may have written them: a person should see where backups are taken from. */
function renderSettings({ source, settings }: AttachOutcome["sources"][number]): readonly string[] {
  const given = Object.entries(settings ?? {}).map(([key, value]) => `${key}=${textOf(value)}`);
  return given.length === 0 ? [] : [`Source ${source} goes on with ${given.join(", ")}`];
}

function renderNeed(secret: string): string {
  return `${secret} has to be here, too, before backups are made.`;
}

/** What a terminal would take for more than text is shown as JSON has it. */
function textOf(value: unknown): string {
  return typeof value === "string" && !/\p{C}/u.test(value) ? value : JSON.stringify(value);
}
