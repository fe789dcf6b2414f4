import type { Client } from "pg";
import { isDatabaseError, ProgramError, UsageError } from "../../errors.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { RunContext } from "../source.ts";
import { connectTo, inDatabase, type Target } from "../../postgresql/connection.ts";
import { asideName, createDatabase, nameBeside, Undo } from "./database-target.ts";
import { applyProperties } from "./database-properties.ts";
import { quoted } from "./names.ts";
import * as queries from "./restore-queries.ts";
import type { RestoreChoices } from "./restore-options.ts";
import type { DatabasePlan } from "./restore-plan.ts";
import { restoreInto } from "./run-restore.ts";

export interface DatabaseInput {
  readonly target: Target;
  /** In the maintenance database; holds the lock that says the restore runs. */
  readonly client: Client;
  readonly context: RunContext;
  readonly choices: RestoreChoices;
}

export interface FillInput {
  readonly reader: CopyReader;
  readonly program: string;
  readonly passfile: string;
  readonly onProgress: (bytes: number) => void;
}

/** One database on its way: made aside, and given its name when it is whole. */
export class RestoredDatabase {
  readonly #plan: DatabasePlan;
  readonly #input: DatabaseInput;
  /** Where it is made; an empty one that was there is filled as it is. */
  readonly #name: string;
  #isCreated = false;
  #isSettled = false;
  #undo: Undo | undefined;

  constructor(plan: DatabasePlan, input: DatabaseInput) {
    this.#plan = plan;
    this.#input = input;
    const { name, state } = plan.destination;
    this.#name = state === "empty" ? name : asideName(name);
  }

  /** Restores and looks whether all tables came. Returns warnings. */
  async restore(fill: FillInput): Promise<readonly string[]> {
    const { plan, target, warnings } = await this.#prepare();
    const { context, choices } = this.#input;
    await restoreInto({ ...fill, ...plan, ...choices, context, target });
    const client = await connectTo(target, context);
    try {
      await this.#checkTables(client);
      if (this.#isCreated && plan.selection.isWhole) {
        warnings.push(...(await applyProperties(client, this.#name, plan.graph.database, choices)));
      }
    } finally {
      await client.end().catch(() => undefined);
    }
    return warnings;
  }

  async #prepare(): Promise<{ plan: DatabasePlan; target: Target; warnings: string[] }> {
    const { target, client, context } = this.#input;
    const plan = this.#plan;
    const into = inDatabase(target, this.#name);
    const warnings: string[] = [];
    if (plan.destination.state === "empty") {
      this.#undo = await prepareUndo(into, context);
    } else {
      this.#isCreated = true;
      const remark = await createDatabase(client, this.#name, plan.graph.database);
      if (remark !== undefined) warnings.push(remark);
    }
    return { plan, target: into, warnings };
  }

  async #checkTables(client: Client): Promise<void> {
    const { graph, selection } = this.#plan;
    const chosen = new Set(selection.entries.map((entry) => `${entry.class}.${entry.oid}`));
    const wanted = graph.relations.filter(({ oid }) => chosen.has(`1259.${oid}`));
    const { rows } = await client.query<{ schema: string; name: string }>(queries.absentRelations, [
      wanted.map(({ schema }) => schema),
      wanted.map(({ name }) => name),
    ]);
    if (rows.length === 0) return;
    const names = rows.slice(0, 5).map(({ schema, name }) => `${schema}.${name}`);
    throw new ProgramError(
      `pg_restore ended well, and ${rows.length} relations are not there: ${names.join(", ")}`,
      {
        hint: "What it had made was removed.",
      },
    );
  }

  /** Gives it its name, in one transaction with the old one losing it. Returns what was done. */
  async settle(): Promise<readonly string[]> {
    const { client, choices } = this.#input;
    const { name, state } = this.#plan.destination;
    this.#isSettled = true;
    if (state === "empty") return [];
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    // Lower case, so that nobody needs quotes to name it.
    const before = nameBeside(name, `_before_${time.toLowerCase()}`);
    const comment = this.#plan.selection.isWhole ? this.#plan.graph.database.comment : null;
    if (state === "full" && choices.mayForce)
      await client.query(queries.terminateConnections, [name]);
    try {
      await client.query("begin");
      if (state === "full")
        await client.query(`alter database ${quoted(name)} rename to ${quoted(before)}`);
      await client.query(`alter database ${quoted(this.#name)} rename to ${quoted(name)}`);
      await client.query(commentOn(name, comment));
      await client.query("commit");
    } catch (cause) {
      await client.query("rollback").catch(() => undefined);
      this.#isSettled = false;
      throw explain(cause, name);
    }
    return state === "full" ? [`the database that was "${name}" is kept as "${before}"`] : [];
  }

  /** Removes what it made. What has its name already stays: it is whole. */
  async takeBack(client: Client, context: RunContext): Promise<void> {
    if (this.#isCreated && !this.#isSettled) {
      await client.query(`drop database if exists ${quoted(this.#name)} with (force)`);
    }
    if (this.#undo === undefined) return;
    const session = await connectTo(inDatabase(this.#input.target, this.#name), context);
    try {
      const isClean = await this.#undo.apply(session);
      if (!isClean)
        context.warn(`the database "${this.#name}" still has a part of what was restored`);
    } finally {
      await session.end();
    }
  }
}

async function prepareUndo(target: Target, context: RunContext): Promise<Undo> {
  const client = await connectTo(target, context);
  try {
    return await Undo.prepare(client);
  } finally {
    await client.end();
  }
}

function commentOn(name: string, comment: string | null): string {
  const text =
    comment === null ? "null" : ` E'${comment.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  return `comment on database ${quoted(name)} is ${text}`;
}

/** Object in use; duplicate database, or its name at the very same time. */
function explain(cause: unknown, name: string): unknown {
  if (!isDatabaseError(cause)) return cause;
  if (cause.code === "55006") {
    return new UsageError(`the database "${name}" is in use, so it was left as it is`, {
      cause,
      hint: "Close its connections, or end them when the databases are swapped: --force.",
    });
  }
  if (cause.code !== "42P04" && cause.code !== "23505") return cause;
  return new UsageError(`a database "${name}" was made by somebody else meanwhile`, {
    cause,
    hint: "Nothing was changed. Name another one.",
  });
}
