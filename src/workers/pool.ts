import { Pool, type ClientConfig, type PoolClient } from "pg";
import type { Queryable } from "../dao/queryable.ts";
import { isDatabaseError, UnreachableError } from "../errors.ts";
import type { Health } from "./health.ts";

/** The connections of a worker; pg-boss works through them too. */
export interface WorkerPool {
  /** Throws `UnreachableError` where the database is away; the next call connects again. */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** For what takes any client: each statement goes through whatever connection is free. */
  readonly queryable: Queryable;
  /** Lets running statements end, for as long as `patienceMs`, then breaks their connections. Safe to repeat. */
  close(patienceMs: number): Promise<void>;
}

export const applicationName = "lastgood worker";

/** No statement of a worker runs longer: a connection that silently died is noticed by this. */
const statementLimitMs = 300_000;

const ignore = (): void => undefined;

export interface PoolLimits {
  /** How many connections there may be. */
  readonly max?: number;
  /** How long a statement may take, in milliseconds. */
  readonly limitMs?: number;
}

export function openPool(
  connection: ClientConfig,
  health: Health,
  { max = 5, limitMs = statementLimitMs }: PoolLimits = {},
): WorkerPool {
  const pool = new Pool({
    ...connection,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: 5_000,
    query_timeout: limitMs,
    keepAlive: true,
  });
  const clients = new Set<PoolClient>();
  let ended: Promise<void> | undefined;
  // A connection that breaks while it is idle is none that we miss: the next statement opens another.
  pool.on("error", ignore);
  pool.on("connect", (client) => clients.add(client.on("error", ignore)));
  pool.on("remove", (client) => clients.delete(client));
  return {
    queryable: pool,
    async executeSql(text, values) {
      try {
        const result = await pool.query<Record<string, unknown>>(text, values);
        health.answered();
        return result;
      } catch (error) {
        if (!isConnectionLoss(error)) throw error;
        health.lost(error);
        throw unreachable(error);
      }
    },
    async close(patienceMs) {
      const limit = setTimeout(() => {
        for (const client of clients) client.end().catch(ignore);
      }, patienceMs);
      await (ended ??= pool.end());
      clearTimeout(limit);
    },
  };
}

function unreachable(cause: Error): UnreachableError {
  return new UnreachableError(`the database does not answer: ${cause.message}`, { cause });
}

/** SQLSTATE tells of a server that is going, coming or full; what has none never reached the server. */
export function isConnectionLoss(error: unknown): error is Error {
  return isDatabaseError(error) ? /^(08|57P0|53300)/.test(error.code) : error instanceof Error;
}
