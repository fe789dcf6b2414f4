import { setTimeout as delay } from "node:timers/promises";
import type { Io } from "../io.ts";

/** The longest that a timer can be. */
const forEver = 2 ** 31 - 1;

/** Waits for Ctrl-C or SIGTERM, and keeps the process alive meanwhile. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(forEver, undefined, { signal }).catch(() => undefined);
  }
}

/** Signals that come this soon after each other are one, and come from no finger. */
const sameMs = 300;

/**
 * Runs work that must clean up before the process ends. Without this a second signal would end it at
 * once, and npm sends one after the terminal's own: a single Ctrl-C arrives twice. They are held to the
 * end of the process, which comes right after the work: else a late one would change its status. After
 * two that a person sent, a third one ends it all the same: something keeps it from cleaning up.
 */
export async function withSignalsHeld(io: Io, work: () => Promise<void>): Promise<void> {
  let first: number | undefined;
  const release = io.onSignal(() => {
    const now = performance.now();
    first ??= now;
    if (now - first > sameMs) release();
  });
  await work();
}
