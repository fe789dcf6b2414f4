import { idIn } from "../../../ovf-store/read.ts";
import { UsageError } from "../../../errors.ts";
import type { CopyReader } from "../../../layouts/layout.ts";
import type { Entry, Item, ManifestBody } from "../../../manifest/entry.ts";
import type { Picked } from "../../source.ts";
import { BadDocument } from "../bad-document.ts";
import { decodeXml } from "../decode-xml.ts";
import { parseDocument } from "../document.ts";
import type { Problem } from "./judge.ts";
import type { PickedMachine } from "./machine-copy.ts";
import { factsOf } from "./machine-facts.ts";

/** A machine whose document was read. */
export interface OpenedMachine extends PickedMachine {
  readonly entry: Entry;
}

/** What is asked for, before its document was read. */
export interface WantedMachine {
  readonly item: Item;
  readonly path: string;
  readonly copies: number;
}

export interface ReadMachines {
  readonly machines: readonly OpenedMachine[];
  readonly problems: readonly Problem[];
}

/** Above so many it is quicker to go through the whole list than to look each up. */
const fewEnough = 16;

/** What is picked; without a pick all that the copy has. @throws UsageError */
export async function wantedMachines(
  reader: CopyReader,
  picked: Picked,
): Promise<{ readonly wanted: readonly WantedMachine[]; readonly warnings: readonly string[] }> {
  if (picked.paths !== undefined || picked.entries !== undefined) {
    throw new UsageError("machines are picked by their names or ids", {
      hint: "lastgood backup items lists what the backup has.",
    });
  }
  const all = picked.items.length > 0 ? undefined : await reader.readBody();
  const items = all?.items ?? picked.items;
  if (items.length === 0) throw new UsageError("the backup has no machine to restore");
  const wanted = items.map((item) => ({
    item,
    path: textOf(item.details?.["path"]) ?? "",
    copies: picked.copies?.get(item) ?? 1,
  }));
  return { wanted, warnings: all === undefined ? [] : lacking(reader, all) };
}

/** What all that a copy has is not all of. */
function lacking(
  { head: { group } }: CopyReader,
  { groups = [], missing }: ManifestBody,
): string[] {
  const others = groups.filter((each) => each !== group).map((each) => `"${each}"`);
  return [
    ...(group !== undefined && others.length > 0
      ? [`this copy has the machines of group "${group}" alone, not those of ${others.join(", ")}`]
      : []),
    ...missing.map(({ path, reason }) => `the backup lacks ${path}: ${reason}`),
  ];
}

/** Reads the documents of all of them, and of no others. */
export async function readMachines(
  reader: CopyReader,
  wanted: readonly WantedMachine[],
  signal: AbortSignal,
): Promise<ReadMachines> {
  const machines = new Map<WantedMachine, OpenedMachine>();
  const problems = new Map<WantedMachine, string>();
  const byPath = new Map(wanted.map((each) => [each.path, each]));
  const entries = await entriesOf(reader, byPath);
  await reader.readMany(entries, async (entry, bytes) => {
    signal.throwIfAborted();
    const each = byPath.get(entry.path);
    if (each === undefined) return;
    try {
      machines.set(each, openMachine(each, entry, await collect(bytes)));
    } catch (error) {
      problems.set(each, problemOf(error));
    }
  });
  return {
    machines: wanted.flatMap((each) => machines.get(each) ?? []),
    problems: wanted.flatMap((each) => {
      if (machines.has(each)) return [];
      const problem = problems.get(each) ?? "There is no OVF for the specific entity.";
      return [{ text: `${each.item.name}: ${problem}` }];
    }),
  };
}

async function entriesOf(
  reader: CopyReader,
  wanted: ReadonlyMap<string, WantedMachine>,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  if (wanted.size > fewEnough) {
    for await (const entry of reader.entries()) if (wanted.has(entry.path)) entries.push(entry);
    return entries;
  }
  for (const path of wanted.keys()) {
    const entry = await reader.find(path);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function openMachine(wanted: WantedMachine, entry: Entry, bytes: Uint8Array): OpenedMachine {
  const { id: documentId, kind, name } = parseDocument(bytes);
  const { copies, item } = wanted;
  const { id, group } = item.details ?? {};
  return {
    // A file is named after it: no manifest may choose any other name.
    id: idIn(textOf(id)) ?? documentId,
    documentId,
    kind,
    name,
    group: textOf(group) ?? "",
    copies,
    facts: factsOf(decodeXml(bytes)),
    entry,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** @throws the error itself where it is not about the document */
function problemOf(error: unknown): string {
  if (!(error instanceof BadDocument || error instanceof SyntaxError)) throw error;
  return `The OVF configuration could not be parsed. (${error.message})`;
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
