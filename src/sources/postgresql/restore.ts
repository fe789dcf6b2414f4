import type { Client } from "pg";
import { isDatabaseError, messageOf, ProgramError, UsageError } from "../../errors.ts";
import type { RestoreOptions, RestoreReport, RunContext } from "../source.ts";
import { withPassfile } from "./back-up.ts";
import {
  connectTo,
  explained,
  inDatabase,
  resolveTarget,
  type Target,
} from "../../postgresql/connection.ts";
import { dropUnfinished } from "./database-target.ts";
import { quoted } from "./names.ts";
import { RestoredDatabase } from "./restored-database.ts";
import { readChoices } from "./restore-options.ts";
import { describePlan, planRestore, type PlanInput, type RestorePlan } from "./restore-plan.ts";
import type { PostgresqlSettings } from "./settings.ts";

/** Restores databases, or parts of them, into new or empty ones. */
export async function restore(request: RestoreOptions<PostgresqlSettings>): Promise<RestoreReport> {
  return await explained(request.context, async () => restoreAll(request));
}

async function restoreAll(request: RestoreOptions<PostgresqlSettings>): Promise<RestoreReport> {
  const { context, dryRun } = request;
  const choices = readChoices(request.options);
  const target = await resolveTarget(request.target, context.env);
  const client = await connectToMaintenance(target, context);
  try {
    const plan = await planRestore({ request, choices, target, client });
    const actions = describePlan(plan);
    if (dryRun) return { actions, bytes: 0, warnings: plan.warnings };
    const input = { request, choices, target, client };
    return await withPassfile(target, context, async (passfile) =>
      new RestoreRun(input, plan, passfile).carryOut(actions),
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** From where databases are created: one that nobody restores into. */
async function connectToMaintenance(target: Target, context: RunContext): Promise<Client> {
  try {
    return await connectTo(inDatabase(target, "postgres"), context);
  } catch (error) {
    if (context.signal.aborted || !isMissingDatabase(error)) throw error;
    return await connectTo(inDatabase(target, "template1"), context);
  }
}

function isMissingDatabase(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isDatabaseError(cause) && (cause.code === "3D000" || cause.code === "42501");
}

/** One restore that writes; what it made is removed again where any of it fails. */
class RestoreRun {
  readonly #input: PlanInput;
  readonly #plan: RestorePlan;
  readonly #passfile: string;
  readonly #made: RestoredDatabase[] = [];
  #createdRoles: readonly string[] = [];
  #bytes = 0;

  constructor(input: PlanInput, plan: RestorePlan, passfile: string) {
    this.#input = input;
    this.#plan = plan;
    this.#passfile = passfile;
  }

  async carryOut(actions: readonly string[]): Promise<RestoreReport> {
    const { client } = this.#input;
    const dropped = await dropUnfinished(client);
    const warnings = [
      ...this.#plan.warnings,
      ...dropped.map((name) => `the database "${name}" of an interrupted restore was removed`),
    ];
    try {
      await this.#createRoles();
      for (const plan of this.#plan.databases) warnings.push(...(await this.#fill(plan)));
      const done: string[] = [];
      // All are whole before the first one takes its name.
      for (const database of this.#made) done.push(...(await database.settle()));
      return { actions: [...actions, ...done], bytes: this.#bytes, warnings };
    } catch (error) {
      await this.#takeBack(error);
      throw error;
    }
  }

  async #createRoles(): Promise<void> {
    const { client } = this.#input;
    const { statements, created } = this.#plan.roles;
    if (statements.length === 0) return;
    await client.query("begin");
    try {
      for (const statement of statements) await client.query(statement);
      await client.query("commit");
      this.#createdRoles = created;
    } catch (cause) {
      await client.query("rollback").catch(() => undefined);
      // The statement holds a password: only what the server says is shown.
      throw new UsageError(`the roles could not be created: ${messageOf(cause)}`, {
        hint: "Use a superuser, create them before, or leave them out: --no-globals or --no-owner.",
      });
    }
  }

  async #fill(plan: RestorePlan["databases"][number]): Promise<readonly string[]> {
    const { request, choices, target, client } = this.#input;
    const { program } = this.#plan;
    if (program === undefined) throw new ProgramError("there is no pg_restore");
    const database = new RestoredDatabase(plan, {
      target,
      client,
      context: request.context,
      choices,
    });
    this.#made.push(database);
    return await database.restore({
      reader: request.reader,
      program: program.path,
      passfile: this.#passfile,
      onProgress: (bytes) => {
        this.#bytes += bytes;
        request.onProgress?.(bytes);
      },
    });
  }

  async #takeBack(failure: unknown): Promise<void> {
    const { request } = this.#input;
    // Our connection may be gone, and the signal would give a new one up.
    const context = { ...request.context, signal: new AbortController().signal };
    try {
      const client = await connectToMaintenance(this.#input.target, context);
      try {
        for (const database of this.#made) await database.takeBack(client, context);
        for (const role of this.#createdRoles)
          await client.query(`drop role if exists ${quoted(role)}`);
      } finally {
        await client.end().catch(() => undefined);
      }
    } catch (cause) {
      request.context.warn(
        `what the restore had made could not all be removed: ${messageOf(cause)}; it failed because ${messageOf(failure)}`,
      );
    }
  }
}
