import { chmod, lstat, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { ProgramError } from "../errors.ts";
import type { Io } from "../io.ts";

/**
 * Where reports that wait and the logs of `exec` lie: LASTGOOD_STATE_DIR, for root /var/lib/lastgood,
 * else $XDG_STATE_HOME/lastgood, else ~/.local/state/lastgood. bin/log-backup-event.sh has the same rule.
 */
export function stateFolder(env: Io["env"]): string {
  const chosen = env["LASTGOOD_STATE_DIR"];
  if (chosen) return resolve(chosen);
  if (process.geteuid?.() === 0) return "/var/lib/lastgood";
  const state = env["XDG_STATE_HOME"];
  if (state && isAbsolute(state)) return join(state, "lastgood");
  return join(env["HOME"] || homedir(), ".local", "state", "lastgood");
}

/** Makes a folder in the state folder that is for its owner alone, and returns its path. */
export async function privateFolder(env: Io["env"], name: string): Promise<string> {
  const parent = stateFolder(env);
  // Root's is also the home of the embedded server, whose user must be able to pass through.
  const mode = process.geteuid?.() === 0 ? 0o755 : 0o700;
  if ((await mkdir(parent, { recursive: true, mode })) !== undefined) await chmod(parent, mode);
  const folder = join(parent, name);
  await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
  await checkPrivate(folder);
  return folder;
}

/**
 * Whoever may write to such a folder could report in our name.
 *
 * @throws ProgramError where others may
 */
export async function checkPrivate(folder: string): Promise<void> {
  const found = await lstat(folder);
  const isOwn = found.uid === (process.geteuid?.() ?? found.uid);
  if (found.isDirectory() && isOwn && (found.mode & 0o022) === 0) return;
  throw new ProgramError(`${folder} is not a folder that only its owner, this user, may write to`, {
    hint: `Run: chmod 700 ${folder}; or set LASTGOOD_STATE_DIR to a folder of this user.`,
  });
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}
