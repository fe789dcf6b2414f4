import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ProgramError } from "../../errors.ts";
import { isOwnFolder } from "../../own-folder.ts";
import { isSameProcess, processIdentity } from "../../server/process.ts";

const prefix = "lastgood-staging-";

/** A new folder below, after removing those whose process is gone. */
export async function makeStaging(parent: string): Promise<string> {
  await removeStale(parent);
  try {
    return await mkdtemp(join(parent, `${prefix}${await processIdentity(process.pid)}-`));
  } catch (cause) {
    throw new ProgramError(`no folder for a dump can be made in ${parent}`, {
      cause,
      hint: "It must exist and be writable: --set staging=/folder.",
    });
  }
}

export async function removeStaging(folder: string): Promise<void> {
  // A killed pg_dump may write for a moment more.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const identity = /^lastgood-staging-(?<identity>\d+(?:\.\d+)?)-/.exec(name)?.groups?.[
      "identity"
    ];
    if (identity === undefined || (await isSameProcess(identity))) continue;
    const path = join(parent, name);
    if (await isOwnFolder(path)) await removeStaging(path);
  }
}
