import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ProgramError } from "../errors.ts";
import { isSameProcess, processIdentity } from "./process.ts";

const patienceMs = 120_000;

/**
 * Runs `work` while no other process of this machine does so under the same path; waits up to two minutes.
 *
 * The lock is a symbolic link that names its holder, so it is made in one step and never empty. A holder
 * that died is followed at once.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  const self = await processIdentity(process.pid);
  while (!(await tryLock(path, self))) {
    if (Date.now() > deadline) {
      throw new ProgramError(`another process holds ${path}`, {
        hint: "Wait for it to finish; if none is running, remove that file.",
      });
    }
    await delay(50);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string, self: string): Promise<boolean> {
  if (await created(() => symlink(self, path))) return true;
  const holder = await readlink(path).catch(() => undefined);
  if (holder !== undefined && !(await isSameProcess(holder))) await removeDeadLock(path, holder);
  return false;
}

/** One at a time, and after a second look: else a slow process could remove the lock of a live one. */
async function removeDeadLock(path: string, holder: string): Promise<void> {
  const guard = `${path}.removing`;
  if (!(await created(() => mkdir(guard)))) return;
  try {
    const current = await readlink(path).catch(() => undefined);
    if (current === holder) await rm(path, { force: true });
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}

async function created(make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
