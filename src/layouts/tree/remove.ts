import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { codeOf, placeError } from "../../providers/local-fs/trouble.ts";
import { bytesOf, throwAway, TreeFolders, unlinkBelow } from "./folders.ts";
import { Turns } from "../../turns.ts";

/**
 * Removes the tree of a backup, also one that was not written to its end, and what earlier deletions
 * left. Safe to repeat, and to be killed anywhere. Contents stay until {@link removeUnused}.
 */
export async function removeTree(folder: string, backup: string): Promise<void> {
  const folders = new TreeFolders(folder);
  try {
    throwAway(folders, folders.tree(backup));
    throwAway(folders, folders.incomplete(backup));
    await unlinkBelow(folders.trash);
  } catch (error) {
    throw placeError(error, `the tree of ${backup} could not be removed`);
  }
}

/** The backups of which there is a tree, also of those that were not written to their end. */
export function treesIn(folder: string): readonly string[] {
  const folders = new TreeFolders(folder);
  const begun = pathsIn(`${folders.folder}/.incomplete`).map(nameOf);
  return [
    ...pathsIn(`${folders.folder}/trees`).map(nameOf),
    ...begun.flatMap((name) => (name.startsWith("tree-") ? [name.slice("tree-".length)] : [])),
  ];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What was removed from the pool. */
export interface RemovedContents {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Removes contents that no tree links to. A backup that runs meanwhile holds a link of its own to all
 * that it relies on, so nothing it needs can go.
 */
export async function removeUnused(folder: string): Promise<RemovedContents> {
  const { contents } = new TreeFolders(folder);
  const turns = new Turns();
  let [files, bytes] = [0, 0];
  for (const path of pathsIn(contents)) {
    for (const content of pathsIn(path)) {
      if (turns.isOver) await turns.pass();
      const size = removeIfUnused(content);
      if (size === undefined) continue;
      files += 1;
      bytes += size;
    }
  }
  return { files, bytes };
}

function removeIfUnused(path: string): number | undefined {
  try {
    const { nlink, size } = lstatSync(bytesOf(path));
    if (nlink > 1) return undefined;
    unlinkSync(bytesOf(path));
    return size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw placeError(error, `${path} could not be removed`);
  }
}

function pathsIn(path: string): readonly string[] {
  try {
    return readdirSync(bytesOf(path), "latin1").map((name) => `${path}/${name}`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw placeError(error, `${path} could not be listed`);
  }
}
