import { Client, type ClientConfig } from "pg";
import { connect } from "../database.ts";
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
    await connect(client);
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
