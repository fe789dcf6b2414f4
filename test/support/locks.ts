import type { Client } from "pg";
import { waitFor } from "./wait.ts";

/** Two sessions of which one waits for the other, and a third that sees it. */
export interface Sessions {
  readonly first: Client;
  readonly second: Client;
  readonly watcher: Client;
}

/** Whether a session waits for another to end its transaction. */
export async function waitsForLock(watcher: Client, session: Client): Promise<boolean> {
  const pid = (session as unknown as { processID: number }).processID;
  const { rows } = await watcher.query(
    "select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'",
    [pid],
  );
  return rows.length > 0;
}

/**
 * Does the one in a transaction of the first session, waits until the second waits for it while it
 * does the other, then ends the transaction. What the other came to.
 */
export async function inTurn<T>(
  { first, second, watcher }: Sessions,
  work: () => Promise<unknown>,
  other: () => Promise<T>,
  end: "commit" | "rollback" = "commit",
): Promise<T> {
  await first.query("begin");
  await work();
  const result = other();
  result.catch(() => undefined);
  await waitFor(() => waitsForLock(watcher, second), { what: "the second session to wait" });
  await first.query(end);
  return await result;
}
