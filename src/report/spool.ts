import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import type { Io } from "../io.ts";
import { parseSpoolFile, renderSpoolFile, type SpooledEvent } from "./spool-file.ts";
import { checkPrivate, privateFolder, stateFolder } from "./state-folder.ts";

/** How often the database may refuse an event before it is set aside. */
const patience = 3;

/**
 * Events that wait for their database: a private folder with a file an event, named so that they sort
 * by the time at which they came. `NAME.1.event` was refused once; one refused three times lies in
 * `refused/`, with the reason beside it.
 */
export class Spool {
  readonly folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The user's own; made where it does not exist yet. */
  static async create(env: Io["env"]): Promise<Spool> {
    return new Spool(await privateFolder(env, "spool"));
  }

  /** The user's own, or undefined where nothing was ever kept. */
  static async find(env: Io["env"]): Promise<Spool | undefined> {
    const folder = join(stateFolder(env), "spool");
    try {
      await checkPrivate(folder);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    return new Spool(folder);
  }

  /** Keeps an event so that it also survives a crash of the machine; there as a whole, or not at all. */
  async add(entry: SpooledEvent, refusals = 0): Promise<void> {
    const stamp = new Date().toISOString().replaceAll(/[-:]/g, "");
    const place = String((this.#count += 1)).padStart(3, "0");
    const mark = refusals > 0 ? `.${refusals}` : "";
    const name = `${stamp}-${place}-${entry.event.eventId}${mark}.event`;
    const unfinished = join(this.folder, `.${name}.unfinished`);
    try {
      const text = renderSpoolFile(entry);
      await writeFile(unfinished, text, { mode: 0o600, flag: "wx", flush: true });
      await rename(unfinished, join(this.folder, name));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    await syncFolder(this.folder);
  }

  /** The files of all events that wait, oldest first. */
  async names(): Promise<readonly string[]> {
    const names = await readdir(this.folder);
    return names.filter((name) => /^[^.].*\.event$/.test(name)).toSorted();
  }

  /** "gone" when another process has sent it meanwhile; see `parseSpoolFile` for the rest. */
  async read(name: string): Promise<SpooledEvent | "newer" | "gone" | undefined> {
    try {
      return parseSpoolFile(await readFile(join(this.folder, name), "utf8"));
    } catch (error) {
      if (isMissing(error)) return "gone";
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }

  /** Counts a refusal; true when the event was set aside for it. */
  async countRefusal(name: string, reason: string): Promise<boolean> {
    const [, stem = name, count = "0"] = /^(.*?)(?:\.(\d+))?\.event$/.exec(name) ?? [];
    const refusals = Number(count) + 1;
    if (refusals >= patience) {
      await this.setAside(name, reason);
      return true;
    }
    await this.#move(name, join(this.folder, `${stem}.${refusals}.event`));
    return false;
  }

  /** Takes an event out of the way, for somebody to look at. */
  async setAside(name: string, reason: string): Promise<void> {
    const folder = join(this.folder, "refused");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const reasonFile = join(folder, basename(name, ".event"));
    await writeFile(`${reasonFile}.reason`, `${reason}\n`, { mode: 0o600 });
    await this.#move(name, join(folder, name));
  }

  async #move(name: string, to: string): Promise<void> {
    try {
      await rename(join(this.folder, name), to);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
