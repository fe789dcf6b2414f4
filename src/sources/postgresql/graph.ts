import { z } from "zod";

/**
 * What a dump of one database holds and how its parts depend on each other, as the dump's own
 * snapshot had it. Lies beside the dump as graph.json.
 */
export interface Graph {
  readonly format: "lastgood-graph";
  readonly version: 1;
  readonly database: DatabaseFacts;
  readonly server: ServerRecord;
  readonly pgDump: string;
  readonly entries: readonly GraphEntry[];
  readonly relations: readonly Relation[];
  /** Roles that objects belong to or grant something to. */
  readonly roles: readonly NeededRole[];
  readonly tablespaces: readonly string[];
  /** Dump ids that cannot be restored: what they depend on was left out of the dump. */
  readonly broken: readonly number[];
}

export interface DatabaseFacts {
  readonly name: string;
  readonly encoding: string;
  readonly owner: string;
  readonly comment: string | null;
  readonly row: Readonly<Record<string, unknown>>;
  readonly settings: readonly { role: string | null; settings: readonly string[] }[] | null;
  readonly grants:
    | readonly { grantee: string | null; privilege: string; isGrantable: boolean }[]
    | null;
}

export interface ServerRecord {
  readonly version: string;
  readonly versionNum: number;
  readonly isStandby: boolean;
  readonly lsn?: string | undefined;
  readonly timeline?: number | undefined;
  readonly systemIdentifier?: string | undefined;
}

/** An entry of the dump's table of contents, in the order in which they are restored. */
export interface GraphEntry {
  readonly dumpId: number;
  readonly class: number;
  readonly oid: number;
  readonly kind: string;
  /** For people. */
  readonly label: string;
  readonly needs: readonly number[];
  readonly schema?: string | undefined;
  readonly name?: string | undefined;
  /** Oid of the relation that this is a part of. */
  readonly relation?: number | undefined;
  /** Oid of the relation that a foreign key points to. */
  readonly refersTo?: number | undefined;
  /** Whose rows these are. */
  readonly data?: DataOf | undefined;
}

/** A table, and its columns in the order in which the dump has them. */
export interface DataOf {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
}

export interface Relation {
  readonly oid: number;
  /** As pg_class has it. */
  readonly kind: string;
  readonly schema: string;
  readonly name: string;
  readonly isPartition: boolean;
  readonly parents: readonly number[];
  /** Whether a sequence belongs to an identity column, and so is made with its table. */
  readonly isIdentity?: boolean | undefined;
  /** Bytes of its data in the dump. */
  readonly bytes?: number | undefined;
}

export interface NeededRole {
  readonly role: string;
  /** Of pg_shdepend: o owner, a grants, r policy. */
  readonly kind: string;
  readonly class: number;
  readonly oid: number;
}

const nullableText = z.string().nullable();

export const graphSchema: z.ZodType<Graph> = z.object({
  format: z.literal("lastgood-graph"),
  version: z.literal(1),
  database: z.object({
    name: z.string(),
    encoding: z.string(),
    owner: z.string(),
    comment: nullableText,
    row: z.record(z.string(), z.unknown()),
    settings: z.array(z.object({ role: nullableText, settings: z.array(z.string()) })).nullable(),
    grants: z
      .array(z.object({ grantee: nullableText, privilege: z.string(), isGrantable: z.boolean() }))
      .nullable(),
  }),
  server: z.object({
    version: z.string(),
    versionNum: z.number(),
    isStandby: z.boolean(),
    lsn: z.string().optional(),
    timeline: z.number().optional(),
    systemIdentifier: z.string().optional(),
  }),
  pgDump: z.string(),
  entries: z.array(
    z.object({
      dumpId: z.number(),
      class: z.number(),
      oid: z.number(),
      kind: z.string(),
      label: z.string(),
      needs: z.array(z.number()),
      schema: z.string().optional(),
      name: z.string().optional(),
      relation: z.number().optional(),
      refersTo: z.number().optional(),
      data: z
        .object({ schema: z.string(), name: z.string(), columns: z.array(z.string()) })
        .optional(),
    }),
  ),
  relations: z.array(
    z.object({
      oid: z.number(),
      kind: z.string(),
      schema: z.string(),
      name: z.string(),
      isPartition: z.boolean(),
      parents: z.array(z.number()),
      isIdentity: z.boolean().optional(),
      bytes: z.number().optional(),
    }),
  ),
  roles: z.array(
    z.object({ role: z.string(), kind: z.string(), class: z.number(), oid: z.number() }),
  ),
  tablespaces: z.array(z.string()),
  broken: z.array(z.number()),
});
