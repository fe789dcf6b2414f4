import type { Logger } from "../logger.ts";
import type { Env } from "../server/run.ts";

/** What runs of backups, restores and verifications are given by whoever starts them. */
export interface RunEnvironment {
  readonly env: Env;
  /** Aborted when the run is to be given up; it then cleans up and says so. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** The name of this host, for people who look where a run is. */
  readonly host: string;
  /**
   * For how long the catalogue may be away, in milliseconds, where its connections come back by
   * themselves; without it the first failure ends the run.
   */
  readonly patienceMs?: number;
  /** Something people should know that is no failure. */
  readonly warn: (text: string) => void;
  /** Told how many bytes there may be, where somebody wants to know and the source can say. */
  readonly onTotal?: (bytes: number) => void;
  /** Counts source bytes as they are done. */
  readonly onProgress?: (bytes: number) => void;
}
