import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, ProgramError } from "../errors.ts";
import { isOwnFolder } from "../own-folder.ts";
import type { Env } from "../server/run.ts";

/**
 * A private, empty folder for one run, in LASTGOOD_SCRATCH_DIR, else TMPDIR, else where there is one for
 * temporary files. Its name says whose it is, so that the next run on this host removes what killed ones
 * left.
 */
export class ScratchFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws ProgramError where none can be made */
  static async make(env: Env): Promise<ScratchFolder> {
    const chosen = env["LASTGOOD_SCRATCH_DIR"];
    const parents = chosen ? [chosen] : [env["TMPDIR"] || tmpdir(), "/var/tmp"];
    let cause: unknown;
    for (const parent of parents) {
      try {
        return await ScratchFolder.#makeIn(parent);
      } catch (error) {
        cause ??= error;
      }
    }
    throw new ProgramError(`no scratch folder can be made: ${messageOf(cause)}`, {
      cause,
      hint: "Let LASTGOOD_SCRATCH_DIR name a folder that you may write to, with room for large files.",
    });
  }

  static async #makeIn(parent: string): Promise<ScratchFolder> {
    await mkdir(parent, { recursive: true });
    await removeStale(parent);
    return new ScratchFolder(await mkdtemp(join(parent, `${prefix}${process.pid}-`)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await remove(this.path);
  }
}

// Processes of other containers may share the folder, and their numbers say nothing here.
const prefix = `lastgood-run-${hostname()}-`;

async function removeStale(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    const pid = Number(/^\d+(?=-)/.exec(name.slice(prefix.length))?.[0]);
    const path = join(parent, name);
    if (!(pid > 0) || isAlive(pid) || !(await isOwnFolder(path))) continue;
    await remove(path).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
