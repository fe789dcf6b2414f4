import { readlink, rm, symlink } from "node:fs/promises";
import { isSameProcess, processIdentity } from "../server/process.ts";

/**
 * Runs `work` unless another process does so under the same path; undefined then, without waiting.
 *
 * A symbolic link that names its holder, made in one step; a holder that died is followed at once. Two
 * that find a dead holder together may both go on: events are sent twice then, and recorded once.
 */
export async function withoutWaiting<T>(
  path: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  if (!(await take(path))) return undefined;
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  const self = await processIdentity(process.pid);
  if (await linked(self, path)) return true;
  const holder = await readlink(path).catch(() => undefined);
  if (holder !== undefined && (await isSameProcess(holder))) return false;
  await rm(path, { force: true });
  return await linked(self, path);
}

async function linked(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
