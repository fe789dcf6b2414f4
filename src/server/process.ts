import { readFile, readlink, realpath } from "node:fs/promises";

/**
 * Names a process so that another one which got the same number later is not taken for it: its number
 * and, where /proc tells, when it started.
 */
export async function processIdentity(pid: number): Promise<string> {
  const started = (await processFields(pid))[19];
  return started === undefined ? String(pid) : `${pid}.${started}`;
}

export async function isSameProcess(identity: string): Promise<boolean> {
  const pid = Number.parseInt(identity, 10);
  return (await isRunning(pid)) && (await processIdentity(pid)) === identity;
}

/** Whether a process runs; one that has ended and only waits for its parent to notice does not. */
export async function isRunning(pid: number): Promise<boolean> {
  return isPresent(pid) && (await processFields(pid))[0] !== "Z";
}

/** Whether the number is in use; PostgreSQL asks no more than this. */
export function isPresent(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** What /proc says of a process from its state on; the name before it may hold spaces and parentheses. */
async function processFields(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text === "" ? [] : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Whether a live process is a server of that data folder, not one that only got the number of a dead one. */
export async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!(await isRunning(pid))) return false;
  // Every process of a server works in its data folder; without the right to look, its name must do.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (folder !== undefined) return folder === (await realpath(dataFolder));
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "postgres");
  return name.startsWith("postgres") || name.startsWith("postmaster");
}
