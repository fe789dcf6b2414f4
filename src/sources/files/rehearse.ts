import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findingOf } from "../../layouts/finding.ts";
import type { CopyReader, Finding } from "../../layouts/layout.ts";
import type { RunContext } from "../source.ts";
import { compareTree } from "./compare-tree.ts";
import { PickedList } from "./picked-list.ts";
import { removeFolder } from "./remove-folder.ts";
import { makeTree } from "./restore.ts";
import { planRestore } from "./restore-plan.ts";

/** Restores everything into the scratch folder, compares contents and metadata, and removes it. */
export async function rehearseFiles(
  reader: CopyReader,
  context: RunContext,
): Promise<readonly Finding[]> {
  const folder = join(context.scratchFolder, "rehearsal");
  const list = new PickedList(reader, { items: [] });
  try {
    await planRestore(() => list.entries(), { mayLeadOut: true });
    await mkdir(folder, { mode: 0o700 });
    await makeTree({ reader, list, folder, context, onBytes: () => undefined });
    return await compareTree(folder, list.entries(), context);
  } catch (error) {
    context.signal.throwIfAborted();
    return [findingOf(reader.head.backup.name, error)];
  } finally {
    await removeFolder(folder);
  }
}
