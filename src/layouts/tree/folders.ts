import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { latin1Of } from "../../byte-path.ts";
import { UsageError } from "../../errors.ts";
import { codeOf, placeError } from "../../providers/local-fs/trouble.ts";
import { Turns } from "../../turns.ts";
import type { Provider } from "../../providers/provider.ts";

/*
 * <folder>/contents/<aa>/<sha256>     the pool: each content once, mode 0400
 * <folder>/trees/<backup>/<path>      links to the pool; folders and symbolic links as they were
 * <folder>/.incomplete/tree-<backup>  a tree that is being written
 * <folder>/.trash/<backup>-<random>   a tree that is being deleted
 *
 * Metadata lies in the manifest alone: an inode of the pool belongs to many backups.
 */

/** Paths have one character a byte; see src/byte-path.ts. */
export class TreeFolders {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = latin1Of(folder);
  }

  content(sha256: string): string {
    return `${this.folder}/contents/${sha256.slice(0, 2)}/${sha256}`;
  }

  get contents(): string {
    return `${this.folder}/contents`;
  }

  tree(backup: string): string {
    return `${this.folder}/trees/${backup}`;
  }

  incomplete(backup: string): string {
    return `${this.folder}/.incomplete/tree-${backup}`;
  }

  get trash(): string {
    return `${this.folder}/.trash`;
  }
}

/** @throws UsageError where the place has no folders */
export function foldersOf(provider: Provider): TreeFolders {
  if (provider.folder !== undefined) return new TreeFolders(provider.folder);
  throw new UsageError("layout tree needs a provider that is a folder", {
    hint: "Use layout pack, or a provider of type local-fs.",
  });
}

/** Whether the tree of a backup is there; what is in it is not looked at. */
export function hasTree(provider: Provider, backup: string): boolean {
  const tree = foldersOf(provider).tree(backup);
  return (
    tryHere(`${tree} could not be looked at`, () =>
      statSync(bytesOf(tree), { throwIfNoEntry: false }),
    )?.isDirectory() === true
  );
}

export function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

/** Does something on the file system; its errors are those of the place. */
export function tryHere<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw placeError(error, what);
  }
}

/** Makes a folder, and those above it, for its owner alone. */
export function makeFolder(path: string): void {
  mkdirSync(bytesOf(path), { recursive: true, mode: 0o700 });
}

/** Moves a tree, or a folder that is being written, to the trash. Nothing there is no error. */
export function throwAway(folders: TreeFolders, path: string): void {
  makeFolder(folders.trash);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const target = `${folders.trash}/${name}-${randomBytes(6).toString("hex")}`;
  try {
    renameSync(bytesOf(path), bytesOf(target));
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Unlinks everything below a folder, and the folder; never changes a mode, which others share. */
export async function unlinkAll(path: string, turns: Turns = new Turns()): Promise<void> {
  await unlinkBelow(path, turns);
  orNothing(() => rmdirSync(bytesOf(path)));
}

export async function unlinkBelow(path: string, turns: Turns = new Turns()): Promise<void> {
  const entries = orNothing(() =>
    readdirSync(bytesOf(path), { withFileTypes: true, encoding: "latin1" }),
  );
  for (const entry of entries ?? []) {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory()) await unlinkAll(below, turns);
    else orNothing(() => unlinkSync(bytesOf(below)));
    if (turns.isOver) await turns.pass();
  }
}

/** Another process may be removing the same. */
function orNothing<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return undefined;
  }
}
