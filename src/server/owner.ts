import { chown, realpath, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { ProgramError } from "../errors.ts";
import { run, tryRun, type Env, type RunAs } from "./run.ts";

/** The operating system user whose rights a server runs with. */
export interface ServerOwner extends RunAs {
  readonly name: string;
}

export interface OwnerSearch {
  readonly env: Env;
  /** An existing folder of the cluster: whoever owns it keeps it. */
  readonly dataFolder?: string;
  /** A system user `lastgood` may be added where there is no user `postgres`. */
  readonly mayCreateUser: boolean;
}

const ownUser = "lastgood";

/**
 * Who the server runs as: oneself; for root, who PostgreSQL refuses to serve, an existing user
 * `postgres`, else `lastgood`, else `nobody`.
 */
export async function serverOwner(search: OwnerSearch): Promise<ServerOwner> {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined) return { name: "", uid: -1, gid: -1, isSelf: true };
  if (uid !== 0) return { name: nameOf(uid), uid, gid, isSelf: true };
  return otherUser(search);
}

async function otherUser(search: OwnerSearch): Promise<ServerOwner> {
  const found =
    (await ownerOfFolder(search)) ??
    (await userNamed("postgres", search.env)) ??
    (await userNamed(ownUser, search.env)) ??
    (await createdUser(search)) ??
    (await userNamed("nobody", search.env));
  if (found !== undefined) return found;
  throw new ProgramError("PostgreSQL does not run as root, and there is no other user for it", {
    hint: "Add a system user named postgres or lastgood, or run this as a normal user.",
  });
}

function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run with a uid that no user has.
    return String(uid);
  }
}

async function ownerOfFolder(search: OwnerSearch): Promise<ServerOwner | undefined> {
  if (search.dataFolder === undefined) return undefined;
  const found = await stat(search.dataFolder).catch(() => undefined);
  if (found === undefined || found.uid === 0) return undefined;
  const result = await tryRun("id", ["-un", String(found.uid)], { env: search.env });
  const name = result.status === 0 ? result.stdout.trim() : String(found.uid);
  return { name, uid: found.uid, gid: found.gid, isSelf: false };
}

async function userNamed(name: string, env: Env): Promise<ServerOwner | undefined> {
  const [uid, gid] = await Promise.all([
    tryRun("id", ["-u", name], { env }),
    tryRun("id", ["-g", name], { env }),
  ]);
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  return { name, uid: Number(uid.stdout), gid: Number(gid.stdout), isSelf: false };
}

/** Adds a system user with useradd, else with the adduser of BusyBox; undefined where neither works. */
async function createdUser({ mayCreateUser, env }: OwnerSearch): Promise<ServerOwner | undefined> {
  const home = "/var/lib/lastgood";
  const attempts = [
    ["useradd", "-r", "-U", "-M", "-d", home, "-s", "/bin/false", ownUser],
    ["adduser", "-S", "-D", "-H", "-h", home, "-s", "/bin/false", ownUser],
  ] as const;
  for (const [program, ...args] of mayCreateUser ? attempts : []) {
    const result = await tryRun(program, args, { env });
    if (result.status === 0) return userNamed(ownUser, env);
  }
  return undefined;
}

/** Hands a file or folder of ours to the server's user. */
export async function giveTo(owner: ServerOwner, path: string): Promise<void> {
  if (!owner.isSelf) await chown(path, owner.uid, owner.gid);
}

/** Whether the user may read a file, or enter a folder: every folder above must let it pass. */
export async function canReach(owner: ServerOwner, path: string): Promise<boolean> {
  if (owner.isSelf) return true;
  const real = await realpath(path);
  for (const start of new Set([resolve(path), real])) {
    if (!(await isAllowed(owner, start, 4))) return false;
    for (let folder = dirname(start); ; folder = dirname(folder)) {
      if (!(await isAllowed(owner, folder, 1))) return false;
      if (folder === dirname(folder)) break;
    }
  }
  return true;
}

/** Judges by the mode alone; `right` is 4 to read, 1 to pass. A folder that is read must be passed too. */
async function isAllowed(owner: ServerOwner, path: string, right: 4 | 1): Promise<boolean> {
  const found = await stat(path);
  const shift = found.uid === owner.uid ? 6 : found.gid === owner.gid ? 3 : 0;
  const needed = found.isDirectory() ? 1 : right;
  return ((found.mode >> shift) & needed) === needed;
}

/** Throws where nothing can be run as that user, say in a container without the right to change users. */
export async function checkCanRunAs(owner: ServerOwner, env: Env): Promise<void> {
  if (owner.isSelf) return;
  const hint =
    "PostgreSQL does not run as root: run this as a normal user, or allow it to change users.";
  await run("id", ["-u"], { env, runAs: owner, hint });
}
