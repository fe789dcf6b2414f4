import type { QueueOptions } from "pg-boss";
import type { Logger } from "../logger.ts";
import type { WorkerPool } from "./pool.ts";

/** What a handler works with. */
export interface WorkContext {
  readonly database: Pick<WorkerPool, "executeSql">;
  readonly logger: Logger;
  /** Aborted when the worker is asked to stop; a long job leaves the rest for the next time. */
  readonly signal: AbortSignal;
}

/** One queue of pg-boss and what is done for its jobs, which must be safe to repeat and to lose. */
export interface WorkQueue {
  readonly name: string;
  /** All of it, stated: the defaults of pg-boss run a job of over 15 minutes three times. */
  readonly settings: Required<QueueOptions>;
  readonly run: (context: WorkContext) => Promise<void>;
}

export const daySeconds = 86_400;
