import type { Client } from "pg";
import { UsageError } from "../../errors.ts";
import type { Selection } from "./closure.ts";
import type { Graph } from "./graph.ts";
import * as queries from "./restore-queries.ts";
import { parseRoles, type Roles } from "./roles.ts";
import type { ServerFacts } from "./server.ts";

export interface RolePlan {
  /** Statements for one transaction. */
  readonly statements: readonly string[];
  readonly created: readonly string[];
  readonly actions: readonly string[];
}

export interface RoleNeeds {
  /** Of the target. */
  readonly client: Client;
  readonly facts: ServerFacts;
  readonly user: string;
  /** What pg_dumpall wrote, where the backup has it. */
  readonly globals: string | undefined;
  /** Roles that objects belong to, or that rights are granted to. */
  readonly needed: ReadonlySet<string>;
  /** Those of them that objects belong to. */
  readonly owners: ReadonlySet<string>;
  /** All roles of the backup are to come, not just the needed ones. */
  readonly wantsAll: boolean;
}

/** Roles that restoring a selection takes; without owners only those that policies name. */
export function rolesOf(
  graph: Graph,
  { entries }: Selection,
  hasOwners: boolean,
): { readonly needed: readonly string[]; readonly owners: readonly string[] } {
  const chosen = new Set(entries.map((entry) => `${entry.class}.${entry.oid}`));
  const roles = graph.roles.filter(
    (each) => chosen.has(`${each.class}.${each.oid}`) && (hasOwners || each.kind === "r"),
  );
  const owners = roles.filter(({ kind }) => kind === "o").map(({ role }) => role);
  return { needed: roles.map(({ role }) => role), owners };
}

/** Plans which roles to make. Those that exist stay as they are. @throws UsageError before anything is written */
export async function planRoles(needs: RoleNeeds): Promise<RolePlan> {
  const { rows } = await needs.client.query<{ name: string; isMember: boolean }>(
    queries.presentRoles,
  );
  const present = new Map(rows.map(({ name, isMember }) => [name, isMember]));
  const kept: Roles =
    needs.globals === undefined ? { roles: [], memberships: [] } : parseRoles(needs.globals);
  const missing = kept.roles.filter(({ role }) => !present.has(role));
  const wanted = missing.filter(({ role }) => needs.wantsAll || needs.needed.has(role));
  const isPossible = needs.facts.isSuperuser || needs.facts.mayCreateRoles;
  const made = isPossible ? wanted : [];
  const created = new Set(made.map(({ role }) => role));
  refuseMissing([...needs.needed].filter((role) => !present.has(role) && !created.has(role)));
  if (!needs.facts.isSuperuser) {
    refuseForeign(
      [...needs.owners].filter((role) => role !== needs.user && present.get(role) !== true),
    );
  }
  const memberships = kept.memberships.filter(
    ({ role, member }) =>
      (created.has(role) || created.has(member)) &&
      [role, member].every((each) => created.has(each) || present.has(each)),
  );
  return {
    statements: [
      ...made.flatMap(({ statements }) => statements),
      ...memberships.map(({ statement }) => statement),
    ],
    created: [...created],
    actions: describe(
      kept,
      made.map(({ role }) => role),
      wanted.length - made.length,
      present,
    ),
  };
}

function describe(
  kept: Roles,
  made: readonly string[],
  skipped: number,
  present: ReadonlyMap<string, unknown>,
): readonly string[] {
  const existing = kept.roles.map(({ role }) => role).filter((role) => present.has(role));
  return [
    ...(made.length > 0 ? [`create roles: ${made.join(", ")}`] : []),
    ...(existing.length > 0 ? [`leave roles as they are: ${existing.join(", ")}`] : []),
    ...(skipped > 0
      ? [`leave out ${skipped} roles that nothing needs: the login may not create roles`]
      : []),
  ];
}

function refuseMissing(missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new UsageError(`roles are missing on the target: ${missing.join(", ")}`, {
    hint: "Create them, use a login that may (CREATEROLE), or restore without owners and grants: --no-owner.",
  });
}

function refuseForeign(owners: readonly string[]): void {
  if (owners.length === 0) return;
  throw new UsageError(`the login may not give objects to ${owners.join(", ")}`, {
    hint: "Grant it those roles, use a superuser, or restore without owners and grants: --no-owner.",
  });
}
