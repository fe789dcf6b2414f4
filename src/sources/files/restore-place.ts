import { hash, randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { lstat, mkdir, readdir, realpath, rename, statfs } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { isSameProcess, processIdentity } from "../../server/process.ts";
import { codeOf } from "./code-of.ts";
import { removeFolder } from "./remove-folder.ts";

/** Where a restore goes; nothing was made there yet. */
export interface RestorePlace {
  readonly target: string;
  /** What is there now. */
  readonly found: "nothing" | "empty folder" | "folder";
}

/** @throws UsageError where it must not go there */
export async function findPlace(target: string, replace: boolean): Promise<RestorePlace> {
  if (/^(?:secret:|[a-z][a-z0-9+.-]*:\/\/)/i.test(target) || target.includes("\0")) {
    throw new UsageError("files are restored to a folder", {
      hint: "Give the path of a new or empty folder with --to.",
    });
  }
  const path = join(await realFolder(dirname(resolve(target))), basename(resolve(target)));
  const stat = await statOf(path);
  if (stat === undefined) return { target: path, found: "nothing" };
  if (!stat.isDirectory()) {
    throw new UsageError(`${path} is there and is no folder`, {
      hint: "Restore to a new or empty folder.",
    });
  }
  const isEmpty = (await readdir(path)).length === 0;
  const parent = await lstat(dirname(path), { bigint: true });
  if (parent.dev !== stat.dev) {
    throw new UsageError(`${path} is the top of a file system of its own`, {
      hint: "A restore is made aside and moved there when it is whole: name a folder below it.",
    });
  }
  if (isEmpty) return { target: path, found: "empty folder" };
  if (replace) return { target: path, found: "folder" };
  throw new UsageError(`${path} is not empty`, {
    hint: "Restore to a new or empty folder, or give --replace: the old one is then kept beside it.",
  });
}

/** The real path of a folder; of one that is to be made, as far as there is one. */
async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return join(await realFolder(dirname(path)), basename(path));
  }
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** @throws UsageError where the file system has no room for so much */
export async function checkSpace(
  place: RestorePlace,
  need: { readonly bytes: number; readonly inodes: number },
): Promise<void> {
  const at = await existingFolder(dirname(place.target));
  const { bavail, bsize, files, ffree } = await statfs(at);
  if (bavail * bsize < need.bytes) {
    throw new UsageError(`${at} has room for ${bavail * bsize} bytes, ${need.bytes} are needed`, {
      hint: "Make room there, pick less, or restore to another place.",
    });
  }
  if (files > 0 && ffree < need.inodes) {
    throw new UsageError(`${at} has room for ${ffree} files, ${need.inodes} are needed`, {
      hint: "Make room there, pick less, or restore to another place.",
    });
  }
}

async function existingFolder(path: string): Promise<string> {
  return (await statOf(path)) === undefined ? await existingFolder(dirname(path)) : path;
}

/** Makes a new folder beside the target, for the tree until it is whole. */
export async function makeAside({ target }: RestorePlace): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  await removeDead(target);
  const self = await processIdentity(process.pid);
  const aside = `${target}.lastgood-${host()}-${self}-${randomBytes(4).toString("hex")}`;
  await mkdir(aside, { mode: 0o700 });
  return aside;
}

/** What restores to the same place that were killed have left. */
async function removeDead(target: string): Promise<void> {
  const prefix = `${basename(target)}.lastgood-${host()}-`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix)) continue;
    const identity = /^(\d+(?:\.\d+)?)-[0-9a-f]{8}$/.exec(name.slice(prefix.length))?.[1];
    if (identity === undefined || (await isSameProcess(identity))) continue;
    await removeFolder(join(dirname(target), name));
  }
}

/**
 * Puts the whole tree where it belongs. Returns where the old one is kept, if there was one.
 *
 * @throws UsageError where something came there meanwhile
 */
export async function swapIn(
  { target, found }: RestorePlace,
  aside: string,
): Promise<string | undefined> {
  const kept = found === "folder" ? await freeName(target) : undefined;
  if (kept !== undefined) await rename(target, kept);
  try {
    // Over an empty folder this is one step; over anything else it fails.
    await rename(aside, target);
    return kept;
  } catch (error) {
    if (kept !== undefined) await rename(kept, target);
    throw new UsageError(`${target} could not be put in place (${codeOf(error)})`, {
      hint: "Something was made there meanwhile. Nothing was changed; restore again.",
      cause: error,
    });
  }
}

async function freeName(target: string): Promise<string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const name = `${target}.before-${time}`;
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if ((await statOf(candidate)) === undefined) return candidate;
  }
}

/** Only those of this machine can be asked whether they still run. */
function host(): string {
  return hash("sha256", hostname(), "hex").slice(0, 8);
}
