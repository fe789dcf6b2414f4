import type { Logger } from "../logger.ts";

/** Tells the log what changed, not what is still so: one line when the database goes, one when it is back. */
export interface Health {
  /** A statement could not reach the database. */
  lost(error: Error): void;
  /** A statement was answered. */
  answered(): void;
  /** Something failed in the background; the same failure is told once an hour. */
  failed(error: Error, message: string): void;
}

const repeatAfterMs = 3_600_000;

export function watchHealth(logger: Logger): Health {
  let isAway = false;
  const toldAt = new Map<string, number>();
  return {
    lost(error) {
      if (!isAway) {
        isAway = true;
        logger.warn(
          { reason: error.message },
          "the database does not answer; trying until it does",
        );
      }
    },
    answered() {
      if (isAway) {
        isAway = false;
        logger.info({}, "the database answers again");
      }
    },
    failed(error, message) {
      const now = Date.now();
      const code = "code" in error ? String(error.code) : error.message;
      const key = `${message} ${code}`;
      // Said by lost() already; pg-boss hands on copies, of which only the code is left.
      if (code === "UNREACHABLE") return;
      if (now - (toldAt.get(key) ?? -Infinity) >= repeatAfterMs) {
        toldAt.set(key, now);
        logger.error({ err: error }, message);
      }
    },
  };
}
