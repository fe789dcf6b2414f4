import { Pool, type ClientConfig } from "pg";
import type { Queryable } from "../dao/queryable.ts";
import { isDatabaseError, UnreachableError } from "../errors.ts";
import type { Health } from "./health.ts";
import { Sockets } from "./sockets.ts";

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
  const sockets = new Sockets();
  const pool = new Pool({
    ...connection,
    stream: sockets.stream,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: 5_000,
    query_timeout: limitMs,
    keepAlive: true,
  });
  let ended: Promise<void> | undefined;
  // A connection that breaks while it is idle is none that we miss: the next statement opens another.
  pool.on("error", ignore);
  pool.on("connect", (client) => client.on("error", ignore));
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
      ended ??= pool.end();
      await Promise.all([ended, sockets.close(patienceMs)]);
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
