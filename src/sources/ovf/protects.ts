import { ProgramError } from "../../errors.ts";
import { connectTo, resolveTarget } from "../../postgresql/connection.ts";
import { identifyDatabases, identityHint } from "../../postgresql/identity.ts";
import type { RunContext } from "../source.ts";
import type { OvfSettings } from "./settings.ts";

/**
 * The engine's database: machines are lost with it.
 *
 * @throws ProgramError where the login may not know which server it is
 */
export async function protectsOvf(
  { url }: OvfSettings,
  context: RunContext,
): Promise<readonly string[]> {
  if (url === undefined) return [];
  const target = await resolveTarget(url, context.env);
  const client = await connectTo(target, context);
  try {
    const identified = await identifyDatabases(client, [target.database]);
    if (identified !== undefined) return identified;
    throw new ProgramError("the login of the source may not know which server it is on", {
      hint: identityHint,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
