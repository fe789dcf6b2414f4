import type { Item } from "../../manifest/entry.ts";
import type { Graph, Relation } from "./graph.ts";
import { dotted } from "./names.ts";

const tableKinds = new Set(["r", "p", "f"]);

/** A database with its schemas and tables, as they can be picked at restore. */
export function itemsOf(graph: Graph): readonly Item[] {
  const database = graph.database.name;
  const tables = graph.relations.filter(({ kind }) => tableKinds.has(kind));
  const sizes = sizesOf(tables);
  const schemas = new Set([
    ...graph.entries.filter(({ kind }) => kind === "SCHEMA").flatMap(({ name }) => name ?? []),
    ...graph.relations.map(({ schema }) => schema),
  ]);
  const total = sum(tables.map(({ bytes }) => bytes ?? 0));
  return [
    { kind: "database", name: dotted(database), sizeBytes: total, details: { database } },
    ...[...schemas].toSorted().map((schema): Item => ({
      kind: "schema",
      name: dotted(database, schema),
      parent: dotted(database),
      sizeBytes: sum(
        tables.filter((each) => each.schema === schema).map(({ bytes }) => bytes ?? 0),
      ),
      details: { database, schema },
    })),
    ...tables.map((table): Item => ({
      kind: "table",
      name: dotted(database, table.schema, table.name),
      parent: dotted(database, table.schema),
      sizeBytes: sizes.get(table.oid) ?? 0,
      details: { database, schema: table.schema, table: table.name },
    })),
  ];
}

/** Bytes of each table, those of its partitions with it. */
function sizesOf(tables: readonly Relation[]): ReadonlyMap<number, number> {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const sizes = new Map<number, number>();
  for (const table of tables) {
    let holder: Relation | undefined = table;
    while (holder !== undefined) {
      sizes.set(holder.oid, (sizes.get(holder.oid) ?? 0) + (table.bytes ?? 0));
      holder = holder.isPartition ? byOid.get(holder.parents[0] ?? 0) : undefined;
    }
  }
  return sizes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
