import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isSameOwner, markerName, markerText } from "../marker.ts";
import { PlaceError, type Ownership } from "../provider.ts";
import {
  checkMarker,
  findOutgoing,
  linkOrRename,
  outgoingStart,
  readMarker,
  readMarkerFile,
} from "./marker.ts";
import { codeOf } from "./trouble.ts";

/** Whoever took the marker away so long ago was ended; it takes milliseconds. */
const deadMs = 3000;
const patienceMs = 10_000;
const pauseMs = 50;

/**
 * Makes the marker of one owner that of another. Of several who try at once one succeeds: a file can be
 * renamed away by one of them only, and a link fails where there is something. Ended in between, it
 * leaves the marker under the other name, where it is found.
 *
 * @throws PlaceError where the folder belongs to neither, or somebody else was faster
 */
export async function replaceMarker(
  folder: string,
  aside: string,
  from: Ownership,
  to: Ownership,
): Promise<void> {
  const found = await readMarker(folder);
  if (found !== undefined && isSameOwner(found, to)) return;
  await checkMarker(folder, from);
  const suffix = randomBytes(8).toString("hex");
  const unfinished = join(aside, `${markerName}.${suffix}`);
  const old = join(folder, outgoingStart + suffix);
  try {
    await writeFile(unfinished, markerText(to), { mode: 0o600, flag: "wx", flush: true });
    await takeAway(folder, old, from);
    if (await isOf(old, from)) await putThere(unfinished, folder, old);
    else await putThere(old, folder, old);
  } finally {
    await rm(unfinished, { force: true });
  }
  await checkMarker(folder, to);
}

/** Renames the marker; waits for others who did so, and may be refused or ended. */
async function takeAway(folder: string, old: string, from: Ownership): Promise<void> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    await checkMarker(folder, from);
    if (await renameIfThere(join(folder, markerName), old)) return;
    const left = await findOutgoing(folder);
    const isDead = left !== undefined && Date.now() - left.changedAt > deadMs;
    if (isDead && (await renameIfThere(left.path, old))) return;
    await delay(pauseMs);
  }
  throw new PlaceError("foreign", `${folder} is being taken over by somebody else`);
}

/** Whether it is still the marker that was looked at; false, too, where it was taken from us. */
async function isOf(old: string, owner: Ownership): Promise<boolean> {
  const found = await readMarkerFile(old);
  return found !== undefined && isSameOwner(found, owner);
}

/** Gives the folder this marker unless it has one; without any it never stays. */
async function putThere(marker: string, folder: string, old: string): Promise<void> {
  const path = join(folder, markerName);
  try {
    await linkOrRename(marker, path);
  } catch (error) {
    const code = codeOf(error);
    // What somebody else took meanwhile is theirs to put there.
    if (code !== "EEXIST" && !(code === "ENOENT" && marker === old)) {
      await linkOrRename(old, path).catch(() => undefined);
      throw error;
    }
  }
  await rm(old, { force: true });
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}
