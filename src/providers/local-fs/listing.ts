import type { Dirent } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isKey } from "../key.ts";
import type { StoredObject } from "../provider.ts";
import { refuseLinks } from "./folders.ts";
import { markerName } from "../marker.ts";
import { attempt, codeOf } from "./trouble.ts";

/** Names of objects that are being written; keys have no plus, so theirs can be read back. */
const partial = /^(?<name>[^/]+)\.[0-9a-f]{16}\.part$/;

/** Files that are looked at at once: on a network each takes a round trip. */
const lookedAtOnce = 16;

/** The name under which an object is written aside. */
export function partialName(key: string, random: string): string {
  return `${key.replaceAll("/", "+")}.${random}.part`;
}

/** Removes objects that were not written to their end; returns how many. */
export async function removePartials(aside: string, prefix: string): Promise<number> {
  const entries = await entriesOf(aside);
  const names = entries.flatMap((entry) => (isPartialOf(entry, prefix) ? [entry.name] : []));
  for (const name of names) await rm(join(aside, name), { force: true });
  return names.length;
}

/** The objects below a root whose keys start so; links and what has no name of a key are passed over. */
export async function* listObjects(
  root: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<StoredObject> {
  for await (const keys of keysOf(root, prefix)) {
    for (let at = 0; at < keys.length; at += lookedAtOnce) {
      signal.throwIfAborted();
      const some = keys.slice(at, at + lookedAtOnce);
      for (const object of await Promise.all(some.map((key) => lookAt(root, key)))) {
        if (object !== undefined) yield object;
      }
    }
  }
}

/** Undefined where it went away meanwhile. */
async function lookAt(root: string, key: string): Promise<StoredObject | undefined> {
  return await attempt(`${key} could not be listed`, async () => {
    const found = await lstat(join(root, key)).catch(noneIfAbsent);
    return found === undefined ? undefined : { key, size: found.size };
  });
}

/** By folder. */
async function* keysOf(root: string, prefix: string): AsyncGenerator<readonly string[]> {
  const end = prefix.lastIndexOf("/");
  const folders = [end < 0 ? "" : prefix.slice(0, end)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const path = join(root, folder);
    const entries = await attempt(`${path} could not be listed`, () => entriesOf(path));
    const start = folder === "" ? "" : `${folder}/`;
    const keys: string[] = [];
    for (const entry of entries.filter(({ name }) => isListed(start + name))) {
      const key = start + entry.name;
      if (entry.isDirectory() && mayHold(key, prefix)) folders.push(key);
      if (entry.isFile() && key.startsWith(prefix)) keys.push(key);
    }
    yield keys;
  }
}

function isListed(key: string): boolean {
  return isKey(key) && key !== markerName;
}

function mayHold(folder: string, prefix: string): boolean {
  return `${folder}/`.startsWith(prefix.slice(0, folder.length + 1));
}

/** None where there is no such folder. */
async function entriesOf(path: string): Promise<Dirent[]> {
  const isThere = (await lstat(path).catch(noneIfAbsent)) !== undefined;
  if (!isThere) return [];
  await refuseLinks(path);
  return (await readdir(path, { withFileTypes: true }).catch(noneIfAbsent)) ?? [];
}

function isPartialOf(entry: Dirent, prefix: string): boolean {
  const key = partial.exec(entry.name)?.groups?.["name"]?.replaceAll("+", "/");
  return entry.isFile() && key !== undefined && isKey(key) && key.startsWith(prefix);
}

export function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(error));
}

function noneIfAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
