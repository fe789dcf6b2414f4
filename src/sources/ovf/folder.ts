import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { bytePath, showPath } from "../../byte-path.ts";
import { comparePaths } from "../../manifest/entry.ts";
import { codeOf } from "../files/code-of.ts";
import { checkTop, openTop } from "../files/top.ts";
import type { RunContext } from "../source.ts";
import { BadDocument } from "./bad-document.ts";
import type { Found, SourceFacts, Visit } from "./found.ts";
import { DocumentVanished, readDocument, type ReadDocument } from "./read-document.ts";

/** Documents that are looked at together. */
const batchSize = 64;
/** Larger ones are read one by one, so that a batch has a bound. */
const smallSize = 256 * 1024;

/** A document, with its path below the folder in one character a byte. */
interface Listed extends Found {
  readonly path: string;
  /** Why its folder could not be looked into. */
  readonly reason?: string;
}

/** Reads the documents of a folder and of those in it, each of which is a group, in order. */
export async function readFolder(
  path: string,
  context: RunContext,
  visit: Visit,
): Promise<SourceFacts> {
  const top = await openTop({ path });
  const listed = await listFolder(top.folder, context);
  for (let start = 0; start < listed.length; start += batchSize) {
    context.signal.throwIfAborted();
    await readBatch(top.folder, listed.slice(start, start + batchSize), context, visit);
  }
  checkTop({ path }, top);
  return { statuses: new Map(), versions: {} };
}

/** Bytes of all documents of a folder. */
export async function sizeOfFolder(path: string, context: RunContext): Promise<number> {
  const top = await openTop({ path });
  const listed = await listFolder(top.folder, context);
  let total = 0;
  for (let start = 0; start < listed.length; start += batchSize) {
    const batch = listed.slice(start, start + batchSize);
    for (const size of await Promise.all(batch.map((each) => sizeOf(top.folder, each)))) {
      total += size ?? 0;
    }
  }
  return total;
}

async function readBatch(
  folder: string,
  batch: readonly Listed[],
  context: RunContext,
  visit: Visit,
): Promise<void> {
  const early = await Promise.all(
    batch.map(async (listed) => {
      const size = await sizeOf(folder, listed);
      return size !== undefined && size <= smallSize ? await tryRead(folder, listed) : undefined;
    }),
  );
  for (const [index, listed] of batch.entries()) {
    const read = early[index] ?? (await tryRead(folder, listed));
    const { path: _, ...found } = listed;
    if (!(read instanceof Error)) await visit({ ...found, ...read });
    else if (read instanceof BadDocument) await visit({ ...found, reason: read.message });
    else context.warn(`${found.name} vanished while the folder was read`);
  }
}

/** Undefined where it cannot be told: reading it tells why. */
async function sizeOf(folder: string, { path, reason }: Listed): Promise<number | undefined> {
  if (reason !== undefined) return undefined;
  try {
    return (await lstat(bytePath(folder, path))).size;
  } catch (error) {
    codeOf(error);
    return undefined;
  }
}

async function tryRead(
  folder: string,
  { path, reason }: Listed,
): Promise<ReadDocument | BadDocument | DocumentVanished> {
  if (reason !== undefined) return new BadDocument(reason);
  try {
    return await readDocument(bytePath(folder, path));
  } catch (error) {
    if (error instanceof BadDocument || error instanceof DocumentVanished) return error;
    throw error;
  }
}

async function listFolder(folder: string, context: RunContext): Promise<readonly Listed[]> {
  const listed: Listed[] = [];
  for (const entry of await entriesOf(folder, ".")) {
    if (isDocument(entry)) listed.push(listedOf(entry.name, undefined));
    else if (entry.isDirectory()) listed.push(...(await listGroup(folder, entry.name, context)));
    else warnOfLink(entry, "", context);
  }
  return listed.toSorted((a, b) => comparePaths(a.path, b.path));
}

async function listGroup(
  folder: string,
  name: string,
  context: RunContext,
): Promise<readonly Listed[]> {
  let entries: readonly Dirent[];
  try {
    entries = await entriesOf(folder, name);
  } catch (error) {
    // Nobody knows whether it is a group at all.
    const reason = `it could not be listed (${codeOf(error)})`;
    return [{ ...listedOf(name, undefined), reason }];
  }
  const listed: Listed[] = [];
  for (const entry of entries) {
    const path = `${name}/${entry.name}`;
    if (isDocument(entry)) listed.push(listedOf(path, showPath(name)));
    else if (entry.isDirectory()) {
      context.warn(`${showPath(path)} is not looked into: it lies too deep`);
    } else warnOfLink(entry, `${name}/`, context);
  }
  return listed;
}

function listedOf(path: string, group: string | undefined): Listed {
  return { path, name: showPath(path), group };
}

function warnOfLink(entry: Dirent, prefix: string, { warn }: RunContext): void {
  if (entry.isSymbolicLink())
    warn(`${showPath(prefix + entry.name)} is a link: it is not followed`);
}

function isDocument(entry: Dirent): boolean {
  return /\.ovf$/i.test(entry.name) && !entry.isDirectory();
}

/** Names have one character a byte. */
async function entriesOf(folder: string, path: string): Promise<readonly Dirent[]> {
  return await readdir(bytePath(folder, path), { withFileTypes: true, encoding: "latin1" });
}
