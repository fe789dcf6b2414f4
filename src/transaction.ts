import type { Client } from "pg";

/** Runs work in one transaction: all of it happens, or, where it throws, nothing does. */
export async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    // A connection that broke has rolled back already; the first error is the one to tell.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
