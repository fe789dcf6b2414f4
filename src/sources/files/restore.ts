import { showPath, latin1Of } from "../../byte-path.ts";
import { UsageError } from "../../errors.ts";
import { formatBytes, formatCount } from "../../format.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { Entry } from "../../manifest/entry.ts";
import { tryRun } from "../../server/run.ts";
import type { RestoreOptions, RestoreReport, RunContext } from "../source.ts";
import { NodeWriter } from "./node-writer.ts";
import { PickedList } from "./picked-list.ts";
import { readBack } from "./read-back.ts";
import { removeFolder } from "./remove-folder.ts";
import { checkSpace, findPlace, makeAside, type RestorePlace, swapIn } from "./restore-place.ts";
import { planRestore, type RestorePlan } from "./restore-plan.ts";
import { Rights } from "./rights.ts";
import { findGnuTar } from "./tar.ts";
import { TarWriter } from "./tar-writer.ts";
import type { TreeWriter } from "./tree-writer.ts";
import { writeTree } from "./write-tree.ts";

const outsideLinks = "allow-outside-links";

/** Restores files into a new folder, whole or not at all; see {@link SourceType.restore}. */
export async function restoreFiles(options: RestoreOptions<unknown>): Promise<RestoreReport> {
  const { reader, picked, context } = options;
  checkOptions(options.options);
  const place = await findPlace(options.target, options.replace);
  const list = new PickedList(reader, picked);
  const mayLeadOut = isOn(options.options[outsideLinks]);
  const plan = await planRestore(() => list.entries(), { mayLeadOut });
  if (plan.entries === 0) {
    throw new UsageError("nothing was picked", {
      hint: "lastgood backup items lists what there is.",
    });
  }
  await checkSpace(place, { bytes: plan.space, inodes: plan.entries });
  const actions = actionsOf(plan, place, options.dryRun);
  if (options.dryRun) return { actions, bytes: plan.bytes, warnings: [] };
  const aside = await makeAside(place);
  try {
    const onBytes = options.onProgress ?? ((): void => undefined);
    const warnings = await makeTree({ reader, list, folder: aside, context, onBytes });
    await readBack(latin1Of(aside), list.entries(), context.signal);
    if (place.found === "folder") await makeDurable(aside, context);
    context.signal.throwIfAborted();
    const kept = await swapIn(place, aside);
    if (kept !== undefined) actions.push(`kept what was there as ${kept}`);
    return { actions, bytes: plan.bytes, warnings };
  } catch (error) {
    await removeFolder(aside);
    throw error;
  }
}

export interface TreeRequest {
  readonly reader: Pick<CopyReader, "open" | "readMany">;
  readonly list: PickedList;
  readonly folder: string;
  readonly context: RunContext;
  readonly onBytes: (bytes: number) => void;
}

/** Makes a tree in a new folder; returns what people should know. */
export async function makeTree(request: TreeRequest): Promise<readonly string[]> {
  const { reader, list, folder, context, onBytes } = request;
  const { signal } = context;
  const rights = Rights.ofThisProcess();
  const writer = await startWriter(folder, context, rights);
  try {
    await writeTree(reader, adapted(list.entries(), rights), writer, (bytes) => {
      signal.throwIfAborted();
      onBytes(bytes);
    });
    return [...rights.warnings(), ...(await writer.finish())];
  } catch (error) {
    await writer.abort();
    // What an end by signal broke is not what went wrong.
    signal.throwIfAborted();
    throw error;
  }
}

async function startWriter(
  folder: string,
  { env, signal }: RunContext,
  { setsOwners }: Rights,
): Promise<TreeWriter> {
  const tar = await findGnuTar(env);
  return tar === undefined
    ? new NodeWriter({ folder: latin1Of(folder), setsOwners })
    : await TarWriter.start(tar, { env, signal, folder }, { setsOwners });
}

async function* adapted(entries: AsyncIterable<Entry>, rights: Rights): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    const own = rights.adapt(entry);
    if (own !== undefined) yield own;
  }
}

/** The old tree steps aside for this one: a crash must find it whole. */
async function makeDurable(folder: string, { env }: RunContext): Promise<void> {
  await tryRun("sync", ["--file-system", folder], { env });
}

function checkOptions(options: Readonly<Record<string, string | boolean>>): void {
  const unknown = Object.keys(options).find((name) => name !== outsideLinks);
  if (unknown === undefined) return;
  throw new UsageError(`files are restored without an option "${unknown}"`, {
    hint: `The one option is ${outsideLinks}.`,
  });
}

function isOn(option: string | boolean | undefined): boolean {
  return option === true || option === "true";
}

function actionsOf(plan: RestorePlan, { target, found }: RestorePlace, isDry: boolean): string[] {
  const counts = [
    formatCount(plan.files, "file"),
    formatCount(plan.folders, "folder"),
    ...(plan.links > 0 ? [formatCount(plan.links, "symbolic link")] : []),
    ...(plan.others > 0 ? [`${plan.others} FIFOs and devices`] : []),
  ];
  const verb = isDry ? "would restore" : "restored";
  const actions = [
    `${verb} ${counts.join(", ")} (${formatBytes(plan.bytes)}) to ${showPath(latin1Of(target))}`,
  ];
  if (!isDry) return actions;
  if (found === "folder") actions.push(`would keep what is there now as ${target}.before-<time>`);
  const more = plan.entries - plan.first.length;
  return [...actions, ...plan.first, ...(more > 0 ? [`and ${more} more`] : [])];
}
