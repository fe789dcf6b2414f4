import { setTimeout as delay } from "node:timers/promises";

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** What is waited for, said when it does not come. */
  readonly what?: string;
}

/** Asks again and again until the condition gives something truthy, and returns that. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 60_000, what = "a condition" }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await delay(20);
  }
}
