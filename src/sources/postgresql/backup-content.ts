import { NotFoundError, UsageError } from "../../errors.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { Content, Entry, Item } from "../../manifest/entry.ts";
import type { Picked } from "../source.ts";
import type { Selection, Wanted } from "./closure.ts";
import { graphSchema, type Graph } from "./graph.ts";
import { detailsOf, folderOf } from "./names.ts";

/** What is picked, by database; `globals` alone when nothing but roles was. */
export interface Picks {
  readonly databases: ReadonlyMap<string, Wanted>;
  readonly onlyGlobals: boolean;
}

/** Sorts what was picked by its database; nothing picked is everything. */
export async function readPicks(reader: CopyReader, picked: Picked): Promise<Picks> {
  if (picked.entries !== undefined || (picked.paths ?? []).length > 0) {
    throw new UsageError("a backup of databases has no files to pick", {
      hint: "Name databases, schemas or tables; lastgood backup items lists them.",
    });
  }
  if (picked.items.length > 0) return sortPicks(picked.items);
  const { items } = await reader.readBody();
  const databases = items.filter(({ kind }) => kind === "database");
  return sortPicks(databases.length > 0 ? databases : items);
}

function sortPicks(items: readonly Item[]): Picks {
  const databases = new Map<string, Wanted>();
  for (const item of items) {
    const { database } = detailsOf(item);
    if (database === undefined) continue;
    const found = databases.get(database);
    databases.set(database, found === undefined ? wantedOf(item) : merge(found, wantedOf(item)));
  }
  const onlyGlobals = databases.size === 0 && items.some(({ kind }) => kind === "globals");
  return { databases, onlyGlobals };
}

function wantedOf(item: Item): Wanted {
  const { schema, table } = detailsOf(item);
  if (item.kind === "schema" && schema !== undefined) return { schemas: [schema], tables: [] };
  const isTable = item.kind === "table" && schema !== undefined && table !== undefined;
  return isTable ? { schemas: [], tables: [{ schema, table }] } : { schemas: [], tables: [] };
}

/** The whole of a database holds any part of it. */
function merge(a: Wanted, b: Wanted): Wanted {
  const isWhole = [a, b].some(({ schemas, tables }) => schemas.length + tables.length === 0);
  return isWhole
    ? { schemas: [], tables: [] }
    : { schemas: [...a.schemas, ...b.schemas], tables: [...a.tables, ...b.tables] };
}

export async function readGraphOf(reader: CopyReader, database: string): Promise<Graph> {
  const text = await readText(reader, `${folderOf(database)}/graph.json`);
  if (text === undefined) throw notThere(database);
  return graphSchema.parse(JSON.parse(text));
}

/** A small file of the backup; undefined where there is none. */
export async function readText(reader: CopyReader, path: string): Promise<string | undefined> {
  const content: Content | undefined = (await reader.find(path))?.content;
  if (content === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.open(content)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

function notThere(database: string): NotFoundError {
  return new NotFoundError(`the backup has no database "${database}"`, {
    hint: "lastgood backup items lists what it has.",
  });
}

/** The files of a database that restoring a selection reads. */
export async function filesFor(
  reader: CopyReader,
  database: string,
  selection: Selection,
): Promise<readonly Entry[]> {
  const chosen = new Set(
    selection.entries.filter(({ kind }) => kind === "TABLE DATA").map(({ dumpId }) => dumpId),
  );
  const hasBlobs = selection.entries.some(({ kind }) => kind === "BLOBS");
  const files: Entry[] = [];
  for await (const entry of reader.entries(folderOf(database))) {
    const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
    const isWanted =
      name === "toc.dat" ||
      (/^\d+\.dat$/.test(name)
        ? chosen.has(Number.parseInt(name, 10))
        : hasBlobs && name.startsWith("blob"));
    if (entry.content !== undefined && isWanted) files.push(entry);
  }
  return files;
}
