import type { Client } from "pg";
import { NotFoundError, ProgramError, UsageError } from "../../errors.ts";
import { formatCount } from "../../format.ts";
import type { ClientProgram } from "../../server/client-programs.ts";
import type { RestoreOptions } from "../source.ts";
import { readGraphOf, readPicks, readText } from "./backup-content.ts";
import { select, type Selection, type Wanted } from "./closure.ts";
import type { Target } from "../../postgresql/connection.ts";
import { findDestination, type Destination } from "./database-target.ts";
import type { Graph } from "./graph.ts";
import { dotted } from "./names.ts";
import { planRoles, rolesOf, type RolePlan } from "./plan-roles.ts";
import * as queries from "./restore-queries.ts";
import type { RestoreChoices } from "./restore-options.ts";
import { majorOf, programFor, readServer, type ServerFacts } from "./server.ts";
import type { PostgresqlSettings } from "./settings.ts";

export interface DatabasePlan {
  /** As the backup names it. */
  readonly database: string;
  readonly graph: Graph;
  readonly selection: Selection;
  readonly destination: Destination;
  /** Options of pg_restore. */
  readonly options: readonly string[];
}

export interface RestorePlan {
  readonly databases: readonly DatabasePlan[];
  readonly roles: RolePlan;
  readonly program: ClientProgram | undefined;
  readonly facts: ServerFacts;
  readonly warnings: readonly string[];
}

export interface PlanInput {
  readonly request: RestoreOptions<PostgresqlSettings>;
  readonly choices: RestoreChoices;
  readonly target: Target;
  /** In the maintenance database of the target. */
  readonly client: Client;
}

/** Checks all that can be checked before anything is written. @throws LastgoodError with a hint */
export async function planRestore(input: PlanInput): Promise<RestorePlan> {
  const { request, client, choices } = input;
  const { reader, picked } = request;
  const picks = await readPicks(reader, picked);
  const facts = await readServer(client);
  const databases: DatabasePlan[] = [];
  const warnings: string[] = [];
  for (const [database, wanted] of picks.databases) {
    const name = picks.databases.size === 1 ? nameFor(input.target, database) : database;
    databases.push(await planDatabase(database, wanted, name, { ...input, facts, warnings }));
  }
  const graphs = databases.map(({ graph }) => graph);
  const isNothing = databases.length === 0 && !picks.onlyGlobals;
  if (isNothing)
    throw new NotFoundError("the backup has no database", { hint: "Take another one." });
  return {
    databases,
    roles: await planRolesFor(databases, { ...input, facts }, picks.onlyGlobals),
    program: graphs.length === 0 ? undefined : await programOf(graphs, facts, request.context.env),
    facts,
    warnings: choices.hasOwners
      ? warnings
      : [...warnings, "everything belongs to the login, and no rights were granted"],
  };
}

function nameFor(target: Target, database: string): string {
  return target.namesDatabase ? target.database : database;
}

interface DatabaseInput extends PlanInput {
  readonly facts: ServerFacts;
  readonly warnings: string[];
}

async function planDatabase(
  database: string,
  wanted: Wanted,
  name: string,
  input: DatabaseInput,
): Promise<DatabasePlan> {
  const { request, client, target, choices, facts, warnings } = input;
  const graph = await readGraphOf(request.reader, database);
  const selection = select(graph, wanted);
  refuseAbsent(graph, wanted, selection);
  await checkExtensions(client, selection);
  const destination = await findDestination(name, {
    target,
    client,
    context: request.context,
    mayReplace: request.replace,
    mayForce: choices.mayForce,
  });
  if (destination.state !== "empty" && !facts.isSuperuser && !facts.mayCreateDatabases) {
    throw new UsageError(`the login may not create the database "${name}"`, {
      hint: "Create it, empty and owned by the login, or use a login with CREATEDB.",
    });
  }
  const tablespaces = await absentTablespaces(client, graph);
  if (tablespaces.length > 0) {
    warnings.push(
      `tablespaces are missing, their tables come to the default one: ${tablespaces.join(", ")}`,
    );
  }
  if (majorOf(facts) < majorOf(graph.server)) {
    warnings.push(
      `the target, PostgreSQL ${facts.version}, is older than the original, ${graph.server.version}`,
    );
  }
  const options = [
    ...(choices.hasOwners ? [] : ["--no-owner", "--no-privileges"]),
    ...(tablespaces.length > 0 ? ["--no-tablespaces"] : []),
  ];
  return { database, graph, selection, destination, options };
}

/** Everything that was named must come. */
function refuseAbsent(graph: Graph, wanted: Wanted, { entries }: Selection): void {
  const chosen = new Set(entries.map(({ dumpId }) => dumpId));
  const has = (schema: string, table?: string): boolean =>
    graph.entries.some(
      (entry) =>
        chosen.has(entry.dumpId) &&
        (entry.schema === schema || (entry.kind === "SCHEMA" && entry.name === schema)) &&
        (table === undefined || (entry.name === table && entry.relation === undefined)),
    );
  const absent = [
    ...wanted.tables
      .filter(({ schema, table }) => !has(schema, table))
      .map(({ schema, table }) => dotted(schema, table)),
    ...wanted.schemas.filter((schema) => !has(schema)),
  ];
  if (absent.length === 0) return;
  throw new NotFoundError(
    `cannot be restored alone, or is not in the backup: ${absent.join(", ")}`,
    {
      hint: "It may depend on a table that was left out of the backup. lastgood backup items lists what there is.",
    },
  );
}

async function checkExtensions(client: Client, { entries }: Selection): Promise<void> {
  const needed = entries
    .filter(({ kind }) => kind === "EXTENSION")
    .flatMap(({ name }) => name ?? []);
  const { rows } = await client.query<{ name: string }>(queries.availableExtensions);
  const present = new Set(rows.map(({ name }) => name));
  const absent = needed.filter((name) => !present.has(name));
  if (absent.length === 0) return;
  throw new ProgramError(`extensions are missing on the target server: ${absent.join(", ")}`, {
    hint: "Install their packages there first.",
  });
}

async function absentTablespaces(client: Client, graph: Graph): Promise<readonly string[]> {
  if (graph.tablespaces.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(queries.presentTablespaces);
  return graph.tablespaces.filter((name) => !rows.some((row) => row.name === name));
}

async function planRolesFor(
  databases: readonly DatabasePlan[],
  { request, client, target, choices, facts }: PlanInput & { facts: ServerFacts },
  onlyGlobals: boolean,
): Promise<RolePlan> {
  const roles = databases.map(({ graph, selection }) =>
    rolesOf(graph, selection, choices.hasOwners),
  );
  const hasGlobals = choices.hasGlobals && (choices.hasOwners || onlyGlobals);
  return await planRoles({
    client,
    facts,
    user: target.user,
    globals: hasGlobals ? await readText(request.reader, "globals.sql") : undefined,
    needed: new Set(roles.flatMap(({ needed }) => needed)),
    owners: new Set(roles.flatMap(({ owners }) => owners)),
    wantsAll: onlyGlobals || databases.some(({ selection }) => selection.isWhole),
  });
}

/** At least as new as the target and as the program that dumped. */
async function programOf(
  graphs: readonly Graph[],
  facts: ServerFacts,
  env: PlanInput["request"]["context"]["env"],
): Promise<ClientProgram> {
  const majors = graphs.map(({ pgDump }) => Number.parseInt(pgDump, 10));
  return await programFor("pg_restore", Math.max(majorOf(facts), ...majors), env);
}

/** What a plan does, a line each, in the order in which it is done. */
export function describePlan(plan: RestorePlan): readonly string[] {
  return [...plan.roles.actions, ...plan.databases.flatMap(describeDatabase)];
}

function describeDatabase({ database, selection, destination }: DatabasePlan): readonly string[] {
  const { name, state } = destination;
  const how = {
    absent: `create database "${name}"`,
    empty: `fill the empty database "${name}"`,
    full: `replace database "${name}"; the old one is kept under another name`,
  }[state];
  const tables = selection.entries.filter(({ kind }) => kind === "TABLE").length;
  const what = selection.isWhole ? "all" : "a part";
  return [
    `${how}: ${what} of "${database}", ${formatCount(tables, "table")}`,
    ...selection.brought.map((each) => `bring ${dotted(each.schema, each.name)} too: it is needed`),
    ...selection.leftOut.map(
      ({ entry, reason }) => `leave out ${entry.kind.toLowerCase()} ${entry.label}: ${reason}`,
    ),
  ];
}
