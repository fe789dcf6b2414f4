import type { Client } from "pg";
import type {
  DatabaseFacts,
  DataOf,
  Graph,
  GraphEntry,
  NeededRole,
  Relation,
  ServerRecord,
} from "./graph.ts";
import { ownedKinds, relationClass } from "./entry-kinds.ts";
import * as queries from "./queries.ts";
import type { TocEntry } from "./toc.ts";

export interface GraphInput {
  /** In the transaction whose snapshot was dumped. */
  readonly client: Client;
  readonly toc: readonly TocEntry[];
  readonly server: ServerRecord;
  readonly pgDump: string;
  /** Bytes of each dump file, by dump id. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** Adds to a table of contents what only the catalog of the dumped database can tell. */
export async function readGraph(input: GraphInput): Promise<Graph> {
  const { client, toc } = input;
  const parts = await partsByObject(client);
  const names = await identify(client, toc);
  const data = await columnsOf(client, toc);
  const dumpIds = new Set(toc.map(({ dumpId }) => dumpId));
  const entries = toc.map((entry) => ({
    ...entry,
    // The boundaries between the sections are no entries.
    needs: entry.needs.filter((need) => dumpIds.has(need)),
    ...names.get(keyOf(entry)),
    ...(entry.kind === "TABLE DATA" ? { data: data.get(entry.oid) } : {}),
    ...(entry.class === 0 && entry.oid !== 0 ? { relation: entry.oid } : parts.get(keyOf(entry))),
  }));
  const { rows: databases } = await client.query<DatabaseFacts>(queries.databaseFacts);
  const { rows: tablespaces } = await client.query<{ name: string }>(queries.usedTablespaces);
  const relations = await readRelations(input, entries);
  const [database] = databases;
  if (database === undefined) throw new TypeError("a connection without a database");
  return {
    format: "lastgood-graph",
    version: 1,
    database,
    server: input.server,
    pgDump: input.pgDump,
    entries,
    relations,
    roles: await readRoles(client, entries),
    tablespaces: tablespaces.map(({ name }) => name),
    broken: await findBroken(client, entries, relations),
  };
}

function keyOf(object: { readonly class: number; readonly oid: number }): string {
  return `${object.class}.${object.oid}`;
}

type Part = Pick<GraphEntry, "relation" | "refersTo">;

async function partsByObject(client: Client): Promise<ReadonlyMap<string, Part>> {
  const { rows } = await client.query<{
    class: number;
    oid: number;
    relation: number;
    refersTo: number | null;
  }>(queries.partsOfRelations);
  return new Map(
    rows.map(({ refersTo, relation, ...object }) => [
      keyOf(object),
      refersTo === null ? { relation } : { relation, refersTo },
    ]),
  );
}

async function columnsOf(
  client: Client,
  toc: readonly TocEntry[],
): Promise<ReadonlyMap<number, DataOf>> {
  const tables = toc.filter(({ kind }) => kind === "TABLE DATA").map(({ oid }) => oid);
  const { rows } = await client.query<DataOf & { oid: number }>(queries.columnsOfTables, [tables]);
  return new Map(rows.map(({ oid, ...table }) => [oid, table]));
}

type Names = Partial<Pick<GraphEntry, "label" | "schema" | "name">>;

async function identify(
  client: Client,
  toc: readonly TocEntry[],
): Promise<ReadonlyMap<string, Names>> {
  const objects = toc.filter((entry) => entry.class !== 0 && entry.oid !== 0);
  const { rows } = await client.query<{
    class: number;
    oid: number;
    type: string | null;
    schema: string | null;
    name: string | null;
    identity: string | null;
  }>(queries.identifyObjects, [objects.map((each) => each.class), objects.map((each) => each.oid)]);
  const found = new Map(
    rows.map((row): [string, Names] => [
      keyOf(row),
      {
        ...(row.identity === null ? {} : { label: row.identity }),
        ...(row.schema === null ? {} : { schema: unquoted(row.schema) }),
        ...(row.name === null ? {} : { name: unquoted(row.name) }),
      },
    ]),
  );
  const { rows: further } = await client.query<{ class: number; oid: number; schema: string }>(
    queries.furtherSchemas,
  );
  for (const { schema, ...object } of further) {
    found.set(keyOf(object), { ...found.get(keyOf(object)), schema });
  }
  return found;
}

/** The server names objects as SQL does, in quotes where they need them. */
function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** Of those relations only that stand in the dump. */
async function readRelations(
  { client, sizes }: GraphInput,
  entries: readonly GraphEntry[],
): Promise<readonly Relation[]> {
  const { rows } = await client.query<Relation>(queries.relations);
  const { rows: sequences } = await client.query<{ sequence: number; isIdentity: boolean }>(
    queries.ownedSequences,
  );
  const identities = new Set(
    sequences.filter(({ isIdentity }) => isIdentity).map(({ sequence }) => sequence),
  );
  const dumped = new Set(
    entries.filter((each) => each.class === relationClass).map(({ oid }) => oid),
  );
  const bytes = new Map<number, number>();
  for (const { kind, oid, dumpId } of entries) {
    if (kind === "TABLE DATA") bytes.set(oid, sizes.get(dumpId) ?? 0);
  }
  return rows
    .filter(({ oid }) => dumped.has(oid))
    .map((relation) => ({
      ...relation,
      ...(identities.has(relation.oid) ? { isIdentity: true } : {}),
      ...(bytes.has(relation.oid) ? { bytes: bytes.get(relation.oid) } : {}),
    }));
}

async function readRoles(
  client: Client,
  entries: readonly GraphEntry[],
): Promise<readonly NeededRole[]> {
  const objects = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const { rows } = await client.query<NeededRole>(queries.neededRoles);
  const { rows: bootstrap } = await client.query<{ role: string }>(queries.bootstrapRole);
  const listed = rows.filter((row) => objects.has(keyOf(row)));
  const owned = new Set(listed.filter(({ kind }) => kind === "o").map(keyOf));
  const role = bootstrap[0]?.role;
  // Whatever has no owner on the list belongs to the bootstrap superuser.
  const others = [...objects.values()].filter(
    (entry) => ownedKinds.has(entry.kind) && !owned.has(keyOf(entry)),
  );
  const implied =
    role === undefined ? [] : others.map((each) => ({ ...pick(each), kind: "o", role }));
  return [...listed, ...implied];
}

function pick(entry: GraphEntry): { class: number; oid: number } {
  return { class: entry.class, oid: entry.oid };
}

/** Entries that depend on a relation that was left out. */
async function findBroken(
  client: Client,
  entries: readonly GraphEntry[],
  relations: readonly Relation[],
): Promise<readonly number[]> {
  const { rows: all } = await client.query<{ oid: number; kind: string }>(queries.relations);
  const dumped = new Set(relations.map(({ oid }) => oid));
  const absent = all.filter(({ oid }) => !dumped.has(oid)).map(({ oid }) => oid);
  if (absent.length === 0) return [];
  const { rows } = await client.query<{ class: number; oid: number }>(queries.dependents, [absent]);
  const broken = new Set(rows.map(keyOf));
  const parents = new Map(relations.map((each) => [each.oid, each.parents]));
  const byDumpId = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const dumpIds = new Set(
    entries.filter((entry) => broken.has(keyOf(entry))).map(({ dumpId }) => dumpId),
  );
  for (const entry of entries) {
    const isBroken = entry.kind.endsWith(" ATTACH")
      ? hasNoParent(entry, byDumpId, parents)
      : entry.class === 0 && entry.needs.some((each) => dumpIds.has(each));
    if (isBroken) dumpIds.add(entry.dumpId);
  }
  return [...dumpIds];
}

/** Whether what a partition, or its index, was to be attached to is not there. */
function hasNoParent(
  attach: GraphEntry,
  entries: ReadonlyMap<number, GraphEntry>,
  parents: ReadonlyMap<number, readonly number[]>,
): boolean {
  const present = attach.needs
    .flatMap((dumpId) => entries.get(dumpId) ?? [])
    .map((entry) => entry.relation ?? entry.oid);
  return !present.some((oid) => parents.get(oid)?.some((parent) => present.includes(parent)));
}
