import { setTimeout as delay } from "node:timers/promises";
import { TemporaryError } from "./trouble.ts";

export interface RetryOptions {
  /** How often it is tried. */
  readonly attempts: number;
  readonly signal: AbortSignal;
}

const firstWaitMs = 200;
const longestWaitMs = 60_000;

/**
 * Tries until it is more than a TemporaryError, waiting longer each time, or as long as the server asks
 * for. Then, or where that asks for more than a minute, the error that is behind is thrown.
 */
export async function retrying<T>(
  { attempts, signal }: RetryOptions,
  act: () => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count += 1) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof TemporaryError)) throw error;
      const waitMs = error.waitMs ?? backoff(count);
      if (count >= attempts || waitMs > longestWaitMs) throw error.error;
      await wait(waitMs, signal);
    }
  }
}

/** Not all at the same moment: whoever was refused together would come back together. */
function backoff(count: number): number {
  return Math.min(firstWaitMs * 2 ** (count - 1), longestWaitMs) * (0.75 + Math.random() / 2);
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
