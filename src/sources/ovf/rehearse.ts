import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findingOf } from "../../layouts/finding.ts";
import type { CopyReader, Finding } from "../../layouts/layout.ts";
import type { Item } from "../../manifest/entry.ts";
import { removeFolder } from "../files/remove-folder.ts";
import type { RunContext } from "../source.ts";
import { BadDocument } from "./bad-document.ts";
import { decodeOvf } from "./decode.ts";
import { parseDocument } from "./document.ts";
import { restoreMachines } from "./restore/restore-machines.ts";

/** Both ways in which machines are restored: as copies of their own, and as they were. */
const ways: readonly Readonly<Record<string, boolean>>[] = [
  {},
  { register: true, "reassign-bad-macs": true },
];

/** Restores every machine in both ways into the scratch folder, and reads what is there then. */
export async function rehearseOvf(
  reader: CopyReader,
  context: RunContext,
): Promise<readonly Finding[]> {
  const findings = [...(await decodeOvf(reader, context))];
  if (findings.length > 0) return findings;
  const { items } = await reader.readBody();
  for (const options of ways) {
    for (const round of roundsOf(items)) {
      findings.push(...(await rehearseRound({ reader, items: round, options, context })));
    }
  }
  return findings;
}

interface Round {
  readonly reader: CopyReader;
  readonly items: readonly Item[];
  readonly options: Readonly<Record<string, boolean>>;
  readonly context: RunContext;
}

async function rehearseRound({
  reader,
  items,
  options,
  context,
}: Round): Promise<readonly Finding[]> {
  const target = join(context.scratchFolder, "rehearsal");
  const { name } = reader.head.backup;
  try {
    await restoreMachines({
      reader,
      picked: { items },
      target,
      options,
      context,
      replace: false,
      dryRun: false,
    });
    const files = await readdir(target);
    if (files.length !== items.length) {
      const reason = `a restore wrote ${files.length} documents of ${items.length}`;
      return [{ result: "corrupt", what: name, reason }];
    }
    return await read(target, files, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    return [findingOf(name, error)];
  } finally {
    await removeFolder(target);
  }
}

async function read(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    try {
      parseDocument(await readFile(join(folder, file)));
    } catch (error) {
      if (!(error instanceof BadDocument)) throw error;
      findings.push({ result: "corrupt", what: file, reason: `restored, ${error.message}` });
    }
  }
  return findings;
}

/** Machines with one name are not restored together: each of them has a round of its own. */
function roundsOf(items: readonly Item[]): readonly (readonly Item[])[] {
  const rounds: Item[][] = [];
  const seen = new Map<string, number>();
  for (const item of items) {
    const { group, name = item.name } = item.details ?? {};
    const key = [item.kind, String(group), String(name)].join("\n");
    const round = seen.get(key) ?? 0;
    seen.set(key, round + 1);
    (rounds[round] ??= []).push(item);
  }
  return rounds;
}
