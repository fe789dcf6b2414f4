import { InstallError, isDatabaseError, LastgoodError } from "../errors.ts";
import { codeLayerVersion, readCodeFiles, readMigrations } from "../sql-files.ts";
import type { Queryable } from "../dao/queryable.ts";

export const queueSchema = "lastgood_queue";

export const insufficientPrivilege = "42501";
const notInstalled = new Set(["3F000", "42P01", "42883"]);

/**
 * Makes sure that the schema is there, in this version; a worker never installs it.
 *
 * @throws InstallError when it is not
 */
export async function requireSchema(client: Queryable): Promise<void> {
  const installed = await readVersion(client);
  if (installed === undefined) return;
  const wanted = codeLayerVersion(await readMigrations(), readCodeFiles());
  if (installed !== wanted) {
    throw new InstallError("schema lastgood is that of another version of lastgood", {
      hint: "Run: lastgood install; where the schema is the newer one, use that newer lastgood here.",
    });
  }
}

/** Null where nothing was installed, undefined where the role may not see it. */
async function readVersion(client: Queryable): Promise<string | null | undefined> {
  try {
    const { rows } = await client.query<{ version: string }>(
      "select l.version from lastgood.code_layer as l",
    );
    return rows[0]?.version ?? null;
  } catch (error) {
    if (isDatabaseError(error) && notInstalled.has(error.code)) {
      throw new InstallError("schema lastgood is not installed in this database", {
        cause: error,
        hint: "Run: lastgood install",
      });
    }
    if (isDatabaseError(error) && error.code === insufficientPrivilege) return undefined;
    throw error;
  }
}

/** What a failed start means for whoever set the worker up. */
export function explainStart(error: unknown): unknown {
  if (error instanceof LastgoodError || !isDatabaseError(error)) return error;
  if (error.code !== insufficientPrivilege) return error;
  return new InstallError(`the worker's role lacks a right: ${error.message}`, {
    cause: error,
    hint:
      "Make it an operator with: lastgood grant ROLE --as operator; let it make its queue with: " +
      `grant create on database … to ROLE; where schema ${queueSchema} belongs to another role, ` +
      "run all workers as that one.",
  });
}
