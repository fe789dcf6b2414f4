import {
  chmod,
  constants,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
} from "node:fs/promises";
import { rm, stat, symlink } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { ProgramError } from "../errors.ts";
import { installationFolder, isPlainPath, missingLinks, type ServerBinaries } from "./binaries.ts";
import { canReach, type ServerOwner } from "./owner.ts";

/**
 * The same binaries in a place that the server's user can reach, with all links between libraries.
 *
 * Usually these are the given ones. Those of an npm package in a closed folder (a clone below /root), in
 * one whose path initdb cannot quote, or installed without scripts, are copied once per version to `postgresql-<version>` in `folder`; about
 * 50 MB. The original and the folders above it stay as they are.
 */
export async function reachableBinaries(
  binaries: ServerBinaries,
  owner: ServerOwner,
  folder: string,
): Promise<ServerBinaries> {
  if (binaries.origin === "system") {
    if (await canReach(owner, join(binaries.dir, "postgres"))) return binaries;
    throw new ProgramError(`user ${owner.name} cannot reach the programs in ${binaries.dir}`, {
      hint: "Install PostgreSQL where every user may run it, or run this as a normal user.",
    });
  }
  const isHelped = !isPlainPath(binaries.dir) && isPlainPath(folder);
  if (!isHelped && (await isReady(binaries, owner))) return binaries;
  const copy = join(folder, `postgresql-${binaries.version}`);
  const existing = await stat(copy).catch(() => undefined);
  if (existing === undefined) await copyInstallation(binaries, copy);
  return { ...binaries, dir: join(copy, "bin") };
}

async function isReady(binaries: ServerBinaries, owner: ServerOwner): Promise<boolean> {
  if ((await missingLinks(binaries)).length > 0) return false;
  const root = installationFolder(binaries);
  const samples = ["bin/postgres", "lib/libpq.so.5", "share/postgresql/postgres.bki"];
  for (const sample of samples) {
    const path = join(root, sample);
    const isPresent = (await stat(path).catch(() => undefined)) !== undefined;
    if (isPresent && !(await canReach(owner, path))) return false;
  }
  return true;
}

/** Copies under another name first, so that a copy that was cut short is never used. */
async function copyInstallation(binaries: ServerBinaries, target: string): Promise<void> {
  const unfinished = await mkdtemp(`${target}.unfinished-`);
  try {
    await copyFolder(installationFolder(binaries), unfinished);
    for (const link of await missingLinks(binaries)) {
      const path = join(unfinished, link.path);
      await symlink(relative(dirname(path), join(unfinished, link.target)), path);
    }
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFolder(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // Static libraries are of no use to a server.
    else if (extname(entry.name) !== ".a") await copyProgram(source, target);
  }
}

async function copyProgram(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  const { mode } = await stat(source);
  await chmod(target, (mode & 0o100) === 0 ? 0o644 : 0o755);
}
