import { ProgramError } from "../../errors.ts";
import { connectTo, resolveTarget } from "../../postgresql/connection.ts";
import { identifyDatabases, identityHint } from "../../postgresql/identity.ts";
import type { RunContext } from "../source.ts";
import { chooseDatabases } from "./back-up.ts";
import type { PostgresqlSettings } from "./settings.ts";

/**
 * The databases that a backup dumps, as `SYSTEM_IDENTIFIER/OID`.
 *
 * @throws ProgramError where the login may not know which server it is
 */
export async function protects(
  settings: PostgresqlSettings,
  context: RunContext,
): Promise<readonly string[]> {
  const target = await resolveTarget(settings.url, context.env);
  const databases = await chooseDatabases(target, settings, context);
  const client = await connectTo(target, context);
  try {
    const identified = await identifyDatabases(client, databases);
    if (identified !== undefined) return identified;
    throw new ProgramError("the login of the source may not know which server it is on", {
      hint: identityHint,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
