import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CopyReader } from "../../layouts/layout.ts";
import type { Entry } from "../../manifest/entry.ts";

/** Files of a dump that lie on disk at the same time, and the entries that read them. */
export interface DataTask {
  readonly dumpIds: readonly number[];
  readonly files: readonly Entry[];
  readonly bytes: number;
}

/** Tables up to this size share a task, and so a start of pg_restore. */
const smallBytes = 8 * 1024 * 1024;
const taskBytes = 64 * 1024 * 1024;
const taskFiles = 1000;

/** Shares out data files, the largest tables first; large objects are one task. */
export function dataTasks(files: readonly Entry[], blobs: readonly number[]): readonly DataTask[] {
  const tables = files.filter(({ path }) => /^\d+\.dat$/.test(nameOf(path)));
  const objects = files.filter(({ path }) => nameOf(path).startsWith("blob"));
  const tasks: DataTask[] = [];
  let small: Entry[] = [];
  const close = (): void => {
    if (small.length > 0) tasks.push(taskOf(small));
    small = [];
  };
  for (const table of tables.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    if (sizeOf(table) > smallBytes) {
      tasks.push(taskOf([table]));
      continue;
    }
    if (small.length >= taskFiles || total(small) + sizeOf(table) > taskBytes) close();
    small.push(table);
  }
  close();
  if (blobs.length > 0) tasks.push({ dumpIds: blobs, files: objects, bytes: total(objects) });
  return tasks.toSorted((a, b) => b.bytes - a.bytes);
}

function taskOf(tables: readonly Entry[]): DataTask {
  const dumpIds = tables.map(({ path }) => Number.parseInt(nameOf(path), 10));
  return { dumpIds, files: tables, bytes: total(tables) };
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function sizeOf(entry: Entry): number {
  return entry.content?.size ?? 0;
}

function total(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
}

/** Writes files into a folder, each compared with the manifest before anybody reads it. */
export async function stage(
  entries: readonly Entry[],
  folder: string,
  reader: CopyReader,
  signal: AbortSignal,
): Promise<void> {
  await reader.readMany(entries, async ({ path }, bytes) => {
    signal.throwIfAborted();
    await writeFile(join(folder, nameOf(path)), bytes, { mode: 0o600, flag: "wx", signal });
  });
}

export async function unstage(entries: readonly Entry[], folder: string): Promise<void> {
  for (const { path } of entries) await rm(join(folder, nameOf(path)), { force: true });
}
