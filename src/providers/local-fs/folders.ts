import { mkdir, open, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PlaceError } from "../provider.ts";
import { codeOf } from "./trouble.ts";

/** Makes the names in a folder survive a crash. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder with those above it, durably; none but their owner may look into them. Not by
 * mkdir's own `recursive`, which never ends where the system takes no folder, such as below /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  await makeFolder(dirname(path));
  await makeIfMissing(path);
  await syncFolder(dirname(path));
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Makes the folders below a root that a key needs; never the root itself, which may be unmounted. */
export async function makeFoldersBelow(root: string, segments: readonly string[]): Promise<void> {
  let path = root;
  for (const segment of segments) {
    path = join(path, segment);
    if (!(await makeIfMissing(path))) await refuseLinks(path);
  }
  // Also those that were there: whoever made them may not have come to this yet.
  for (let each = path; each.length > root.length; each = dirname(each)) {
    await syncFolder(dirname(each));
  }
}

/** Whether it was made. */
export async function makeIfMissing(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return false;
  }
}

/** @throws PlaceError where a folder below the root is a symbolic link, which may lead anywhere */
export async function refuseLinks(folder: string): Promise<void> {
  if ((await realpath(folder)) === folder) return;
  throw new PlaceError("failed", `the way to ${folder} has a symbolic link in it`, {
    hint: "Symbolic links below the folder of a provider are not followed; mount what lies elsewhere.",
  });
}
