import { lstat } from "node:fs/promises";

/**
 * Whether there is a folder that this user made. What others put beside ours is not ours to remove,
 * though root could: whoever owns a folder can lead a removal astray while it runs.
 */
export async function isOwnFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}
