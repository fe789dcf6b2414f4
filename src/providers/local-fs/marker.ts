import { randomBytes } from "node:crypto";
import { link, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markerName, markerText, parseMarker, refuseOthers } from "../marker.ts";
import { PlaceError, type Ownership } from "../provider.ts";
import { attempt, codeOf } from "./trouble.ts";

/** What a marker is called while it is replaced. No key starts with a dot. */
export const outgoingStart: string = `.${markerName}.`;

/** Whose folder it is; undefined where it has no marker. @throws PlaceError for one of a later version */
export async function readMarker(folder: string): Promise<Ownership | undefined> {
  const path = join(folder, markerName);
  const found = await readMarkerFile(path);
  if (found !== undefined) return found;
  const outgoing = await findOutgoing(folder);
  const old = outgoing && (await readMarkerFile(outgoing.path));
  // Where it is not there either, it has just been replaced, or there was none.
  return old ?? (await readMarkerFile(path));
}

/** Undefined where there is no such file. */
export async function readMarkerFile(path: string): Promise<Ownership | undefined> {
  const text = await attempt(`${path} could not be read`, () => readIfThere(path));
  return text === undefined ? undefined : parseMarker(text, path);
}

/** The marker while, or since, somebody replaced it: the one of last, if there are several. */
export async function findOutgoing(
  folder: string,
): Promise<{ readonly path: string; readonly changedAt: number } | undefined> {
  const all: { path: string; changedAt: number }[] = [];
  for (const name of await attempt(`${folder} could not be read`, () => namesIfThere(folder))) {
    if (!name.startsWith(outgoingStart)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) all.push({ path, changedAt: found.ctimeMs });
  }
  return all.toSorted((a, b) => b.changedAt - a.changedAt)[0];
}

/** Whether a folder is marked as ours; false where it has no marker at all. @throws PlaceError for another's */
export async function isMarked(folder: string, ownership: Ownership): Promise<boolean> {
  const found = await readMarker(folder);
  if (found === undefined) return false;
  refuseOthers(found, ownership, folder, join(folder, markerName));
  return true;
}

/** @throws PlaceError where the folder is not marked as ours */
export async function checkMarker(folder: string, ownership: Ownership): Promise<void> {
  if (await isMarked(folder, ownership)) return;
  throw new PlaceError("unreachable", `${folder} has no ${markerName}`, {
    hint: `Is it mounted? A folder of lastgood has this file; without it nothing is read or written there.`,
  });
}

/** Marks a folder as ours; of two who try at once only one succeeds. */
export async function writeMarker(
  folder: string,
  aside: string,
  ownership: Ownership,
): Promise<void> {
  const unfinished = join(aside, `${markerName}.${randomBytes(8).toString("hex")}`);
  try {
    await writeFile(unfinished, markerText(ownership), { mode: 0o600, flag: "wx", flush: true });
    await linkOrRename(unfinished, join(folder, markerName));
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || !(await isMarked(folder, ownership))) throw error;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** A link fails where somebody was faster; only file systems without links get a rename. */
export async function linkOrRename(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
    await rename(unfinished, path);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function namesIfThere(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
