import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { messageOf, ProgramError } from "../../errors.ts";
import { CorruptError } from "../../layouts/errors.ts";
import type { CopyReader, Finding } from "../../layouts/layout.ts";
import { startThrowaway, type ThrowawayServer } from "../../server/throwaway.ts";
import type { RunContext } from "../source.ts";
import { withPassfile } from "./back-up.ts";
import { readGraphOf, readPicks } from "./backup-content.ts";
import { select, type Selection } from "./closure.ts";
import { connectTo, inDatabase, resolveTarget, type Target } from "../../postgresql/connection.ts";
import type { Graph, GraphEntry } from "./graph.ts";
import { quoted } from "./names.ts";
import * as queries from "./restore-queries.ts";
import { restoreInto } from "./run-restore.ts";
import { majorOf, programFor } from "./server.ts";

/**
 * Restores every database into a throw-away server, as a role that may do nothing else there, and
 * looks whether all tables came. Owners and rights are left aside.
 */
export async function rehearse(
  reader: CopyReader,
  context: RunContext,
): Promise<readonly Finding[]> {
  const { databases } = await readPicks(reader, { items: [] });
  const graphs = await Promise.all(
    [...databases.keys()].map(async (name) => readGraphOf(reader, name)),
  );
  if (graphs.length === 0) return [];
  let server: ThrowawayServer;
  try {
    server = await startServer(
      Math.max(...graphs.map(({ server: { versionNum } }) => majorOf({ versionNum }))),
      context,
    );
  } catch (error) {
    return [{ result: "could_not_check", what: "the rehearsal", reason: messageOf(error) }];
  }
  try {
    const rehearsal = new Rehearsal(server, reader, context);
    const findings: Finding[] = [];
    for (const graph of graphs) findings.push(...(await rehearsal.restore(graph)));
    return findings;
  } finally {
    await server.stop();
  }
}

/** A server of the same version, else of any newer one. */
async function startServer(major: number, { env }: RunContext): Promise<ThrowawayServer> {
  try {
    return await startThrowaway({ env, major });
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const server = await startThrowaway({ env });
    if (server.major >= major) return server;
    await server.stop();
    throw error;
  }
}

const role = "lastgood_rehearsal";

class Rehearsal {
  readonly #server: ThrowawayServer;
  readonly #reader: CopyReader;
  readonly #context: RunContext;
  readonly #password = randomBytes(18).toString("base64url");

  constructor(server: ThrowawayServer, reader: CopyReader, context: RunContext) {
    this.#server = server;
    this.#reader = reader;
    this.#context = context;
  }

  async restore(graph: Graph): Promise<readonly Finding[]> {
    const what = `database ${graph.database.name}`;
    const selection = withoutSuperuserEntries(select(graph, { schemas: [], tables: [] }));
    const superuser = await resolveTarget(this.#server.url, this.#context.env);
    try {
      const target = await this.#prepare(graph, superuser);
      const major = Math.max(this.#server.major, Number.parseInt(graph.pgDump, 10));
      const program = await programFor("pg_restore", major, this.#context.env);
      await this.#restoreInto(target, graph, selection, program.path);
      return await this.#compare(target, graph, selection);
    } catch (error) {
      if (!(error instanceof Error) || this.#context.signal.aborted) throw error;
      return [{ result: resultOf(error), what, reason: messageOf(error) }];
    }
  }

  /** An empty database, owned by the role; extensions are the superuser's to make. */
  async #prepare(graph: Graph, superuser: Target): Promise<Target> {
    const name = `rehearsal_${randomBytes(4).toString("hex")}`;
    const maintenance = await connectTo(superuser, this.#context);
    try {
      await makeRole(maintenance, role, `login password '${this.#password}'`);
      for (const each of graph.roles.filter(({ kind }) => kind === "r"))
        await makeRole(maintenance, each.role, "");
      const encoding = `encoding '${graph.database.encoding.replaceAll("'", "")}'`;
      await maintenance.query(
        `create database ${name} owner ${role} template template0 ${encoding} lc_collate 'C' lc_ctype 'C'`,
      );
    } finally {
      await maintenance.end();
    }
    await this.#makeExtensions(graph, inDatabase(superuser, name));
    const target = inDatabase(superuser, name);
    const url = new URL(this.#server.url);
    [url.username, url.password, url.pathname] = [role, this.#password, `/${name}`];
    return { ...target, ...(await resolveTarget(url.href, this.#context.env)) };
  }

  async #makeExtensions(graph: Graph, target: Target): Promise<void> {
    const client = await connectTo(target, this.#context);
    try {
      await client.query(`alter schema public owner to ${role}`);
      for (const { name = "", schema = "public" } of extensionsOf(graph.entries)) {
        await client.query(`create schema if not exists ${quoted(schema)} authorization ${role}`);
        await client.query(`create extension ${quoted(name)} with schema ${quoted(schema)}`);
      }
    } finally {
      await client.end();
    }
  }

  async #restoreInto(
    target: Target,
    graph: Graph,
    selection: Selection,
    program: string,
  ): Promise<void> {
    await withPassfile(target, this.#context, async (passfile) =>
      restoreInto({
        reader: this.#reader,
        context: this.#context,
        graph,
        selection,
        program,
        target,
        passfile,
        jobs: 2,
        options: ["--no-owner", "--no-privileges", "--no-tablespaces"],
      }),
    );
  }

  async #compare(
    target: Target,
    graph: Graph,
    { entries }: Selection,
  ): Promise<readonly Finding[]> {
    const chosen = new Set(entries.map((entry) => `${entry.class}.${entry.oid}`));
    const wanted = graph.relations.filter(({ oid }) => chosen.has(`1259.${oid}`));
    const client = await connectTo(target, this.#context);
    try {
      const { rows } = await client.query<{ schema: string; name: string }>(
        queries.absentRelations,
        [wanted.map(({ schema }) => schema), wanted.map(({ name }) => name)],
      );
      return rows.map(({ schema, name }) => ({
        result: "corrupt",
        what: `${graph.database.name}.${schema}.${name}`,
        reason: "it is not there after a restore",
      }));
    } finally {
      await client.end();
    }
  }
}

/** Names come from the backup: they are quoted, and stand in no text. */
async function makeRole(client: Client, name: string, options: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(queries.presentRoles);
  if (rows.some((row) => row.name === name)) return;
  await client.query(`create role ${quoted(name)} ${options}`);
}

function extensionsOf(entries: readonly GraphEntry[]): readonly GraphEntry[] {
  return entries.filter(({ kind }) => kind === "EXTENSION");
}

const superuserKinds = /^(?:EXTENSION|EVENT TRIGGER|PUBLICATION.*|SUBSCRIPTION.*)$/;

/** Without what takes a superuser, with the schemas that extensions came into, and remarks about them. */
function withoutSuperuserEntries(selection: Selection): Selection {
  const schemas = new Set(extensionsOf(selection.entries).map(({ schema }) => schema));
  const removed = new Set(
    selection.entries
      .filter(
        ({ kind, name }) => superuserKinds.test(kind) || (kind === "SCHEMA" && schemas.has(name)),
      )
      .map(({ dumpId }) => dumpId),
  );
  const entries = selection.entries.filter(
    (entry) =>
      !removed.has(entry.dumpId) &&
      !(isRemark(entry) && entry.needs.some((need) => removed.has(need))),
  );
  return { ...selection, entries };
}

function isRemark({ kind }: GraphEntry): boolean {
  return kind === "COMMENT" || kind === "SECURITY LABEL";
}

/** What a superuser or an installed extension would have done says nothing about the backup. */
function resultOf(error: Error): Finding["result"] {
  const isPrevented =
    /permission denied|must be superuser|is not available|could not open extension|could not access file/i;
  if (isPrevented.test(error.message)) return "could_not_check";
  return error instanceof ProgramError || error instanceof CorruptError
    ? "corrupt"
    : "could_not_check";
}
