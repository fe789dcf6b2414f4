import { alwaysKinds, partKinds, relationClass, remarkKinds } from "./entry-kinds.ts";
import type { Graph, GraphEntry, Relation } from "./graph.ts";

/** What is to be restored of one database; no schemas and no tables is all of it. */
export interface Wanted {
  readonly schemas: readonly string[];
  readonly tables: readonly { readonly schema: string; readonly table: string }[];
}

/** The entries that restore what is wanted, in the order of the dump, and what stays behind. */
export interface Selection {
  readonly isWhole: boolean;
  readonly entries: readonly GraphEntry[];
  /** Entries that belong to what is wanted and cannot come along, and why. */
  readonly leftOut: readonly LeftOut[];
  /** Tables that nobody named and that others need. */
  readonly brought: readonly Relation[];
}

export interface LeftOut {
  readonly entry: GraphEntry;
  readonly reason: string;
}

/** Selects what is wanted with all that it needs: dependencies are those of the dump's own snapshot. */
export function select(graph: Graph, wanted: Wanted): Selection {
  const isWhole = wanted.schemas.length === 0 && wanted.tables.length === 0;
  return isWhole ? selectAll(graph) : new Closure(graph, wanted).select();
}

function selectAll(graph: Graph): Selection {
  const broken = new Set(graph.broken);
  const reason = "it depends on a table that was left out of the backup";
  return {
    isWhole: true,
    entries: graph.entries.filter(({ dumpId }) => !broken.has(dumpId)),
    leftOut: graph.entries
      .filter(({ dumpId, kind }) => broken.has(dumpId) && !remarkKinds.has(kind))
      .map((entry) => ({ entry, reason })),
    brought: [],
  };
}

class Closure {
  readonly #graph: Graph;
  readonly #wanted: Wanted;
  readonly #byDumpId: ReadonlyMap<number, GraphEntry>;
  readonly #relations: ReadonlyMap<number, Relation>;
  /** The entry that makes a relation. */
  readonly #makers = new Map<number, GraphEntry>();
  readonly #parts = new Map<number, GraphEntry[]>();
  readonly #partitions = new Map<number, Relation[]>();
  /** Those that belong to a column of a table, by that table. */
  readonly #sequences = new Map<number, GraphEntry[]>();
  readonly #broken: ReadonlySet<number>;
  readonly #chosen = new Set<GraphEntry>();
  readonly #queue: GraphEntry[] = [];

  constructor(graph: Graph, wanted: Wanted) {
    this.#graph = graph;
    this.#wanted = wanted;
    this.#broken = new Set(graph.broken);
    this.#byDumpId = new Map(graph.entries.map((entry) => [entry.dumpId, entry]));
    this.#relations = new Map(graph.relations.map((relation) => [relation.oid, relation]));
    for (const entry of graph.entries) this.#index(entry);
    for (const relation of graph.relations.filter(({ isPartition }) => isPartition)) {
      for (const parent of relation.parents) append(this.#partitions, parent, relation);
    }
    for (const sequence of this.#makersOf("S")) {
      for (const table of this.#makersNeededBy(sequence)) {
        append(this.#sequences, table.oid, sequence);
      }
    }
  }

  #index(entry: GraphEntry): void {
    const { relation } = entry;
    if (this.#isMaker(entry)) this.#makers.set(entry.oid, entry);
    if (partKinds.has(entry.kind) && relation !== undefined) append(this.#parts, relation, entry);
  }

  /** An index stands in pg_class too, and is a part. */
  #isMaker(entry: GraphEntry): boolean {
    return (
      entry.relation === undefined &&
      this.#relations.has(entry.oid) &&
      entry.class === relationClass
    );
  }

  select(): Selection {
    const { schemas, tables } = this.#wanted;
    const named = new Set(
      this.#graph.entries.filter(
        (entry) =>
          (this.#isMaker(entry) &&
            tables.some((each) => each.schema === entry.schema && each.table === entry.name)) ||
          schemas.some((schema) => isIn(entry, schema)),
      ),
    );
    for (const entry of named) this.#choose(entry);
    this.#spread();
    // Keys last: it takes all tables to tell which of them can come along.
    const leftOut = [...this.#addForeignKeys(), ...this.#detached(named)];
    this.#addRemarks();
    const entries = this.#graph.entries.filter((entry) => this.#chosen.has(entry));
    return { isWhole: false, entries, leftOut, brought: this.#brought(entries, named) };
  }

  #brought(entries: readonly GraphEntry[], named: ReadonlySet<GraphEntry>): readonly Relation[] {
    return entries
      .filter((entry) => this.#isMaker(entry) && !named.has(entry))
      .flatMap(({ oid }) => this.#relations.get(oid) ?? [])
      .filter((relation) => "rp".includes(relation.kind) && !this.#isBelowChosen(relation));
  }

  #choose(entry: GraphEntry): void {
    if (this.#chosen.has(entry) || this.#broken.has(entry.dumpId)) return;
    this.#chosen.add(entry);
    this.#queue.push(entry);
  }

  /** Follows what each entry needs, and what belongs to each relation, until nothing new comes up. */
  #spread(): void {
    for (let entry = this.#queue.pop(); entry !== undefined; entry = this.#queue.pop()) {
      for (const need of this.#needsOf(entry)) this.#choose(need);
      if (!this.#isMaker(entry)) continue;
      for (const part of this.#parts.get(entry.oid) ?? []) this.#choose(part);
      for (const { oid } of this.#partitions.get(entry.oid) ?? []) this.#chooseRelation(oid);
      for (const sequence of this.#sequences.get(entry.oid) ?? []) this.#choose(sequence);
    }
  }

  #chooseRelation(oid: number): void {
    const maker = this.#makers.get(oid);
    if (maker !== undefined) this.#choose(maker);
  }

  #makersOf(kind: string): readonly GraphEntry[] {
    return [...this.#makers.values()].filter(({ oid }) => this.#relations.get(oid)?.kind === kind);
  }

  #makersNeededBy({ needs }: GraphEntry): readonly GraphEntry[] {
    return needs
      .flatMap((dumpId) => this.#byDumpId.get(dumpId) ?? [])
      .filter((need) => this.#isMaker(need));
  }

  #needsOf(entry: GraphEntry): readonly GraphEntry[] {
    return entry.needs
      .flatMap((dumpId) => this.#byDumpId.get(dumpId) ?? [])
      .filter((need) => this.#isNeeded(entry, need));
  }

  #isNeeded(entry: GraphEntry, need: GraphEntry): boolean {
    const relation = this.#isMaker(entry) ? this.#relations.get(entry.oid) : undefined;
    // A partition is made as a table of its own, and attached later.
    if (relation?.isPartition === true) return !relation.parents.includes(need.oid);
    // So is a sequence, unless it is an identity's: that one is made with its column.
    if (relation?.kind === "S") return relation.isIdentity === true || !this.#isMaker(need);
    // The index of a partition is made as one of its own, too.
    const isForeignPart = need.relation !== undefined && need.relation !== entry.relation;
    return !(partKinds.has(entry.kind) && partKinds.has(need.kind) && isForeignPart);
  }

  /** Entries about others, where all of those are there. */
  #addRemarks(): void {
    for (const entry of this.#graph.entries) {
      if (!this.#broken.has(entry.dumpId) && this.#comesAlong(entry)) this.#chosen.add(entry);
    }
  }

  #comesAlong(entry: GraphEntry): boolean {
    if (alwaysKinds.has(entry.kind)) return true;
    if (entry.kind === "SEQUENCE OWNED BY") return this.#ownsSequence(entry);
    // The check of a domain is no part of a relation.
    const isLoose = entry.kind === "CHECK CONSTRAINT" && entry.relation === undefined;
    if (!isLoose && !remarkKinds.has(entry.kind)) return false;
    return entry.needs.length > 0 && this.#hasAll(entry);
  }

  #hasAll({ needs }: GraphEntry): boolean {
    return needs.every((dumpId) => {
      const need = this.#byDumpId.get(dumpId);
      return need !== undefined && this.#chosen.has(need);
    });
  }

  /** Whether both the sequence and the table that it belongs to come along. */
  #ownsSequence(entry: GraphEntry): boolean {
    const sequences = entry.needs.flatMap((dumpId) => this.#byDumpId.get(dumpId) ?? []);
    return sequences.every((sequence) => this.#chosen.has(sequence) && this.#hasAll(sequence));
  }

  /** A foreign key comes along with both of its tables. */
  #addForeignKeys(): readonly LeftOut[] {
    const leftOut: LeftOut[] = [];
    const isChosen = (oid: number | undefined): boolean => {
      const maker = this.#makers.get(oid ?? 0);
      return maker !== undefined && this.#chosen.has(maker);
    };
    for (const entry of this.#graph.entries) {
      if (entry.kind !== "FK CONSTRAINT" || !isChosen(entry.relation)) continue;
      if (isChosen(entry.refersTo)) this.#chosen.add(entry);
      else leftOut.push({ entry, reason: "the table that it points to is not restored" });
    }
    return leftOut;
  }

  #detached(named: ReadonlySet<GraphEntry>): readonly LeftOut[] {
    return [...named].flatMap((entry) => {
      const relation = this.#relations.get(entry.oid);
      const isLoose = relation?.isPartition === true && !this.#isBelowChosen(relation);
      return isLoose
        ? [{ entry, reason: "it comes as a table of its own, not as a partition" }]
        : [];
    });
  }

  #isBelowChosen(relation: Relation): boolean {
    return (
      relation.isPartition &&
      relation.parents.some((parent) => {
        const maker = this.#makers.get(parent);
        return maker !== undefined && this.#chosen.has(maker);
      })
    );
  }
}

function isIn(entry: GraphEntry, schema: string): boolean {
  // A foreign key is judged by both of its tables.
  if (entry.kind === "FK CONSTRAINT") return false;
  return entry.kind === "SCHEMA" ? entry.name === schema : entry.schema === schema;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
