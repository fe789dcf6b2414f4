import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { isDatabaseError, UsageError } from "../../errors.ts";
import type { RunContext } from "../source.ts";
import { connectTo, inDatabase, type Target } from "../../postgresql/connection.ts";
import type { DatabaseFacts } from "./graph.ts";
import { literal, quoted } from "./names.ts";
import * as queries from "./restore-queries.ts";

/** Where one database is to come to, as it was before anything was written. */
export interface Destination {
  readonly name: string;
  readonly state: "absent" | "empty" | "full";
}

export interface DestinationOptions {
  readonly target: Target;
  /** In the maintenance database. */
  readonly client: Client;
  readonly context: RunContext;
  readonly mayReplace: boolean;
  readonly mayForce: boolean;
}

/** Looks where a database is to come to. @throws UsageError where it must not */
export async function findDestination(
  name: string,
  options: DestinationOptions,
): Promise<Destination> {
  const { client, target, context, mayReplace, mayForce } = options;
  const { rows } = await client.query<{ connections: number; takesConnections: boolean }>(
    queries.findDatabase,
    [name],
  );
  const [found] = rows;
  if (found === undefined) return { name, state: "absent" };
  const objects = await objectsIn(inDatabase(target, name), context);
  if (objects.length === 0) return { name, state: "empty" };
  if (!mayReplace) {
    throw new UsageError(`the database "${name}" is not empty: it has ${objects.join(", ")}`, {
      hint: "Name a new or empty database, or restore aside and swap with --replace.",
    });
  }
  if (found.connections > 0 && !mayForce) {
    throw new UsageError(`the database "${name}" is in use by ${found.connections} connections`, {
      hint: "Close them, or end them when the databases are swapped: --force.",
    });
  }
  return { name, state: "full" };
}

async function objectsIn(target: Target, context: RunContext): Promise<readonly string[]> {
  const client = await connectTo(target, context);
  try {
    const { rows } = await client.query<{ name: string }>(queries.userObjects);
    return rows.map(({ name }) => name);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A name beside another one, within what PostgreSQL allows. */
export function nameBeside(name: string, suffix: string): string {
  const bytes = Buffer.from(name, "utf8").subarray(0, 63 - suffix.length);
  // A character that was cut is left out as a whole.
  return `${bytes.toString("utf8").replace(/\uFFFD$/, "")}${suffix}`;
}

export function asideName(name: string): string {
  return nameBeside(name, `_lastgood_${randomBytes(4).toString("hex")}`);
}

const unfinished = "lastgood: an unfinished restore, removed by the next one";

/**
 * Creates a database that says of itself that it is unfinished, with the encoding and locale of the
 * original; where the server lacks that locale, with its own. Returns a remark then.
 */
export async function createDatabase(
  client: Client,
  name: string,
  facts: DatabaseFacts,
): Promise<string | undefined> {
  await client.query(queries.lockDatabase, [name]);
  const encoding = `encoding ${literal(facts.encoding)}`;
  const { rows } = await client.query<{ major: number }>(queries.serverMajor);
  const hasProviders = Number(rows[0]?.major) >= 15;
  const plainC = `${encoding} lc_collate 'C' lc_ctype 'C'`;
  const choices = [`${encoding} ${localeOf(facts.row, hasProviders)}`, encoding, plainC];
  for (const [index, choice] of choices.entries()) {
    try {
      await client.query(`create database ${quoted(name)} template template0 ${choice}`);
      await client.query(`comment on database ${quoted(name)} is ${literal(unfinished)}`);
      if (index === 0) return undefined;
      return `the locale of "${facts.name}" is not on this server: text may sort in another order`;
    } catch (error) {
      const isLast = index === choices.length - 1;
      if (isLast || !isDatabaseError(error) || !isAboutLocale(error.code)) throw error;
    }
  }
  return undefined;
}

/** Syntax error of an older server, invalid parameter value, wrong object type, undefined object, not supported. */
function isAboutLocale(code: string): boolean {
  return ["42601", "22023", "42809", "42704", "0A000"].includes(code);
}

/** Columns of pg_database as versions 14 to 18 have them. */
function localeOf(row: Readonly<Record<string, unknown>>, hasProviders: boolean): string {
  const options = [
    ["lc_collate", row["datcollate"]],
    ["lc_ctype", row["datctype"]],
    ...(hasProviders ? providerOf(row) : []),
  ] as const;
  return options
    .flatMap(([key, value]) => (typeof value === "string" ? [`${key} ${literal(value)}`] : []))
    .join(" ");
}

function providerOf(row: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  const locale = row["datlocale"] ?? row["daticulocale"];
  if (row["datlocprovider"] === "i") {
    const rules = ["icu_rules", row["daticurules"]] as const;
    return [["locale_provider", "icu"], ["icu_locale", locale], rules];
  }
  if (row["datlocprovider"] !== "b") return [["locale_provider", "libc"]];
  return [
    ["locale_provider", "builtin"],
    ["builtin_locale", locale],
  ];
}

/** Removes what restores that were killed have left: each of those that run holds a lock. */
export async function dropUnfinished(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(queries.unfinishedDatabases);
  const dropped: string[] = [];
  for (const { name } of rows) {
    const lock = await client.query<{ isLocked: boolean }>(queries.lockDatabase, [name]);
    if (lock.rows[0]?.isLocked !== true) continue;
    try {
      await client.query(`drop database if exists ${quoted(name)} with (force)`);
      dropped.push(name);
    } catch {
      // Another login's: it is left to that one.
    } finally {
      await client.query(queries.unlockDatabase, [name]);
    }
  }
  return dropped;
}

/** Takes back what a failed restore wrote into a database that was there, empty, before. */
export class Undo {
  readonly #schemas: readonly string[];
  readonly #extensions: readonly string[];

  private constructor(schemas: readonly string[], extensions: readonly string[]) {
    this.#schemas = schemas;
    this.#extensions = extensions;
  }

  static async prepare(client: Client): Promise<Undo> {
    const { rows } = await client.query<{ schemas: string[]; extensions: string[] }>(
      queries.presentSchemas,
    );
    return new Undo(rows[0]?.schemas ?? [], rows[0]?.extensions ?? []);
  }

  /** Whether nothing is left. */
  async apply(client: Client): Promise<boolean> {
    const { rows } = await client.query<{ statement: string }>(queries.leftovers, [
      this.#schemas,
      this.#extensions,
    ]);
    // One that fails may have gone with an earlier one; what is left is looked for at the end.
    for (const { statement } of rows) await client.query(statement).catch(() => undefined);
    const { rows: left } = await client.query(queries.userObjects);
    return left.length === 0;
  }
}
