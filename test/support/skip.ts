import type { TestContext } from "vitest";

/** Skips a test and says why where it is seen; vitest counts it. */
export function skip(context: TestContext, reason: string): never {
  console.warn(`SKIPPED: ${context.task.name}: ${reason}`);
  return context.skip(reason);
}
