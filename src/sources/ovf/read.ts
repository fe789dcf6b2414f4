import { stat } from "node:fs/promises";
import { ProgramError, UsageError } from "../../errors.ts";
import { codeOf } from "../files/code-of.ts";
import type { RunContext } from "../source.ts";
import { readEngine, sizeInEngine } from "./engine.ts";
import { readFolder, sizeOfFolder } from "./folder.ts";
import type { SourceFacts, Visit } from "./found.ts";
import type { Parent } from "./parent.ts";
import type { OvfSettings } from "./settings.ts";
import { readStoreFile } from "./store-file.ts";

export interface ReadOptions {
  readonly settings: OvfSettings;
  readonly context: RunContext;
  /** What need not be read where the source tells by itself that it is unchanged. */
  readonly parent?: Parent | undefined;
}

/**
 * Gives each document of a source to `visit`. The next one comes when it has resolved.
 *
 * @throws ProgramError where there is none: a folder that is not mounted is no machines lost
 */
export async function readDocuments(options: ReadOptions, visit: Visit): Promise<SourceFacts> {
  let count = 0;
  const facts = await readAll(options, async (found) => {
    count += 1;
    await visit(found);
  });
  if (count > 0) return facts;
  const { path = "the engine's database" } = options.settings;
  throw new ProgramError(`there is no OVF document in ${path}`, {
    hint: "Check the source's settings, and that its file system is mounted.",
  });
}

async function readAll(
  { settings, context, parent }: ReadOptions,
  visit: Visit,
): Promise<SourceFacts> {
  const { path, url = "" } = settings;
  if (path === undefined) return await readEngine({ url, context, parent }, visit);
  return (await isFolder(path))
    ? await readFolder(path, context, visit)
    : await readStoreFile(path, context, visit);
}

/** Bytes of all documents, about. */
export async function sizeOfDocuments(
  settings: OvfSettings,
  context: RunContext,
): Promise<number | undefined> {
  const { path, url = "" } = settings;
  if (path === undefined) return await sizeInEngine(url, context);
  if (await isFolder(path)) return await sizeOfFolder(path, context);
  const { size } = await stat(path);
  return size === 0 ? undefined : size;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return true;
    // An OVF_STORE on block storage is a volume.
    if (found.isFile() || found.isBlockDevice()) return false;
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${codeOf(error)})`, {
      hint: "Check the source's setting path, and that its file system is mounted.",
      cause: error,
    });
  }
  throw new UsageError(`${path} is neither a folder nor an OVF_STORE`, {
    hint: "The source's setting path names a folder of OVF documents, or the tar of an OVF_STORE.",
  });
}
