import { setTimeout as delay } from "node:timers/promises";

/** The longest that a timer can be. */
const forEver = 2 ** 31 - 1;

/** Waits for Ctrl-C or SIGTERM, and keeps the process alive meanwhile. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(forEver, undefined, { signal }).catch(() => undefined);
  }
}
