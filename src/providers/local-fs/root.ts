import { chmod, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { PlaceError, type Ownership } from "../provider.ts";
import { makeFolder, makeIfMissing, syncFolder } from "./folders.ts";
import { checkMarker, isMarked, readMarker, writeMarker } from "./marker.ts";
import { replaceMarker } from "./replace-marker.ts";
import { attempt, codeOf } from "./trouble.ts";

/** Where objects are while they are written. */
export const incompleteName = ".incomplete";

/** What a folder may hold that becomes ours: what mkfs makes, and what we left when we were ended. */
const harmless: ReadonlySet<string> = new Set(["lost+found", incompleteName]);

/**
 * Makes a folder ours: private, with a marker. Changes nothing in one that is another's.
 *
 * @throws PlaceError for a folder of another user, with other things in it, or that cannot be private
 */
export async function initialiseFolder(path: string, ownership: Ownership): Promise<void> {
  await attempt(`the folder ${path} could not be made ready`, async () => {
    await makeFolder(path);
    const folder = await realpath(path);
    await checkOwner(folder);
    // Listed before the marker is looked for: who marks it meanwhile for the same owner is no other.
    const names = await readdir(folder);
    const isOurs = await isMarked(folder, ownership);
    if (!isOurs) refuseOthersThings(folder, names);
    await makePrivate(folder);
    await makeIfMissing(join(folder, incompleteName));
    if (!isOurs) await writeMarker(folder, join(folder, incompleteName), ownership);
    await syncFolder(folder);
  });
}

/**
 * The real path of a folder that is ready.
 *
 * @throws PlaceError where it is not there, not ours or not private
 */
export async function openFolder(path: string, ownership: Ownership): Promise<string> {
  return await attempt(`the folder ${path} could not be opened`, async () => {
    const folder = await findFolder(path);
    await checkOwner(folder);
    await checkMarker(folder, ownership);
    const { mode } = await stat(folder);
    if ((mode & 0o077) !== 0) throw notPrivate(folder);
    return folder;
  });
}

/** Whose folder it is; undefined where it has no marker. @throws PlaceError where it is not there */
export async function ownerOfFolder(path: string): Promise<Ownership | undefined> {
  return await attempt(`the folder ${path} could not be opened`, async () => {
    const folder = await findFolder(path);
    await checkOwner(folder);
    return await readMarker(folder);
  });
}

/** Makes the folder of one owner that of another. @throws PlaceError where it belongs to neither */
export async function takeOverFolder(path: string, from: Ownership, to: Ownership): Promise<void> {
  await attempt(`the folder ${path} could not be taken over`, async () => {
    const folder = await findFolder(path);
    await checkOwner(folder);
    await makePrivate(folder);
    await makeIfMissing(join(folder, incompleteName));
    await replaceMarker(folder, join(folder, incompleteName), from, to);
    await syncFolder(folder);
  });
}

async function findFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    throw new PlaceError("unreachable", `there is no folder ${path}`, {
      cause: error,
      hint: "Is it mounted?",
    });
  }
}

/** A folder of another user could be opened or replaced by that user. */
async function checkOwner(folder: string): Promise<void> {
  const found = await stat(folder);
  if (!found.isDirectory()) {
    throw new PlaceError("foreign", `${folder} is not a folder`, { hint: "Choose another path." });
  }
  const uid = process.geteuid?.() ?? found.uid;
  if (found.uid === uid) return;
  throw new PlaceError("failed", `${folder} belongs to another user, with id ${found.uid}`, {
    hint: `Run this as that user, or give the folder to yours: chown ${uid} ${folder}`,
  });
}

function refuseOthersThings(folder: string, names: readonly string[]): void {
  const other = names.find((name) => !harmless.has(name));
  if (other === undefined) return;
  throw new PlaceError(
    "foreign",
    `${folder} has other things in it, such as ${JSON.stringify(other)}`,
    {
      hint: "Give an empty folder, or the name of one that is yet to be made.",
    },
  );
}

async function makePrivate(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if ((mode & 0o7777) === 0o700) return;
  await chmod(folder, 0o700);
  // Some file systems take the call and change nothing.
  const { mode: changed } = await stat(folder);
  if ((changed & 0o777) !== 0o700) throw notPrivate(folder);
}

function notPrivate(folder: string): PlaceError {
  return new PlaceError("failed", `${folder} can be opened by other users`, {
    hint: `Close it: chmod 700 ${folder}. A file system without modes has to be mounted with umask=077.`,
  });
}
