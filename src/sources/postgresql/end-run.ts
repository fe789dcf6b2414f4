import type { RunContext } from "../source.ts";
import { applicationName, connectTo, resolveTarget } from "../../postgresql/connection.ts";
import * as queries from "./queries.ts";
import type { PostgresqlSettings } from "./settings.ts";

/**
 * Ends the connections that a run has left on the server, say of a host that went down: its dump holds
 * locks there until the server notices. Returns how many. Only for a run that is known to be dead.
 */
export async function endRun(
  settings: PostgresqlSettings,
  runName: string,
  context: RunContext,
): Promise<number> {
  const client = await connectTo(await resolveTarget(settings.url, context.env), context);
  try {
    const { rows } = await client.query<{ ended: number }>(queries.endRun, [
      applicationName(runName),
    ]);
    return rows[0]?.ended ?? 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
