import { Client, type ClientConfig } from "pg";
import { UnreachableError } from "../errors.ts";
import type { Io } from "../io.ts";

const connectTimeoutMs = 5_000;
const queryTimeoutMs = 6_000;

/**
 * As `withDatabase`, for whoever must not be held up: a database that does not answer costs seconds.
 *
 * @throws UnreachableError when no connection can be made
 */
export async function withReportingClient<T>(
  config: ClientConfig,
  env: Io["env"],
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const chosen = Number(env["PGCONNECT_TIMEOUT"]) * 1000;
  const client = new Client({
    ...config,
    application_name: "lastgood",
    connectionTimeoutMillis: chosen > 0 ? chosen : connectTimeoutMs,
    query_timeout: queryTimeoutMs,
  });
  // A connection that breaks fails the query that runs, and that one is told.
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw new UnreachableError(`the database does not answer: ${messageOf(cause)}`, {
      cause,
      hint: "Is it running, and are --database-url, DATABASE_URL or the PG* variables right?",
    });
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The first of several addresses stands for all of them. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) {
    return error.errors[0].message;
  }
  return error instanceof Error ? error.message : String(error);
}
