import { CorruptError } from "../../layouts/errors.ts";
import type { Content, Entry } from "../../manifest/entry.ts";
import type { DataOf, GraphEntry } from "./graph.ts";
import { dotted } from "./names.ts";

/** A table and the entry of the backup with its rows. */
export interface TableFile {
  readonly entry: Entry;
  readonly content: Content;
  readonly table: DataOf;
}

/** Tables that one connection takes after each other, read together. */
export type LoadTask = readonly TableFile[];

/** Tables up to this size are read together: they share frames of the copy. */
const smallBytes = 1024 * 1024;
const taskBytes = 32 * 1024 * 1024;
const taskFiles = 500;

/**
 * Pairs the data of a selection with its files, and shares it out, the largest tables first.
 *
 * @throws CorruptError where a table has no file: it would come without its rows
 */
export function loadTasks(
  files: readonly Entry[],
  entries: readonly GraphEntry[],
): readonly LoadTask[] {
  const tables = new Map(entries.map(({ dumpId, data }) => [dumpId, data]));
  const found = files.flatMap((entry): TableFile[] => {
    const table = tables.get(Number.parseInt(nameOf(entry.path), 10));
    return table === undefined || entry.content === undefined
      ? []
      : [{ entry, content: entry.content, table }];
  });
  const paired = new Set(found.map(({ table }) => table));
  const bare = entries.find(({ data }) => data !== undefined && !paired.has(data))?.data;
  if (bare !== undefined) {
    throw new CorruptError(`the rows of ${dotted(bare.schema, bare.name)} are not in the backup`);
  }
  const [large, small] = [
    found.filter(({ content }) => content.size > smallBytes),
    found.filter(({ content }) => content.size <= smallBytes),
  ];
  const tasks: TableFile[][] = large.map((file) => [file]);
  let bytes = Number.POSITIVE_INFINITY;
  for (const file of small) {
    bytes += file.content.size;
    const last = tasks.at(-1);
    if (last === undefined || bytes > taskBytes || last.length >= taskFiles) {
      tasks.push([file]);
      bytes = file.content.size;
    } else {
      last.push(file);
    }
  }
  return tasks.toSorted((a, b) => sizeOf(b) - sizeOf(a));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function sizeOf(task: LoadTask): number {
  return task.reduce((sum, { content }) => sum + content.size, 0);
}
