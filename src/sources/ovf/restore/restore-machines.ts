import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProgramError, UsageError } from "../../../errors.ts";
import { removeFolder } from "../../files/remove-folder.ts";
import { checkSpace, findPlace, makeAside, swapIn } from "../../files/restore-place.ts";
import type { RestoreOptions, RestoreReport } from "../../source.ts";
import { parseDocument } from "../document.ts";
import { rewriteBytes } from "./document-text.ts";
import { randomSupply, type Supply } from "./fresh.ts";
import { readInventory } from "./inventory.ts";
import type { Problem } from "./judge.ts";
import { type Plan, planMachines, type PlannedCopy } from "./plan.ts";
import { collect, type OpenedMachine, readMachines, wantedMachines } from "./read-machines.ts";
import { readChoices } from "./choices.ts";

/** Writes the documents of machines to a new folder, whole or not at all; see {@link SourceType.restore}. */
export async function restoreMachines(
  options: RestoreOptions<unknown>,
  supply: Supply = randomSupply,
): Promise<RestoreReport> {
  const { reader, picked, context } = options;
  const choices = readChoices(options.options);
  const place = await findPlace(options.target, options.replace);
  const inventory =
    choices.inventory === undefined ? undefined : await readInventory(choices.inventory);
  const { wanted, warnings } = await wantedMachines(reader, picked);
  refuseSeveral(wanted, choices.register);
  const { machines, problems } = await readMachines(reader, wanted, context.signal);
  const plan = planMachines(machines, { choices, inventory, supply });
  refuse([...problems, ...plan.problems]);
  const size = sizeOf(plan);
  await checkSpace(place, { bytes: size, inodes: plan.copies.length });
  const report = { actions: plan.actions, warnings: [...warnings, ...plan.warnings] };
  if (options.dryRun) return { ...report, bytes: await writeCopies(options, plan, undefined) };
  const aside = await makeAside(place);
  try {
    const bytes = await writeCopies(options, plan, aside);
    context.signal.throwIfAborted();
    const kept = await swapIn(place, aside);
    const actions =
      kept === undefined ? plan.actions : [...plan.actions, `kept what was there as ${kept}`];
    return { ...report, actions, bytes };
  } catch (error) {
    await removeFolder(aside);
    throw error;
  }
}

function refuseSeveral(
  wanted: readonly { readonly item: { readonly name: string }; readonly copies: number }[],
  register: boolean,
): void {
  const several = wanted.find(({ copies }) => copies > 1);
  if (!register || several === undefined) return;
  throw new UsageError(`${several.item.name} cannot be registered more than once`, {
    hint: "Registered machines keep their ids. Leave out --register: each copy then has its own.",
  });
}

/** @throws UsageError with all that is wrong: nothing was written */
function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const texts = problems.map(({ text }) => text).join("\n");
  const hints = new Set(problems.flatMap(({ hint }) => hint ?? []));
  throw new UsageError(problems.length === 1 ? first.text : `nothing was restored:\n${texts}`, {
    hint: ["Nothing was written.", ...hints].join(" "),
  });
}

/** About as much as will be written: new ids are as long as the old ones. */
function sizeOf({ copies }: Plan<OpenedMachine>): number {
  return copies.reduce((sum, { machine: { entry } }) => sum + (entry.content?.size ?? 0), 0);
}

/** Writes all into a folder, or where there is none only finds that it could; returns how many bytes. */
async function writeCopies(
  { reader, context, onProgress }: RestoreOptions<unknown>,
  { copies }: Plan<OpenedMachine>,
  folder: string | undefined,
): Promise<number> {
  const ofEntries = Map.groupBy(copies, ({ machine }) => machine.entry);
  let written = 0;
  await reader.readMany(ofEntries.keys(), async (entry, bytes) => {
    context.signal.throwIfAborted();
    const document = await collect(bytes);
    for (const copy of ofEntries.get(entry) ?? []) {
      const rewritten = makeCopy(copy, document);
      if (folder !== undefined) {
        await writeFile(join(folder, `${copy.id}.ovf`), rewritten, { mode: 0o600, flag: "wx" });
      }
      written += rewritten.length;
      onProgress?.(rewritten.length);
    }
  });
  return written;
}

/** @throws ProgramError where the copy is not what it is to be: it must not come into the world */
function makeCopy(
  { name, documentId, changes, machine }: PlannedCopy<OpenedMachine>,
  document: Uint8Array,
): Uint8Array {
  const copy = rewriteBytes(document, changes);
  const read = parseDocument(copy);
  if (read.id === documentId && read.name === name.trim() && read.kind === machine.kind)
    return copy;
  throw new ProgramError(
    `${machine.name} cannot be restored as ${name} with the id ${documentId}`,
    {
      hint: "Its document is built in a way that is not known. Restore it with --register.",
    },
  );
}
