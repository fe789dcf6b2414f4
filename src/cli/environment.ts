import { hostname } from "node:os";
import type { RunEnvironment } from "../backup/environment.ts";
import { type Io, remark } from "../io.ts";
import { lineLogger } from "./line-logger.ts";
import type { Progress } from "./progress.ts";

/** What a run that a person started is given: remarks for a log, the terminal's Ctrl-C. */
export function environmentOf(io: Io, progress?: Progress): RunEnvironment {
  return {
    env: io.env,
    signal: io.signal,
    logger: lineLogger(io),
    host: hostname(),
    warn: (text) => remark(io, `lastgood: ${text}`),
    ...(progress
      ? {
          onProgress: (bytes) => progress.add(bytes),
          onTotal: (bytes) => progress.setTotal(bytes),
        }
      : {}),
  };
}

/**
 * Lets a run that is interrupted say so in the catalogue: Ctrl-C gives up its work, and not its
 * connection.
 */
export function untilCleanedUp<T extends object>(options: T): T & { readonly signal: AbortSignal } {
  return { ...options, signal: new AbortController().signal };
}
